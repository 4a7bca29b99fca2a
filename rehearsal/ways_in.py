"""The other ways into a deployed function: its URL, an HTTP API, and files of prompts in the bucket."""

import json
import time
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from botocore.credentials import Credentials

from operations.server_sent_events import SentEvent, read_events
from rehearsal.account import ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from rehearsal.local_account import LocalAccount
from rehearsal.signed_request import Signer, signed_request
from rehearsal.transcript import (
    BatchUnfinishedError,
    FunctionAnsweredError,
    LinesFailedError,
    StepFailedError,
)

BATCH_LIMIT_SECONDS = 60
_BATCH_NAME = "rehearsal"
_POLL_SECONDS = 0.1
_ANSWERED = (200, 202)
_BROKEN = 502  # what an error in a stream stands for, whose status was sent before
_EVENT_STREAM = "text/event-stream"
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Batch:
    """What came of a file of prompts."""

    result_uri: str
    entries: list[dict[str, Any]]
    """One for each prompt, in the file's order."""

    @property
    def is_answered_later(self) -> bool:
        """Whether the entries only say where the answers will be."""
        return any(entry.get("locations") for entry in self.entries)


@dataclass(frozen=True)
class HttpAnswer:
    """What a URL answered."""

    reply: dict[str, Any]
    pieces: int
    """In how many pieces the text came; 0 if it came as a whole."""


def ask_over_http(account: LocalAccount, url: str, service: str, prompt: str) -> HttpAnswer:
    """Ask a URL once, signed for `service`, and for a stream of text if it gives one.

    Raises:
        StepFailedError: the reply is an error, or not of the form that was asked for.
    """
    is_stream = _streams(account, url)
    asked = {"prompt": prompt, **({"stream": True} if is_stream else {})}
    credentials = Credentials(ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY)
    signer = Signer(credentials, service, account.region)
    try:
        reply = signed_request(signer, "POST", url, json.dumps(asked).encode(), _JSON)
        if is_stream and reply.headers.get_content_type() == _EVENT_STREAM:
            return _streamed(reply.body)
        answered = json.loads(reply.body)
    except (OSError, HTTPException, ValueError) as failure:
        raise StepFailedError(f"{url} did not answer as it should: {failure!r}") from failure
    if reply.status not in _ANSWERED or not isinstance(answered, dict):
        said = f"{url} answered {reply.status}: {reply.body.decode()}"
        if isinstance(answered, dict):
            raise FunctionAnsweredError(said, reply.status, answered)
        raise StepFailedError(said)
    return HttpAnswer(answered, pieces=0)


def _streams(account: LocalAccount, url: str) -> bool:
    """Whether a function's URL hands replies on as they come; an API's never does."""
    client = account.client("lambda")
    return any(
        config["FunctionUrl"] == url and config["InvokeMode"] == "RESPONSE_STREAM"
        for page in client.get_paginator("list_functions").paginate()
        for function in page["Functions"]
        for config in client.list_function_url_configs(FunctionName=function["FunctionName"])[
            "FunctionUrlConfigs"
        ]
    )


def _streamed(body: bytes) -> HttpAnswer:
    """Read server-sent events: a piece of text in each, and the whole reply in the last."""
    pieces = list(read_events([body]))
    last = pieces.pop() if pieces else SentEvent("nothing", "")
    ended = f"the stream of text ended with event: {last.name} {last.data}"
    if last.name == "error":
        answered = json.loads(last.data)
        raise FunctionAnsweredError(ended, _BROKEN, answered)
    if last.name != "done":
        raise StepFailedError(ended)
    texts = [json.loads(piece.data)["text"] for piece in pieces]
    whole = json.loads(last.data)
    if "".join(texts) != whole["text"]:
        raise StepFailedError("the pieces of the stream are not the text at its end")
    return HttpAnswer(whole, len(texts))


def run_batch(
    account: LocalAccount, inputs_uri: str, prompts: list[str], limit_seconds: float | None = None
) -> Batch:
    """Put a file of prompts where the stack looks for such files, and wait for its result.

    Raises:
        StepFailedError: none was written in time, or not every prompt was answered.
    """
    bucket, _, prefix = inputs_uri.removeprefix("s3://").partition("/")
    lines = "".join(json.dumps({"prompt": prompt}) + "\n" for prompt in prompts)
    s3 = account.client("s3")
    s3.put_object(Bucket=bucket, Key=f"{prefix}{_BATCH_NAME}.jsonl", Body=lines.encode())
    key = _result_key(s3, bucket, limit_seconds or BATCH_LIMIT_SECONDS)
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    batch = Batch(f"s3://{bucket}/{key}", [json.loads(line) for line in body.splitlines()])
    if len(batch.entries) != len(prompts):
        raise StepFailedError(
            f"{batch.result_uri} has {len(batch.entries)} lines for {len(prompts)} prompts"
        )
    if failed := [entry["error"] for entry in batch.entries if entry.get("error")]:
        raise LinesFailedError(
            f"{len(failed)} of {len(prompts)} prompts failed: {failed[0]}", batch.entries
        )
    return batch


def _result_key(s3: Any, bucket: str, limit_seconds: float) -> str:
    deadline = time.monotonic() + limit_seconds
    while True:
        found = s3.list_objects_v2(Bucket=bucket, Prefix=f"results/{_BATCH_NAME}")
        if found["KeyCount"]:
            return found["Contents"][0]["Key"]
        if time.monotonic() > deadline:
            raise BatchUnfinishedError(
                f"no result of the batch lies under s3://{bucket}/results/ after "
                f"{limit_seconds:g} s"
            )
        time.sleep(_POLL_SECONDS)
