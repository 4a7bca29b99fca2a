"""Inference components."""

import time
from typing import Any

from rehearsal.deployer.container_logs import excerpt
from rehearsal.deployer.kind import Created, Inputs, Kind, physical_name, tag_list, tags_by
from rehearsal.deployer.requests import to_request
from rehearsal.deployer.state import Deployed
from rehearsal.deployer.waiting import POLL_SECONDS, once_settled, wait_until_gone
from rehearsal.local_account import LocalAccount


class ComponentFailedError(Exception):
    """The component ended in `Failed`; the message holds SageMaker's reason and the container's log."""


def _inference_component(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    component = physical_name(name, inputs)
    members = {key: value for key, value in inputs.items() if key not in {"name", "tags"}}
    request = to_request(
        "sagemaker", "CreateInferenceComponent", {**members, "inferenceComponentName": component}
    )
    arn = account.client("sagemaker").create_inference_component(**request, Tags=tag_list(inputs))
    wait_for_component(account, component)
    return Created(component, {"name": component, "arn": arn["InferenceComponentArn"]})


def wait_for_component(account: LocalAccount, name: str) -> None:
    """Return once an inference component is in service.

    Raises:
        ComponentFailedError: it never will be.
    """
    while True:
        component = account.client("sagemaker").describe_inference_component(
            InferenceComponentName=name
        )
        if component["InferenceComponentStatus"] == "InService":
            return
        if component["InferenceComponentStatus"] == "Failed":
            log = excerpt(account, f"/aws/sagemaker/InferenceComponents/{name}")
            raise ComponentFailedError(f"{component['FailureReason']}\n{log}")
        time.sleep(POLL_SECONDS)


def delete_component(account: LocalAccount, name: str) -> None:
    """Delete an inference component and return once it is gone: its endpoint can go only then."""
    sagemaker = account.client("sagemaker")
    once_settled(lambda: sagemaker.delete_inference_component(InferenceComponentName=name))
    wait_until_gone(lambda: sagemaker.describe_inference_component(InferenceComponentName=name))


def _update(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    changed = {key: inputs[key] for key in ("specification", "runtimeConfig") if key in inputs}
    request = to_request(
        "sagemaker", "UpdateInferenceComponent", {**changed, "inferenceComponentName": was.id}
    )
    sagemaker = account.client("sagemaker")
    once_settled(lambda: sagemaker.update_inference_component(**request))
    wait_for_component(account, was.id)
    return was.outputs


def _delete(account: LocalAccount, component: Deployed) -> None:
    delete_component(account, component.id)


KINDS = {
    # Not in pulumi-aws 7.51; its own resource there is documented from 7.52 on.
    "aws:sagemaker/inferenceComponent:InferenceComponent": Kind(
        create=_inference_component,
        update=_update,
        delete=_delete,
        tag=tags_by("sagemaker", "ResourceArn", put="add_tags", remove="delete_tags"),
    ),
}
