"""The SageMaker endpoint, as the function calls it."""
