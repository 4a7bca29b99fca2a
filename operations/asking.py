"""Ask a deployed function, and wait for what it answers later. A request and its reply: docs/invoking.md."""

import json
import math
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from operations.deployment import Deployment
from operations.errors import NotFoundError, OperationError
from operations.failures import plainly

Event = dict[str, Any]
"""What the function is asked, as JSON."""
Reply = dict[str, Any]
"""What it says, as JSON; its own failures too: `status` and `error`."""
Ask = Callable[[Event], Reply]

ACCEPTED = 202
FIRST_FAILED_STATUS = 400
LATER_LIMIT_SECONDS = 900.0
"""How long an answer is waited for that comes later: an endpoint that wakes up on a GPU takes minutes."""
_ACCEPTED_BY_ENDPOINT = "accepted"
_FIRST_PAUSE_SECONDS = 0.25
_UNREACHABLE_STATUS = 503
_REFUSED_STATUS = 500
_THROTTLED = {"TooManyRequestsException": 429}


def ask_function(deployment: Deployment, event: Event) -> Reply:
    """Invoke the function as callers do, and return its reply, whatever its status.

    Raises:
        OperationError: Lambda refused, or the function itself failed.
    """
    with plainly():
        answer = deployment.client("lambda").invoke(
            FunctionName=deployment.function, Payload=json.dumps(event).encode()
        )
        payload = answer["Payload"].read()
    return read_answer(payload, is_failure="FunctionError" in answer)


def read_answer(payload: bytes, *, is_failure: bool) -> Reply:
    """Return the reply that Lambda handed on.

    Raises:
        OperationError: it is the function's failure, or no reply of this function.
    """
    try:
        reply = json.loads(payload)
    except ValueError:
        reply = None
    if not isinstance(reply, dict):
        raise OperationError(
            f"the function answered with something else than a reply: {payload[:200]!r}",
            "look whether the stack's output function_name is this program's function",
        )
    if is_failure:
        raise OperationError(
            f"the function failed: {reply.get('errorType')}: {reply.get('errorMessage')}",
            "its log in CloudWatch says where",
        )
    return reply


def ask_patiently(
    ask: Ask,
    event: Event,
    *,
    limit_seconds: float = LATER_LIMIT_SECONDS,
    longest_pause_seconds: float = math.inf,
    on_wait: Callable[[Reply], None] = lambda _: None,
) -> Reply:
    """Ask, and ask on until the answer is there: an endpoint may have to wake up, or answer later.

    Args:
        ask: sends one event.
        event: the request.
        limit_seconds: how long to wait for an answer that is not there at once.
        longest_pause_seconds: how long to pause at most, where the function advises to come again later than that.
        on_wait: is told each reply that is no answer yet.

    Returns:
        The answer, or the failure; a reply with status 202 if there was none in time. That of an asynchronous
        endpoint has the record of its request, and for its latency the time until it was there.
    """
    began = time.monotonic()
    deadline = began + limit_seconds
    first, pause = ask(event), _FIRST_PAUSE_SECONDS
    reply = first
    while reply.get("status") == ACCEPTED and time.monotonic() < deadline:
        on_wait(reply)
        advised = min(float(reply.get("retry_after_seconds") or pause), longest_pause_seconds)
        time.sleep(max(0.0, min(pause, advised, deadline - time.monotonic())))
        pause = min(2 * pause, advised)  # soon at first, then at the pace that the function advises
        # One that was not kept while the endpoint wakes up is sent again.
        event = reply.get("poll") or event
        reply = ask(event)
    if first.get("state") != _ACCEPTED_BY_ENDPOINT or "text" not in reply:
        return reply
    waited_ms = round((time.monotonic() - began) * 1000)
    return {**reply, "latency_ms": waited_ms, "record": first.get("record")}


def longest_pause_seconds(deployment: Deployment) -> float:
    """Return how long to pause at most between two questions: minutes are moments in a local account."""
    return math.inf if deployment.account is None else _FIRST_PAUSE_SECONDS


def failure_as_reply(failure: OperationError) -> Reply:
    """Return a failure before the function as a reply, for where one of many requests must not end the rest."""
    cause = failure.__cause__
    kind, status = "function_failed", _REFUSED_STATUS
    if isinstance(cause, ClientError):
        kind = cause.response.get("Error", {}).get("Code", kind)
        status = _THROTTLED.get(kind, _REFUSED_STATUS)
    elif isinstance(failure, NotFoundError):
        kind, status = "unreachable", _UNREACHABLE_STATUS
    return {"status": status, "error": {"type": kind, "message": str(failure)}}


def never_raising(ask: Ask) -> Ask:
    """Return an `ask` whose failures are replies too."""

    def asked(event: Event) -> Reply:
        try:
            return ask(event)
        except OperationError as failure:
            return failure_as_reply(failure)

    return asked


def patient(deployment: Deployment, limit_seconds: float) -> Ask:
    """Return what asks a stack directly, waits for what comes later, and never raises: one of many requests."""
    return never_raising(
        lambda event: ask_patiently(
            lambda event: ask_function(deployment, event),
            event,
            limit_seconds=limit_seconds,
            longest_pause_seconds=longest_pause_seconds(deployment),
        )
    )


def is_failed(reply: Reply) -> bool:
    """Whether a reply is a failure."""
    return int(reply.get("status") or 0) >= FIRST_FAILED_STATUS
