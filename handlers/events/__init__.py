"""The kinds of event: how each brings its requests, and what reply its sender expects."""
