"""The Lambda function's code: standard library, boto3 and botocore only, shipped as it lies.

Entry point: `handlers.invoke_model.handler`.
"""
