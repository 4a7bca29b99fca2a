"""The commands of `genai`, one a file: options, and who does the work."""
