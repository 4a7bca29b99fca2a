"""The public URLs of functions and HTTP APIs."""
