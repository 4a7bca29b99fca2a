"""How a rehearsal asks for a text, and what it takes for an answer."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from rehearsal import invocation
from rehearsal.invocation import ask_for_text
from rehearsal.transcript import FunctionAnsweredError, StepFailedError

Reply = dict[str, Any]
HELLO: Reply = {"status": 200, "text": "hello", "latency_ms": 5}
WAKING: Reply = {"status": 202, "state": "waking", "poll": None}
QUEUED: Reply = {"status": 202, "state": "queued", "poll": {"result": "r-1"}}
ACCEPTED: Reply = {**QUEUED, "state": "accepted", "result": "s3://b/r", "failure": "s3://b/f"}
PENDING: Reply = {"status": 202, "state": "pending", "poll": {"result": "r-1"}}


def stack(mode: str = "realtime", *, enabled: bool = True) -> Any:
    """As much of a stack's settings as asking looks at."""
    return SimpleNamespace(endpoint=SimpleNamespace(mode=mode, enabled=enabled))


def answering(*replies: Reply) -> tuple[Callable[[Reply], Reply], list[Reply]]:
    """A function that answers so, one reply after another and the last for ever; and what it was asked."""
    left, asked = list(replies), list[Reply]()

    def ask(event: Reply) -> Reply:
        asked.append(event)
        return left.pop(0) if len(left) > 1 else left[0]

    return ask, asked


def test_a_text_that_is_there_at_once_is_it() -> None:
    ask, asked = answering(HELLO)

    said = ask_for_text(ask, "a", stack())

    assert (said.text, said.outcome) == ("hello", "5 characters in 5 ms")
    assert asked == [{"prompt": "a"}]


def test_an_endpoint_that_wakes_up_is_asked_again_until_it_is_awake() -> None:
    ask, asked = answering(WAKING, WAKING, HELLO)

    assert ask_for_text(ask, "a", stack(mode="scale-to-zero")).text == "hello"
    assert asked == [{"prompt": "a"}] * 3


@pytest.mark.parametrize(
    ("mode", "reply"), [("scale-to-zero", QUEUED), ("realtime", QUEUED), ("async", ACCEPTED)]
)
def test_what_is_answered_later_is_asked_for_until_it_is_there(mode: str, reply: Reply) -> None:
    ask, asked = answering(reply, PENDING, HELLO)

    said = ask_for_text(ask, "a", stack(mode=mode))

    assert said.outcome == "accepted, then 5 characters"
    assert asked == [{"prompt": "a"}, {"result": "r-1"}, {"result": "r-1"}]


@pytest.mark.parametrize(
    ("mode", "replies", "told"),
    [
        ("scale-to-zero", [WAKING], "the endpoint did not wake up within 0 s"),
        ("async", [ACCEPTED, PENDING], "neither s3://b/r nor s3://b/f was written within 0 s"),
        ("realtime", [QUEUED, PENDING], "no result of {'result': 'r-1'} was written within 0 s"),
        ("realtime", [{**HELLO, "text": " "}], "the model answered, but with no text"),
    ],
)
def test_what_never_comes_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, mode: str, replies: list[Reply], told: str
) -> None:
    monkeypatch.setattr(invocation, "LATER_LIMIT_SECONDS", 0)

    with pytest.raises(StepFailedError) as caught:
        _ = ask_for_text(answering(*replies)[0], "a", stack(mode=mode))

    assert str(caught.value) == told


def test_an_error_is_told_with_the_reply() -> None:
    error: Reply = {"status": 502, "error": {"type": "model_failed", "message": "no"}}

    with pytest.raises(FunctionAnsweredError, match="answered 502 model_failed: no") as caught:
        _ = ask_for_text(answering(error)[0], "a", stack())

    assert (caught.value.status, caught.value.reply) == (502, error)


def test_a_stack_without_its_endpoint_has_to_refuse() -> None:
    refused: Reply = {"status": 503, "error": {"type": "endpoint_missing", "message": "it is off"}}
    without = stack(enabled=False)

    said = ask_for_text(answering(refused)[0], "a", without)

    assert (said.text, said.outcome) == (
        "",
        "refused as it should be, without an endpoint: it is off",
    )
    with pytest.raises(StepFailedError, match="the function answered 200 None instead of 503"):
        _ = ask_for_text(answering(HELLO)[0], "a", without)
