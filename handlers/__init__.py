"""The Lambda function's code: standard library only, shipped without its comments.

Entry point: `handlers.invoke_model.handler`.
"""
