"""Resources through Cloud Control: the account creates what it would, from CloudFormation's properties."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from rehearsal.deployer.inference_components import delete_component, wait_for_component
from rehearsal.deployer.kind import Created, Inputs, Kind
from rehearsal.deployer.requests import InputError
from rehearsal.deployer.sagemaker import delete_endpoint, wait_for_update, wait_in_service
from rehearsal.deployer.state import Deployed
from rehearsal.deployer.waiting import once_settled
from rehearsal.local_account import LocalAccount

Properties = dict[str, Any]
# They say how UpdateEndpoint is called; CreateEndpoint does not know them.
_ONLY_FOR_UPDATES = (
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
    "RetainDeploymentConfig",
)


def _resource(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    kind = inputs["typeName"]
    if kind not in _KINDS:
        known = ", ".join(sorted(_KINDS))
        raise NotImplementedError(
            f"the rehearsal cannot create a {kind} through Cloud Control yet; it can: {known}"
        )
    if unknown := inputs.keys() - {"typeName", "desiredState"}:
        raise InputError(f"the rehearsal does not know {', '.join(sorted(unknown))} of {kind}")
    properties = json.loads(inputs["desiredState"])
    made = _KINDS[kind].create(account, properties)
    return Created(next(iter(made.values())), {"properties": json.dumps({**properties, **made})})


def _inference_component(account: LocalAccount, properties: Properties) -> Properties:
    arn = account.client("sagemaker").create_inference_component(**properties)
    wait_for_component(account, properties["InferenceComponentName"])
    return {"InferenceComponentArn": arn["InferenceComponentArn"]}


def _endpoint(account: LocalAccount, properties: Properties) -> Properties:
    request = {key: value for key, value in properties.items() if key not in _ONLY_FOR_UPDATES}
    arn = account.client("sagemaker").create_endpoint(**request)["EndpointArn"]
    wait_in_service(account, properties["EndpointName"])
    return {"EndpointArn": arn}


def _update(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    properties = json.loads(inputs["desiredState"])
    _KINDS[inputs["typeName"]].update(account, properties)
    known = {**json.loads(was.outputs["properties"]), **properties}
    return {**was.outputs, "properties": json.dumps(known)}


def _update_endpoint(account: LocalAccount, properties: Properties) -> None:
    request = {key: value for key, value in properties.items() if key != "Tags"}
    sagemaker = account.client("sagemaker")
    once_settled(lambda: sagemaker.update_endpoint(**request))
    wait_for_update(account, properties["EndpointName"], properties["EndpointConfigName"])


def _update_component(account: LocalAccount, properties: Properties) -> None:
    name = properties["InferenceComponentName"]
    request = {key: properties[key] for key in ("Specification", "RuntimeConfig")}
    sagemaker, named = account.client("sagemaker"), {"InferenceComponentName": name}
    once_settled(lambda: sagemaker.update_inference_component(**named, **request))
    wait_for_component(account, name)


def _delete(account: LocalAccount, resource: Deployed) -> None:
    kind = _KINDS[resource.inputs["typeName"]]
    kind.delete(account, resource.inputs["desiredState"][kind.named_by])


class _Controlled(NamedTuple):
    create: Callable[[LocalAccount, Properties], Properties]
    update: Callable[[LocalAccount, Properties], None]
    delete: Callable[[LocalAccount, str], None]
    named_by: str


_KINDS = {
    "AWS::SageMaker::InferenceComponent": _Controlled(
        _inference_component, _update_component, delete_component, "InferenceComponentName"
    ),
    "AWS::SageMaker::Endpoint": _Controlled(
        _endpoint, _update_endpoint, delete_endpoint, "EndpointName"
    ),
}
KINDS = {
    "aws:cloudcontrol/resource:Resource": Kind(create=_resource, update=_update, delete=_delete),
}
