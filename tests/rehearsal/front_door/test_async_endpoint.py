"""A deployed stack whose endpoint answers later, in S3."""

import json

import pytest

from tests.rehearsal.front_door.conftest import Deploy
from tests.rehearsal.front_door.stacks import STORY, Stack
from tests.rehearsal.tenant import poll, unique

pytestmark = pytest.mark.matrix


@pytest.fixture(scope="module")
def stack(deploy: Deploy) -> Stack:
    return deploy(endpoint={"mode": "async"}, invoker={"inputs": {"enabled": True}})


def test_a_request_is_accepted_and_its_text_polled(stack: Stack) -> None:
    prompt = unique("tell ")

    accepted = stack.ask({"prompt": prompt})

    assert (accepted["status"], accepted["state"]) == (202, "accepted")
    assert stack.read_uri(accepted["record"])["locations"]["result"] == accepted["result"]
    reply = stack.poll_to_the_end(accepted["poll"])
    assert (reply["status"], reply["text"], reply["finish_reason"]) == (200, STORY, "length")
    assert stack.times_asked(prompt) == 1


def test_one_that_waits_is_pending(stack: Stack) -> None:
    gate = unique("gate")

    accepted = stack.ask({"prompt": f"gate {gate}"})
    pending = stack.ask(accepted["poll"])
    stack.project.open_gate(gate)

    assert (pending["status"], pending["state"]) == (202, "pending")
    assert pending["poll"] == accepted["poll"]
    assert stack.poll_to_the_end(pending["poll"])["text"] == STORY


@pytest.mark.parametrize("verb", ["refuse", "fail"])
def test_what_the_container_fails_at_is_polled_too(stack: Stack, verb: str) -> None:
    prompt = unique(f"{verb} ")

    accepted = stack.ask({"prompt": prompt})
    reply = stack.poll_to_the_end(accepted["poll"])

    assert reply["status"] in {422, 502}
    assert prompt.partition(" ")[2] in reply["error"]["message"]


def test_a_prompt_too_large_for_the_request_goes_through_s3(stack: Stack) -> None:
    prompt = "tell " + "x" * 200_000

    accepted = stack.ask({"prompt": prompt})

    assert stack.poll_to_the_end(accepted["poll"])["text"] == STORY
    assert stack.times_asked(prompt) == 1


def test_a_token_is_accepted_once(stack: Stack) -> None:
    asked = {"prompt": unique("tell "), "client_token": unique("token")}

    first, second = stack.ask(asked), stack.ask(asked)

    assert second["result"] == first["result"]
    assert second["poll"] == first["poll"]
    assert stack.poll_to_the_end(first["poll"])["text"] == STORY
    assert stack.times_asked(asked["prompt"]) == 1


def test_an_unknown_id_is_not_found(stack: Stack) -> None:
    reply = stack.ask({"result": "0b9d2e9c-7b1e-4b8e-8f54-0c4f2f6b7a11"})

    assert (reply["status"], reply["error"]["type"]) == (404, "not_found")


def test_lines_of_a_file_are_accepted(stack: Stack) -> None:
    name, prompt = unique("lines"), unique("tell ")

    stack.put(f"inputs/{name}", json.dumps({"prompt": prompt}).encode())
    (entry,) = stack.result_of(name)

    assert entry["status"] == 202
    result = entry["locations"]["result"].removeprefix(f"s3://{stack.bucket}/")
    poll(lambda: result in stack.keys("async/results/"), "SageMaker has written the answer")
    assert STORY in stack.read(result).decode()
    assert stack.times_asked(prompt) == 1
