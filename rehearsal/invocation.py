"""Ask the deployed function once, and judge what comes back by the stack's mode."""

import json
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.local_account import LocalAccount
from rehearsal.transcript import FunctionAnsweredError, StepFailedError

ASYNC_LIMIT_SECONDS = 30
_POLL_SECONDS = 0.05
_OK, _ACCEPTED = 200, 202
_NO_ENDPOINT = (503, "endpoint_missing")  # what the function answers without an endpoint

Reply = dict[str, Any]


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
    reply = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise StepFailedError(
            f"the function failed: {reply.get('errorType')}: {reply.get('errorMessage')}"
        )
    return reply


def said_at_once(reply: Reply) -> str:
    """Return what the model said in a reply that holds it.

    Raises:
        StepFailedError: the reply is an error, or empty.
    """
    _require_status(reply, _OK)
    return _in_words(reply["text"], reply.get("embedding"))


def said_later(ask: Callable[[Reply], Reply], reply: Reply) -> str:
    """Ask the function, by `ask`, for what an asynchronous endpoint writes, until it is there, and return what the model said.

    Raises:
        StepFailedError: the request was not accepted or failed, or nothing was written in time.
    """
    _require_status(reply, _ACCEPTED)
    deadline = time.monotonic() + ASYNC_LIMIT_SECONDS
    while (later := ask(reply["poll"]))["status"] == _ACCEPTED:
        if time.monotonic() > deadline:
            raise StepFailedError(
                f"neither {reply['result']} nor {reply['failure']} was written within "
                f"{ASYNC_LIMIT_SECONDS} s"
            )
        time.sleep(_POLL_SECONDS)
    return said_at_once(later)


def refusal_of_a_disabled_stack(reply: Reply) -> str:
    """Return the message of a function that has no endpoint to ask.

    Raises:
        StepFailedError: it answered anything else.
    """
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
