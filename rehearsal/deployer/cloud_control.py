"""Resources through Cloud Control: the account creates what it would, from CloudFormation's properties."""

import json
from collections.abc import Callable
from typing import Any

from rehearsal.deployer.creator import Created, Creator, Inputs
from rehearsal.deployer.inference_components import wait_for_component
from rehearsal.deployer.requests import InputError
from rehearsal.deployer.sagemaker import wait_in_service
from rehearsal.local_account import LocalAccount

Properties = dict[str, Any]
# CloudFormation's own: they say how UpdateEndpoint is called, which the rehearsal never does.
_ONLY_FOR_UPDATES = (
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
    "RetainDeploymentConfig",
)


def _resource(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    kind = inputs["typeName"]
    if kind not in _MAKERS:
        known = ", ".join(sorted(_MAKERS))
        raise NotImplementedError(
            f"the rehearsal cannot create a {kind} through Cloud Control yet; it can: {known}"
        )
    if unknown := inputs.keys() - {"typeName", "desiredState"}:
        raise InputError(f"the rehearsal does not know {', '.join(sorted(unknown))} of {kind}")
    properties = json.loads(inputs["desiredState"])
    made = _MAKERS[kind](account, properties)
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


_MAKERS: dict[str, Callable[[LocalAccount, Properties], Properties]] = {
    "AWS::SageMaker::InferenceComponent": _inference_component,
    "AWS::SageMaker::Endpoint": _endpoint,
}
CREATORS: dict[str, Creator] = {
    "aws:cloudcontrol/resource:Resource": _resource,
}
