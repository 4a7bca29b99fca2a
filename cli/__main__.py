"""`python -m cli`, for where the `genai` script is not installed."""

from cli.main import main

main()
