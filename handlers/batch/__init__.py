"""An object of prompts in the bucket becomes an object of results, however many runs that takes."""
