"""What is left of a request, on each level of records: nothing of its text where none should be."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.rehearsal.front_door.conftest import Deploy
from tests.rehearsal.front_door.stacks import Stack
from tests.rehearsal.tenant import poll, unique

pytestmark = pytest.mark.matrix

# A word each for prompt and reply, and one that both hold.
ASKED, SECRET = "who-was-asked-this", "someone@example.org"


def use_every_way(stack: Stack) -> list[Any]:
    """Leave whatever a prompt can leave: as a text, a stream, a conversation, a failure, later, and twice."""
    prompt = f"say {SECRET} {ASKED}"
    token = unique("token")
    replies = [
        stack.ask({"prompt": prompt}),
        stack.ask({"prompt": f"break {SECRET} {ASKED}", "stream": True}),
        stack.ask({"messages": [{"role": "user", "content": prompt}]}),
        stack.ask({"prompt": f"refuse {SECRET} {ASKED}"}),
        stack.ask({"prompt": f"fail {SECRET} {ASKED}"}),
        stack.ask({"prompt": prompt, "parameters": {"stop": [f"{SECRET} {ASKED}"]}}),
        stack.ask({"prompt": prompt, "client_token": token}),
        stack.ask({"prompt": prompt, "client_token": token}),
        stack.ask({"prompt": prompt, "parameters": {"temperature": SECRET}}),
    ]
    stack.inputs.send(json.dumps({"prompt": prompt}), f"{SECRET} {ASKED}")
    queued = stack.ask({"prompt": prompt, "async": True})
    replies.append(stack.poll_to_the_end(queued["poll"]))
    name = unique("file")
    stack.put(f"inputs/{name}", f"{json.dumps({'prompt': prompt})}\n{SECRET} {ASKED}\n".encode())
    assert len(stack.result_of(name)) == 2
    stack.dead_letters.wait_for_message()
    poll(stack.inputs.is_empty, "the queue is empty")
    return replies


Deployed = Callable[..., tuple[Stack, list[Any]]]


@pytest.fixture(scope="module")
def used(deploy: Deploy) -> Deployed:
    """A stack with these records, after every use."""

    def made(**records: Any) -> tuple[Stack, list[Any]]:
        inputs = {"enabled": True, "maxReceives": 1}
        tokens = {"clientTokens": False} if records["keep"] == "off" else {}
        stack = deploy(
            invoker={"records": records, "inputs": inputs, "logLevel": "DEBUG", **tokens}
        )
        stack.hide_messages_for(seconds=1)
        return stack, use_every_way(stack)

    return made


def holding(word: str, kept: dict[str, bytes]) -> set[str]:
    """The top folders of the objects that hold a word."""
    return {key.partition("/")[0] for key, body in kept.items() if word.encode() in body}


def statuses(replies: list[Any]) -> list[int]:
    return [reply["status"] for reply in replies]


def assert_only_replies_hold_it(stack: Stack) -> None:
    """A line of a result is the caller's answer, and has all of it; of the question it is as silent as a record."""
    entries = [entry for key in stack.keys("results/") for entry in stack.lines(key)]
    assert {entry["status"] for entry in entries} == {200, 400}
    for entry in entries:
        assert SECRET not in json.dumps({**entry, "reply": None})
        assert ASKED not in json.dumps({**entry, "reply": None})


def assert_silent_log(stack: Stack) -> None:
    log = stack.log()
    assert any("request answered" in line for line in log)
    assert not [line for line in log if SECRET in line or ASKED in line]


def test_full_records_hold_everything_and_logs_and_metrics_nothing(used: Deployed) -> None:
    stack, replies = used(keep="full")

    assert statuses(replies) == [200, 502, 200, 422, 502, 200, 200, 200, 400, 200]
    assert holding(SECRET, stack.everything_kept()) == {"inputs", "records", "results", "claims"}
    assert_silent_log(stack)


@pytest.mark.parametrize("keep", ["metadata", "off"])
def test_without_full_records_only_what_is_answered_later_is_kept(
    used: Deployed, keep: str
) -> None:
    stack, replies = used(keep=keep)

    # The token: what was not kept cannot be told again, and without tokens none is taken.
    with_token = {"metadata": [200, 409], "off": [400, 400]}[keep]
    assert statuses(replies) == [200, 502, 200, 422, 502, 200, *with_token, 400, 200]
    kept = stack.everything_kept()
    assert holding(SECRET, kept) == {"inputs", "results"}
    assert_only_replies_hold_it(stack)
    records = [key for key in kept if key.startswith("records/")]
    assert bool(records) == (keep == "metadata")
    assert_silent_log(stack)


def test_what_is_redacted_is_nowhere_but_in_what_came_in(used: Deployed) -> None:
    stack, replies = used(keep="full", redact=["email", {"pattern": ASKED, "replacement": "[who]"}])

    assert SECRET in replies[0]["text"]  # the caller gets all
    kept = stack.everything_kept()
    assert holding("[who]", kept) == {"records", "results", "claims"}
    assert holding(SECRET, kept) == holding(ASKED, kept) == {"inputs", "results"}
    assert_only_replies_hold_it(stack)
    replayed = replies[7]
    assert (replayed["replayed"], SECRET in replayed["text"]) == (True, False)
    assert any("redact" in warning for warning in replayed["warnings"])
    assert_silent_log(stack)
