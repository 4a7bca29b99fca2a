"""What the exit codes of `genai` mean, for scripts."""

EXIT_FAILED = 1
"""It was done, and came out badly."""
EXIT_USAGE = 2
"""The command line makes no sense here."""
EXIT_NOT_FOUND = 3
"""There is no such stack, or nobody to ask: nothing was done."""
EXIT_INTERRUPTED = 130
"""Ctrl-C, or another polite end."""
