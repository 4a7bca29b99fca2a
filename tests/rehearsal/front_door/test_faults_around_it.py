"""Faults of the reliability notes that take a deployed stack to be seen, and options that are off."""

import json
from typing import Any

import pytest

from tests.rehearsal.front_door.conftest import Deploy
from tests.rehearsal.front_door.grants import Grant, Role
from tests.rehearsal.front_door.stacks import STORY, Stack
from tests.rehearsal.front_door.test_every_way_in import on_a_bus
from tests.rehearsal.tenant import poll, unique

pytestmark = pytest.mark.matrix


@pytest.fixture(scope="module")
def stack(deploy: Deploy) -> Stack:
    return deploy(invoker={"inputs": {"enabled": True}})


def metrics_of(stack: Stack) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stack.log() if line.startswith('{"_aws"')]


def test_a_record_that_is_denied_costs_a_warning_and_not_the_text(stack: Stack) -> None:
    prompt = unique("tell ")

    with Role(stack).without(Grant("s3:PutObject", f"arn:aws:s3:::{stack.bucket}/records/*")):
        reply = stack.ask({"prompt": prompt})

    assert (reply["status"], reply["text"], reply["record"]) == (200, STORY, None)
    (warning,) = reply["warnings"]
    assert "record" in warning
    assert prompt not in warning
    poll(lambda: any(each["RecordsNotStored"] for each in metrics_of(stack)), "it is counted")


def test_nothing_is_generated_for_a_token_that_cannot_be_claimed(stack: Stack) -> None:
    asked = {"prompt": unique("tell "), "client_token": unique("token")}

    with Role(stack).without(Grant("s3:PutObject", f"arn:aws:s3:::{stack.bucket}/claims/*")):
        refused = stack.ask(asked)
    answered = stack.ask(asked)

    assert refused["status"] >= 500
    assert stack.times_asked(asked["prompt"]) == 1
    assert answered["text"] == STORY


def test_access_to_the_endpoint_that_is_missing_names_action_and_resource(stack: Stack) -> None:
    arn = stack.exports["endpoint_arn"]

    with Role(stack).without(Grant("sagemaker:InvokeEndpoint", arn)):
        reply = stack.ask({"prompt": unique("tell ")})

    assert (reply["status"], reply["error"]["type"]) == (500, "access_denied")
    assert "sagemaker:InvokeEndpoint" in reply["error"]["message"]
    assert arn in reply["error"]["message"]
    assert reply["error"]["retryable"] is False


@pytest.mark.row("init-fails")
def test_a_variable_that_is_missing_is_named_at_the_start(deploy: Deploy) -> None:
    stack = deploy(invoker={"versions": {"publish": False}})
    client = stack.tenant.client("lambda")
    found = client.get_function_configuration(FunctionName=stack.function)
    variables = found["Environment"]["Variables"]
    del variables["GENAI_ENDPOINT_NAME"]
    client.update_function_configuration(
        FunctionName=stack.function, Environment={"Variables": variables}
    )

    answer = stack.tenant.call(stack.function, {"prompt": "x"})

    assert answer["FunctionError"] == "Unhandled"
    assert "GENAI_ENDPOINT_NAME" in answer["Payload"]["errorMessage"]


@pytest.fixture(scope="module")
def bare(deploy: Deploy) -> Stack:
    """A stack with everything switched off that can be."""
    return deploy(
        invoker={
            "records": {"keep": "off"},
            "clientTokens": False,
            "asynchronous": {"onFailure": False},
            "tracing": False,
            "metrics": False,
        }
    )


def test_without_options_a_call_is_answered_and_nothing_kept(bare: Stack) -> None:
    reply = bare.ask({"prompt": unique("tell ")})

    assert (reply["status"], reply["text"], reply["warnings"]) == (200, STORY, [])
    assert bare.everything_kept() == {}
    assert metrics_of(bare) == []


def test_without_client_tokens_an_event_is_answered_all_the_same(bare: Stack) -> None:
    event = on_a_bus(unique("tell "))

    reply = bare.ask(event)["replies"][0]

    assert (reply["status"], reply.get("text")) == (200, STORY), reply


def test_without_client_tokens_a_token_is_refused_clearly(bare: Stack) -> None:
    asked = {"prompt": unique("tell "), "client_token": unique("token")}

    reply = bare.ask(asked)

    assert (reply["status"], reply["error"]["type"]) == (400, "bad_request"), reply
    assert "client_token" in reply["error"]["message"]
    assert bare.times_asked(asked["prompt"]) == 0


def test_without_inputs_a_text_for_later_is_refused_clearly(bare: Stack) -> None:
    reply = bare.ask({"prompt": unique("tell "), "async": True})

    assert (reply["status"], reply["error"]["type"]) == (400, "bad_request")
    assert "async" in reply["error"]["message"]
