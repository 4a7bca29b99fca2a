"""Ask the deployed function once, and judge what comes back by the stack's mode."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.asking import Reply, read_answer
from operations.errors import OperationError
from rehearsal.local_account import LocalAccount
from rehearsal.transcript import FunctionAnsweredError, StepFailedError
from settings import StackSettings

LATER_LIMIT_SECONDS = 30
_POLL_SECONDS = 0.05
_OK, _ACCEPTED = 200, 202
_NO_ENDPOINT = (503, "endpoint_missing")  # what the function answers without an endpoint


def ask_function(account: LocalAccount, function: str, event: dict[str, Any]) -> Reply:
    """Invoke the function and return its reply, whatever its status.

    Raises:
        StepFailedError: Lambda refused, or the function itself failed.
    """
    try:
        answer = account.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps(event).encode()
        )
    except (ClientError, BotoCoreError) as failure:
        raise StepFailedError(f"Lambda refused the invocation: {failure}") from failure
    try:
        return read_answer(answer["Payload"].read(), is_failure="FunctionError" in answer)
    except OperationError as failure:
        raise StepFailedError(str(failure)) from failure


@dataclass(frozen=True)
class Said:
    """What came of one prompt."""

    text: str
    """What the model said; empty for a stack without an endpoint."""
    outcome: str
    """In a few words."""


def ask_for_text(ask: Callable[[Reply], Reply], prompt: str, settings: StackSettings) -> Said:
    """Send one prompt by `ask`, and get the text in the way that suits the stack: at once, or later.

    Raises:
        StepFailedError: an error, no text, or none in time; of a stack without an endpoint, anything but its refusal.
    """
    reply = _asked_until_awake(ask, {"prompt": prompt})
    if not settings.endpoint.enabled:
        refusal = _refusal_of_a_disabled_stack(reply)
        return Said("", f"refused as it should be, without an endpoint: {refusal}")
    if settings.endpoint.mode == "async" or reply.get("state") == "queued":
        text = _said_later(ask, reply)
        return Said(text, f"accepted, then {len(text)} characters")
    text = _said_at_once(reply)
    return Said(text, f"{len(text)} characters in {reply['latency_ms']} ms")


def _asked_until_awake(ask: Callable[[Reply], Reply], event: Reply) -> Reply:
    deadline = time.monotonic() + LATER_LIMIT_SECONDS
    while (reply := ask(event)).get("state") == "waking":
        if time.monotonic() > deadline:
            raise StepFailedError(f"the endpoint did not wake up within {LATER_LIMIT_SECONDS} s")
        time.sleep(_POLL_SECONDS)
    return reply


def _said_at_once(reply: Reply) -> str:
    _require_status(reply, _OK)
    return _in_words(reply["text"], reply.get("embedding"))


def _said_later(ask: Callable[[Reply], Reply], reply: Reply) -> str:
    _require_status(reply, _ACCEPTED)
    deadline = time.monotonic() + LATER_LIMIT_SECONDS
    while (later := ask(reply["poll"]))["status"] == _ACCEPTED:
        if time.monotonic() > deadline:
            places = [reply[name] for name in ("result", "failure") if name in reply]
            what = f"neither {' nor '.join(places)}" if places else f"no result of {reply['poll']}"
            raise StepFailedError(f"{what} was written within {LATER_LIMIT_SECONDS} s")
        time.sleep(_POLL_SECONDS)
    return _said_at_once(later)


def _refusal_of_a_disabled_stack(reply: Reply) -> str:
    error = reply.get("error", {})
    answered = (reply.get("status"), error.get("type"))
    if answered != _NO_ENDPOINT:
        raise StepFailedError(
            f"the stack has no endpoint, and the function answered {answered[0]} {answered[1]} "
            f"instead of {_NO_ENDPOINT[0]} {_NO_ENDPOINT[1]}"
        )
    return str(error["message"])


def _require_status(reply: Reply, wanted: int) -> None:
    if reply.get("status") != wanted:
        error = reply.get("error", {})
        raise FunctionAnsweredError(
            f"the function answered {reply.get('status')} {error.get('type')}: "
            f"{error.get('message')}",
            int(reply.get("status", 0)),
            reply,
        )


def _in_words(text: str, embedding: list[float] | None) -> str:
    if embedding:
        return f"a vector of {len(embedding)} numbers, {embedding[0]:.3f} the first"
    if not text.strip():
        raise StepFailedError("the model answered, but with no text")
    return text
