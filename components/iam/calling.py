"""Statements for the function in front of an endpoint."""

from collections.abc import Sequence

from components.iam.documents import Statement


def write_logs(log_group_arn: str) -> Statement:
    """Write to the streams of one existing log group."""
    return {
        "Sid": "WriteLogs",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{log_group_arn}:*",
    }


def invoke_endpoint(endpoint_arn: str) -> Statement:
    """Invoke one endpoint and wait for its reply."""
    return _invoke("sagemaker:InvokeEndpoint", endpoint_arn)


def invoke_inference_component(endpoint_arn: str, component_arn: str) -> Statement:
    """Invoke one model on an endpoint: AWS checks the endpoint and the component."""
    return _invoke("sagemaker:InvokeEndpoint", [endpoint_arn, component_arn])


def invoke_endpoint_async(endpoint_arn: str) -> Statement:
    """Queue a request at one asynchronous endpoint."""
    return _invoke("sagemaker:InvokeEndpointAsync", endpoint_arn)


def _invoke(action: str, resource: str | Sequence[str]) -> Statement:
    return {"Sid": "InvokeEndpoint", "Effect": "Allow", "Action": action, "Resource": resource}
