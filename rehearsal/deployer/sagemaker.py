"""Models, endpoint configurations and endpoints."""

import time
from typing import Any

from rehearsal.deployer.container_logs import excerpt
from rehearsal.deployer.kind import (
    Created,
    Inputs,
    Kind,
    call,
    physical_name,
    tag_list,
    tags_by,
)
from rehearsal.deployer.requests import to_request
from rehearsal.deployer.state import Deployed
from rehearsal.deployer.waiting import POLL_SECONDS, once_settled, wait_until_gone
from rehearsal.local_account import LocalAccount

_FAILED = ("Failed", "UpdateRollbackFailed")
_VARIANTS = ("productionVariants", "shadowProductionVariants")


class EndpointFailedError(Exception):
    """The endpoint ended in `Failed`; the message holds SageMaker's reason and the container's log."""


def _model(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    model_name = physical_name(name, inputs)
    members = _without_name_and_tags(inputs)
    if "primaryContainer" in members:
        members["primaryContainer"] = _container(members["primaryContainer"])
    if "containers" in members:
        members["containers"] = [_container(container) for container in members["containers"]]
    request = to_request("sagemaker", "CreateModel", {**members, "modelName": model_name})
    arn = account.client("sagemaker").create_model(**request, Tags=tag_list(inputs))["ModelArn"]
    return Created(model_name, {"name": model_name, "arn": arn})


def _container(container: dict[str, Any]) -> dict[str, Any]:
    """In the provider a data source is a list of one, in the API one structure."""
    spelled = dict(container)
    if source := spelled.get("modelDataSource"):
        spelled["modelDataSource"] = _data_source(source)
    if more := spelled.get("additionalModelDataSources"):
        spelled["additionalModelDataSources"] = [_data_source(source) for source in more]
    return spelled


def _data_source(source: dict[str, Any]) -> dict[str, Any]:
    (only,) = source["s3DataSources"]
    known = {key: value for key, value in source.items() if key != "s3DataSources"}
    return {**known, "s3DataSource": only}


def _endpoint_configuration(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    configuration_name = physical_name(name, inputs)
    members = _without_name_and_tags(inputs)
    for key in _VARIANTS:
        if members.get(key):
            members[key] = [_variant(variant) for variant in members[key]]
    if "kmsKeyArn" in members:
        members["kmsKeyId"] = members.pop("kmsKeyArn")
    if asynchronous := members.get("asyncInferenceConfig"):
        members["asyncInferenceConfig"] = _async_config(asynchronous)
    request = to_request(
        "sagemaker", "CreateEndpointConfig", {**members, "endpointConfigName": configuration_name}
    )
    answer = account.client("sagemaker").create_endpoint_config(**request, Tags=tag_list(inputs))
    return Created(
        configuration_name, {"name": configuration_name, "arn": answer["EndpointConfigArn"]}
    )


def _async_config(config: dict[str, Any]) -> dict[str, Any]:
    output = dict(config["outputConfig"])
    if topics := output.get("notificationConfig"):
        renamed = dict(topics)
        if "includeInferenceResponseIns" in renamed:
            renamed["includeInferenceResponseIn"] = renamed.pop("includeInferenceResponseIns")
        output["notificationConfig"] = renamed
    return {**config, "outputConfig": output}


def _endpoint(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    endpoint_name = physical_name(name, inputs)
    members = {**_without_name_and_tags(inputs), "endpointName": endpoint_name}
    request = to_request("sagemaker", "CreateEndpoint", members)
    answer = account.client("sagemaker").create_endpoint(**request, Tags=tag_list(inputs))
    wait_in_service(account, endpoint_name)
    return Created(endpoint_name, {"name": endpoint_name, "arn": answer["EndpointArn"]})


def _variant(variant: dict[str, Any]) -> dict[str, Any]:
    renamed = dict(variant)
    if "routingConfigs" in renamed:
        (renamed["routingConfig"],) = renamed.pop("routingConfigs")
    return renamed


def _without_name_and_tags(inputs: Inputs) -> Inputs:
    return {key: value for key, value in inputs.items() if key not in {"name", "tags"}}


def wait_in_service(account: LocalAccount, endpoint_name: str) -> None:
    """Return once an endpoint is in service.

    Raises:
        EndpointFailedError: it never will be.
    """
    while True:
        endpoint = account.client("sagemaker").describe_endpoint(EndpointName=endpoint_name)
        if endpoint["EndpointStatus"] == "InService":
            return
        if endpoint["EndpointStatus"] in _FAILED:
            log = excerpt(account, f"/aws/sagemaker/Endpoints/{endpoint_name}")
            raise EndpointFailedError(f"{endpoint['FailureReason']}\n{log}")
        time.sleep(POLL_SECONDS)


def wait_for_update(account: LocalAccount, endpoint_name: str, configuration: str) -> None:
    """Return once an endpoint serves a new configuration.

    Raises:
        EndpointFailedError: it went back to the old one, which SageMaker calls `InService` again.
    """
    wait_in_service(account, endpoint_name)
    endpoint = account.client("sagemaker").describe_endpoint(EndpointName=endpoint_name)
    if endpoint["EndpointConfigName"] != configuration:
        log = excerpt(account, f"/aws/sagemaker/Endpoints/{endpoint_name}")
        reason = endpoint.get("FailureReason", "SageMaker gave no reason")
        raise EndpointFailedError(
            f"the update was rolled back, and {endpoint['EndpointConfigName']} serves on: {reason}\n{log}"
        )


def _update_endpoint(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    members = {**_without_name_and_tags(inputs), "endpointName": was.id}
    request = to_request("sagemaker", "UpdateEndpoint", members)
    sagemaker = account.client("sagemaker")
    once_settled(lambda: sagemaker.update_endpoint(**request))
    wait_for_update(account, was.id, inputs["endpointConfigName"])
    return was.outputs


def delete_endpoint(account: LocalAccount, name: str) -> None:
    """Delete an endpoint and return once it is gone."""
    sagemaker = account.client("sagemaker")
    once_settled(lambda: sagemaker.delete_endpoint(EndpointName=name))
    wait_until_gone(lambda: sagemaker.describe_endpoint(EndpointName=name))


def _delete_endpoint(account: LocalAccount, endpoint: Deployed) -> None:
    delete_endpoint(account, endpoint.id)


_tag = tags_by("sagemaker", "ResourceArn", put="add_tags", remove="delete_tags")
KINDS = {
    "aws:sagemaker/model:Model": Kind(
        create=_model, delete=call("sagemaker", "delete_model", ModelName="id"), tag=_tag
    ),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": Kind(
        create=_endpoint_configuration,
        delete=call("sagemaker", "delete_endpoint_config", EndpointConfigName="id"),
        tag=_tag,
    ),
    "aws:sagemaker/endpoint:Endpoint": Kind(
        create=_endpoint, update=_update_endpoint, delete=_delete_endpoint, tag=_tag
    ),
}
