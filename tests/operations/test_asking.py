"""A function is asked until its answer is there."""

import math
from itertools import chain, repeat
from typing import Any

import pytest
from botocore.exceptions import ClientError

from operations.asking import (
    Event,
    Reply,
    ask_function,
    ask_patiently,
    failure_as_reply,
    is_failed,
    longest_pause_seconds,
    never_raising,
    read_answer,
)
from operations.deployment import Deployment
from operations.errors import OperationError
from operations.failures import failure_of
from tests.operations.conftest import Deployed
from tests.rehearsal.front_door.stacks import STORY

TEXT: Reply = {"status": 200, "text": "a fox"}
REQUEST = {"prompt": "x"}


class Answers:
    """Answers one reply after another, and notes what it is asked."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = chain(replies, repeat(replies[-1]))
        self.asked: list[Event] = []

    def __call__(self, event: Event) -> Reply:
        self.asked.append(event)
        return next(self._replies)


def later(state: str, poll: Any) -> Reply:
    return {"status": 202, "state": state, "poll": poll, "retry_after_seconds": 0.01}


def test_a_text_that_is_there_at_once_is_not_asked_for_again() -> None:
    ask = Answers(TEXT)

    assert ask_patiently(ask, REQUEST) == TEXT
    assert ask.asked == [REQUEST]


def test_a_request_that_was_kept_is_polled() -> None:
    poll = {"result": "id"}
    ask, told = Answers(later("queued", poll), {**later("pending", poll)}, TEXT), list[str]()

    reply = ask_patiently(ask, REQUEST, on_wait=lambda reply: told.append(reply["state"]))

    assert reply == TEXT
    assert ask.asked == [REQUEST, poll, poll]
    assert told == ["queued", "pending"]


def test_an_asynchronous_endpoints_answer_has_its_requests_record_and_the_time_it_took() -> None:
    accepted = {**later("accepted", {"result": "id"}), "record": "s3://b/r.json"}
    ask = Answers(accepted, accepted, {**TEXT, "latency_ms": 0})

    reply = ask_patiently(ask, REQUEST)

    assert reply["record"] == "s3://b/r.json"
    assert 10 <= reply["latency_ms"] < 5_000


def test_one_that_was_not_kept_is_sent_again_while_the_endpoint_wakes_up() -> None:
    ask = Answers(later("waking", None), later("waking", None), TEXT)

    assert ask_patiently(ask, REQUEST) == TEXT
    assert ask.asked == [REQUEST, REQUEST, REQUEST]


def test_the_functions_advice_may_be_too_patient() -> None:
    """A minute of a local account is a moment, in which an endpoint wakes up and goes to sleep again."""
    ask = Answers({**later("waking", None), "retry_after_seconds": 60}, TEXT)

    assert ask_patiently(ask, REQUEST, longest_pause_seconds=0.01, limit_seconds=5) == TEXT


def test_a_local_account_is_asked_more_often(dev: Deployment) -> None:
    assert longest_pause_seconds(dev) == 0.25
    assert longest_pause_seconds(Deployment("dev", dev.outputs)) == math.inf


def test_it_is_waited_for_only_so_long() -> None:
    waiting = later("pending", {"result": "id"})

    assert ask_patiently(Answers(waiting), REQUEST, limit_seconds=0.05) == waiting
    ask = Answers(waiting)
    assert ask_patiently(ask, REQUEST, limit_seconds=0) == waiting
    assert ask.asked == [REQUEST]


def test_a_deployed_function_is_asked_by_its_alias(deployed: Deployed) -> None:
    reply = ask_function(deployed.deployment, {"prompt": "tell"})

    assert (reply["status"], reply["text"]) == (200, STORY)


def test_a_function_that_is_gone_is_told_with_what_may_have_happened(deployed: Deployed) -> None:
    outputs = {**deployed.deployment.outputs, "function_name": "gone"}

    with pytest.raises(OperationError, match="Function not found") as told:
        ask_function(Deployment("dev", outputs, deployed.deployment.account), REQUEST)

    assert "may have been destroyed" in told.value.fix


@pytest.mark.parametrize(
    ("payload", "is_failure", "said"),
    [
        (b"no JSON", False, "something else than a reply: b'no JSON'"),
        (b"[1]", False, "something else than a reply"),
        (
            b'{"errorType": "Runtime.ExitError", "errorMessage": "signal: killed"}',
            True,
            "the function failed: Runtime.ExitError: signal: killed",
        ),
    ],
)
def test_what_is_no_reply_is_told(payload: bytes, is_failure: bool, said: str) -> None:  # noqa: FBT001
    with pytest.raises(OperationError, match=said):
        read_answer(payload, is_failure=is_failure)


def test_a_failure_before_the_function_can_be_a_reply() -> None:
    throttled = failure_of(
        ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "slow"}}, "Invoke")
    )

    def ask(_: Event) -> Reply:
        raise throttled from ClientError(
            {"Error": {"Code": "TooManyRequestsException", "Message": "slow"}}, "Invoke"
        )

    reply = never_raising(ask)(REQUEST)

    assert is_failed(reply)
    assert (reply["status"], reply["error"]["type"]) == (429, "TooManyRequestsException")
    assert failure_as_reply(OperationError("boom"))["error"] == {
        "type": "function_failed",
        "message": "boom",
    }
