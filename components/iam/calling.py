"""Statements for the function in front of an endpoint."""

from collections.abc import Sequence

from components.iam.documents import Statement

# Two actions to IAM. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
_WHOLE_OR_STREAMED = ("sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream")


def write_logs(log_group_arn: str) -> Statement:
    """Write to the streams of one existing log group."""
    return {
        "Sid": "WriteLogs",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{log_group_arn}:*",
    }


def invoke_endpoint(endpoint_arn: str) -> Statement:
    """Invoke one endpoint and wait for its reply, whole or as a stream."""
    return _invoke(_WHOLE_OR_STREAMED, endpoint_arn)


def invoke_serverless_endpoint(endpoint_arn: str) -> Statement:
    """Invoke one serverless endpoint and wait for its whole reply: nobody asks it for a stream."""
    return _invoke("sagemaker:InvokeEndpoint", endpoint_arn)


def invoke_inference_component(endpoint_arn: str, component_arn: str) -> Statement:
    """Invoke one model on an endpoint: AWS checks the endpoint and the component."""
    return _invoke(_WHOLE_OR_STREAMED, [endpoint_arn, component_arn])


def invoke_endpoint_async(endpoint_arn: str) -> Statement:
    """Queue a request at one asynchronous endpoint."""
    return _invoke("sagemaker:InvokeEndpointAsync", endpoint_arn)


def send_traces() -> Statement:
    """Send traces to X-Ray, whose actions have no resource type."""
    return {
        "Sid": "SendTraces",
        "Effect": "Allow",
        "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        "Resource": "*",
    }


def run_in_vpc() -> Statement:
    """Let Lambda make and remove the network interfaces that put a function into a VPC.

    The interfaces have no name before they exist, and the actions that describe have no resource type.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html (read 2026-11-25).
    """
    return {
        "Sid": "RunInVpc",
        "Effect": "Allow",
        "Action": [
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
        ],
        "Resource": "*",
    }


def _invoke(action: str | Sequence[str], resource: str | Sequence[str]) -> Statement:
    return {
        "Sid": "InvokeEndpoint",
        "Effect": "Allow",
        "Action": action if isinstance(action, str) else list(action),
        "Resource": resource,
    }
