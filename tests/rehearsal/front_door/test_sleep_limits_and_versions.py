"""Endpoints that sleep, limits, and versions, on deployed stacks."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rehearsal.signed_request import Signer, signed_request
from tests.rehearsal.front_door.conftest import Deploy
from tests.rehearsal.front_door.stacks import STORY, Stack
from tests.rehearsal.tenant import REGION, poll, refusal, unique
from tests.rehearsal.web.test_function_urls import ADMIN

pytestmark = pytest.mark.matrix

JSON = {"Content-Type": "application/json"}


def set_copies(stack: Stack, copies: int) -> None:
    """What scaling does after a while, which is kept from doing it at a time of its own."""
    sagemaker = stack.tenant.client("sagemaker")
    name = f"{stack.exports['endpoint_name']}-component"
    stack.tenant.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=f"inference-component/{name}",
        ScalableDimension="sagemaker:inference-component:DesiredCopyCount",
        SuspendedState={"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True},
    )
    poll(lambda: is_idle(sagemaker, name), "no scaling is under way")
    sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": copies}
    )

    def is_there() -> bool:
        found = sagemaker.describe_inference_component(InferenceComponentName=name)
        return (
            found["InferenceComponentStatus"] == "InService"
            and found["RuntimeConfig"]["CurrentCopyCount"] == copies
        )

    poll(is_there, f"there are {copies} copies")


def is_idle(sagemaker: Any, component: str) -> bool:
    found = sagemaker.describe_inference_component(InferenceComponentName=component)
    return found["InferenceComponentStatus"] == "InService"


@pytest.mark.row("scaled-to-zero")
def test_a_sleeping_endpoint_is_woken_and_says_so(deploy: Deploy) -> None:
    stack, prompt = deploy(endpoint={"mode": "scale-to-zero"}), unique("tell ")
    set_copies(stack, 0)

    waking = stack.ask({"prompt": prompt, "client_token": "again"})
    set_copies(stack, 1)
    reply = stack.ask({"prompt": prompt, "client_token": "again"})

    assert (waking["status"], waking["state"], waking["poll"]) == (202, "waking", None)
    assert waking["retry_after_seconds"] == 60
    assert (reply["status"], reply["text"]) == (200, STORY)
    assert "replayed" not in reply
    assert stack.times_asked(prompt) == 1


@pytest.mark.row("scaled-to-zero")
def test_what_is_asked_of_a_sleeping_endpoint_can_be_kept_and_answered_later(
    deploy: Deploy,
) -> None:
    stack = deploy(
        endpoint={"mode": "scale-to-zero"},
        invoker={"waking": "queue", "inputs": {"enabled": True}},
    )
    asked = {"prompt": unique("tell "), "client_token": unique("token")}
    set_copies(stack, 0)
    # Asked while there is no copy, what is kept would rest for a minute.
    stack.take_messages(are_taken=False)

    queued, again = stack.ask(asked), stack.ask(asked)
    pending = stack.ask(queued["poll"])
    set_copies(stack, 1)
    stack.take_messages(are_taken=True)

    assert (queued["status"], queued["state"]) == (202, "queued")
    assert again["poll"] == queued["poll"]
    assert pending["state"] == "pending"
    assert stack.poll_to_the_end(queued["poll"])["text"] == STORY
    assert stack.times_asked(asked["prompt"]) == 1


def test_reserved_concurrency_throttles_callers_and_loses_no_event(deploy: Deploy) -> None:
    stack = deploy(
        invoker={
            "reservedConcurrency": 2,
            "url": "iam",
            "httpApi": True,
            "inputs": {"enabled": True},
        }
    )
    gates = [unique("gate"), unique("gate")]
    later, message = unique("tell "), unique("tell ")
    stack.hide_messages_for(seconds=1)

    with ThreadPoolExecutor(2) as callers:
        first = [callers.submit(stack.ask, {"prompt": f"gate {gate}"}) for gate in gates]
        for gate in gates:
            poll(lambda gate=gate: stack.times_asked(f"gate {gate}"), "its place is taken")
        code, _ = refusal(lambda: stack.ask({"prompt": later}))
        body = json.dumps({"prompt": later}).encode()
        url = signed_request(ADMIN, "POST", stack.exports["function_url"], body, JSON)
        signer = Signer(ADMIN.credentials, "execute-api", REGION)
        api = signed_request(signer, "POST", stack.exports["http_api_url"], body, JSON)
        stack.send_event({"prompt": later})
        stack.inputs.send(json.dumps({"prompt": message}))
        for gate in gates:
            stack.project.open_gate(gate)
        assert [each.result()["text"] for each in first] == [STORY, STORY]

    assert code == "TooManyRequestsException"
    assert (url.status, api.status) == (429, 503)
    poll(lambda: stack.times_asked(message), "the message is answered")
    poll(lambda: stack.times_asked(later), "the event is answered")
    poll(stack.inputs.is_empty, "the queue is empty")
    assert stack.times_asked(later) == stack.times_asked(message) == 1
    assert stack.dead_letters.is_empty()


def test_a_share_of_the_calls_still_goes_to_the_version_before(deploy: Deploy) -> None:
    stack = deploy(invoker={"versions": {"previousVersion": 2, "previousPercent": 50}})

    for _ in range(24):
        assert stack.ask({"prompt": unique("tell ")})["status"] == 200
    direct = stack.ask({"prompt": unique("tell ")}, qualifier="2")

    assert direct["status"] == 200
    assert stack.versions_that_ran() == {"1", "2"}


def test_without_versions_the_function_itself_is_called(deploy: Deploy) -> None:
    stack = deploy(invoker={"versions": {"publish": False}})

    reply: dict[str, Any] = stack.ask({"prompt": unique("tell ")})

    assert (reply["status"], reply["text"]) == (200, STORY)
    assert "function_alias" not in stack.exports
    assert stack.versions_that_ran() == {"$LATEST"}
