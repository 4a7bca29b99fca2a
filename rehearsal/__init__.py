"""This machine plays AWS: run the real program against a local account and see it work."""
