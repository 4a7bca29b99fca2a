"""Inference components."""

import time

from rehearsal.deployer.container_logs import excerpt
from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name, tag_list
from rehearsal.deployer.requests import to_request
from rehearsal.local_account import LocalAccount

_POLL_SECONDS = 0.05


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
        time.sleep(_POLL_SECONDS)


CREATORS: dict[str, Creator] = {
    # Not in pulumi-aws 7.51; its own resource there is documented from 7.52 on.
    "aws:sagemaker/inferenceComponent:InferenceComponent": _inference_component,
}
