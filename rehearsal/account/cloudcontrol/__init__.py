"""Cloud Control: resources by the properties that CloudFormation knows them by.

Facts: https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations.html and the pages beside
it, read in November 2026, and the service models of botocore.
"""
