"""`genai`: the project's command line."""
