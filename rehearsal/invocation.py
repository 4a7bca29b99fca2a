"""Ask the deployed function once, and judge what comes back by the stack's mode."""

import json
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.container_replies import UnreadableReplyError, said, vector_in_words
from rehearsal.local_account import LocalAccount
from rehearsal.transcript import StepFailedError
from settings import StackSettings

ASYNC_LIMIT_SECONDS = 30
_POLL_SECONDS = 0.05
_OK, _ACCEPTED = 200, 202
_NO_ENDPOINT = (503, "endpoint_missing")  # what the function answers without an endpoint

Reply = dict[str, Any]


def ask_function(account: LocalAccount, function: str, prompt: str) -> Reply:
    """Invoke the function and return its reply, whatever its status.

    Raises:
        StepFailedError: Lambda refused, or the function itself failed.
    """
    try:
        answer = account.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps({"prompt": prompt}).encode()
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


def said_in_s3(account: LocalAccount, settings: StackSettings, reply: Reply) -> str:
    """Wait for what an asynchronous endpoint writes, and return what the model said in it.

    Raises:
        StepFailedError: the request was not accepted or failed, or nothing was written in time.
    """
    _require_status(reply, _ACCEPTED)
    deadline = time.monotonic() + ASYNC_LIMIT_SECONDS
    while True:
        if (result := _object(account, reply["result"])) is not None:
            return _in_container_reply(settings, result)
        failure = _object(account, reply["failure"]) if reply["failure"] else None
        if failure is not None:
            text = failure.decode(errors="replace")
            raise StepFailedError(f"the container failed, as {reply['failure']} says: {text}")
        if time.monotonic() > deadline:
            raise StepFailedError(
                f"neither {reply['result']} nor {reply['failure']} was written within "
                f"{ASYNC_LIMIT_SECONDS} s"
            )
        time.sleep(_POLL_SECONDS)


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
        raise StepFailedError(
            f"the function answered {reply.get('status')} {error.get('type')}: "
            f"{error.get('message')}"
        )


def _in_container_reply(settings: StackSettings, body: bytes) -> str:
    try:
        return _in_words(said(settings.contract, body), None)
    except UnreadableReplyError as unreadable:
        raise StepFailedError(str(unreadable)) from unreadable


def _in_words(text: str, embedding: list[float] | None) -> str:
    if embedding:
        return vector_in_words(embedding)
    if not text.strip():
        raise StepFailedError("the model answered, but with no text")
    return text


def _object(account: LocalAccount, uri: str) -> bytes | None:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        return account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as failure:
        if failure.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
