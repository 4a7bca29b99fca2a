"""Models, endpoint configurations and endpoints."""

import time
from typing import Any

from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name, tag_list
from rehearsal.deployer.requests import to_request
from rehearsal.local_account import LocalAccount

_POLL_SECONDS = 0.05
_LOG_LINES_SHOWN = 12
_TRACE = "Traceback (most recent call last):"


class EndpointFailedError(Exception):
    """The endpoint ended in `Failed`; the message holds SageMaker's reason and the container's log."""


def _model(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    model_name = physical_name(name, inputs)
    container = dict(inputs["primaryContainer"])
    if "modelDataSource" in container:
        # A list of one in the provider, one structure in the API.
        (source,) = container["modelDataSource"]["s3DataSources"]
        container["modelDataSource"] = {"s3DataSource": source}
    request = to_request(
        "sagemaker",
        "CreateModel",
        {**_without_name_and_tags(inputs), "modelName": model_name, "primaryContainer": container},
    )
    arn = account.client("sagemaker").create_model(**request, Tags=tag_list(inputs))["ModelArn"]
    return Created(model_name, {"name": model_name, "arn": arn})


def _endpoint_configuration(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    configuration_name = physical_name(name, inputs)
    request = to_request(
        "sagemaker",
        "CreateEndpointConfig",
        {
            **_without_name_and_tags(inputs),
            "endpointConfigName": configuration_name,
            "productionVariants": [_variant(v) for v in inputs["productionVariants"]],
        },
    )
    answer = account.client("sagemaker").create_endpoint_config(**request, Tags=tag_list(inputs))
    return Created(
        configuration_name, {"name": configuration_name, "arn": answer["EndpointConfigArn"]}
    )


def _endpoint(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    endpoint_name = physical_name(name, inputs)
    arn = account.client("sagemaker").create_endpoint(
        EndpointName=endpoint_name,
        EndpointConfigName=inputs["endpointConfigName"],
        Tags=tag_list(inputs),
    )["EndpointArn"]
    _wait_in_service(account, endpoint_name)
    return Created(endpoint_name, {"name": endpoint_name, "arn": arn})


def _variant(variant: dict[str, Any]) -> dict[str, Any]:
    renamed = dict(variant)
    if "routingConfigs" in renamed:
        (renamed["routingConfig"],) = renamed.pop("routingConfigs")
    return renamed


def _without_name_and_tags(inputs: Inputs) -> Inputs:
    return {key: value for key, value in inputs.items() if key not in {"name", "tags"}}


def _wait_in_service(account: LocalAccount, endpoint_name: str) -> None:
    while True:
        endpoint = account.client("sagemaker").describe_endpoint(EndpointName=endpoint_name)
        if endpoint["EndpointStatus"] == "InService":
            return
        if endpoint["EndpointStatus"] == "Failed":
            log = without_frames(container_log(account, endpoint_name))[-_LOG_LINES_SHOWN:]
            excerpt = "".join(f"\n    {line}" for line in log) or " (it wrote none)"
            raise EndpointFailedError(f"{endpoint['FailureReason']}\n  container log:{excerpt}")
        time.sleep(_POLL_SECONDS)


def container_log(account: LocalAccount, endpoint_name: str) -> list[str]:
    """Return the lines that the endpoint's containers wrote, oldest first; none if there is no log."""
    logs = account.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{endpoint_name}")
    except logs.exceptions.ResourceNotFoundException:
        return []  # no container came so far, or its role may not write logs
    return [event["message"] for event in events["events"]]


def without_frames(log: list[str]) -> list[str]:
    """Leave out the frames of stack traces: what was raised tells a person more than where."""
    kept: list[str] = []
    in_trace = False
    for line in log:
        if line.startswith(_TRACE):
            in_trace = True
        elif not (in_trace and line.startswith(" ")):
            in_trace = False
            kept.append(line)
    return kept


CREATORS: dict[str, Creator] = {
    "aws:sagemaker/model:Model": _model,
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": _endpoint_configuration,
    "aws:sagemaker/endpoint:Endpoint": _endpoint,
}
