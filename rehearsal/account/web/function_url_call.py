"""One request to a function's URL: whether it may come in, what the function is asked, what goes back.

Facts: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html and
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html, read in November 2026.
"""

import contextlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.concurrency import TOO_MANY_REQUESTS
from rehearsal.account.functions.function_lookup import Target, find_target
from rehearsal.account.functions.function_stream import FunctionStream
from rehearsal.account.functions.functions import MAX_SYNC_PAYLOAD_BYTES, Functions
from rehearsal.account.functions.runtime_api import Event
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.principals import authorize_calls
from rehearsal.account.iam.resource_policies import lets_anyone
from rehearsal.account.web.cross_origin import add_headers, preflight_reply
from rehearsal.account.web.front_door import FrontDoor
from rehearsal.account.web.http_events import (
    Door,
    MalformedReplyError,
    http_event,
    http_reply,
    shaped,
)
from rehearsal.account.wire_errors import AwsError

_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


@dataclass
class FunctionUrl:
    """One URL."""

    function_arn: str
    """With the alias that it leads to, if it does."""
    region: str
    members: dict[str, Any]
    door: FrontDoor
    created: str

    @property
    def needs_signature(self) -> bool:
        """Whether IAM decides who may ask."""
        return self.members["AuthType"] == "AWS_IAM"

    @property
    def streams(self) -> bool:
        """Whether a reply goes out as it comes."""
        return self.members.get("InvokeMode") == "RESPONSE_STREAM"


def answer_request(url: FunctionUrl, request: AwsRequest, functions: Functions) -> Response:
    """Answer one request, in a function URL's own words where no function does."""
    cors = url.members.get("Cors")
    response = preflight_reply(cors, request)
    if response is None:
        response = _answer(url, request, functions)
        add_headers(cors, request, response)
    return response


def _answer(url: FunctionUrl, request: AwsRequest, functions: Functions) -> Response:
    try:
        caller = _authorized(url, request)
    except AwsError as refused:
        return _refusal(403, "AccessDeniedException", f"{_FORBIDDEN} ({refused.message})")
    event = http_event(request, Door(api_id=str(url.door.port)), caller)
    payload = json.dumps(event).encode()
    if len(payload) > MAX_SYNC_PAYLOAD_BYTES:
        return _refusal(413, "RequestEntityTooLargeException", "Request Entity Too Large")
    request_id = event["requestContext"]["requestId"]
    try:
        target = find_target(url.function_arn, None, url.region)
        response = (
            _streamed(functions, target, Event(request_id, payload, target.arn))
            if url.streams
            else _whole(functions, target, Event(request_id, payload, target.arn))
        )
    except AwsError as refused:
        if refused.code == TOO_MANY_REQUESTS:
            return _refusal(429, refused.code, refused.message)
        return _refusal(502, refused.code, f"Internal Server Error ({refused.message})")
    response.headers["x-amzn-RequestId"] = request_id
    return response


def _whole(functions: Functions, target: Target, event: Event) -> Response:
    outcome = functions.run(target, event).outcome
    if outcome.error:
        return _failed()
    try:
        return http_reply(outcome.payload)
    except MalformedReplyError:
        return _failed()


def _streamed(functions: Functions, target: Target, event: Event) -> Response:
    with contextlib.ExitStack() as held:
        stream = held.enter_context(functions.stream(target, event))
        if stream.head is None:
            return _failed()
        head = stream.head
        response = shaped(head.status, head.headers, head.cookies, _unbroken(stream))
        response.call_on_close(held.pop_all().close)
        return response


def _authorized(url: FunctionUrl, request: AwsRequest) -> str | None:
    """Return who asks; None for anybody.

    Raises:
        AwsError: not signed for Lambda, or one of the two rights is missing.
    """
    context = {
        "lambda:FunctionUrlAuthType": url.members["AuthType"],
        "aws:SecureTransport": "true",
    }
    calls = [
        Call("lambda:InvokeFunctionUrl", url.function_arn, context),
        Call(
            "lambda:InvokeFunction",
            url.function_arn,
            {**context, "lambda:InvokedViaFunctionUrl": "true"},
        ),
    ]
    if not url.needs_signature:
        for call in calls:
            if not lets_anyone(call):
                raise AwsError("AccessDenied", f"nobody may perform {call.action}", 403)
        return None
    if request.service != "lambda":
        raise AwsError("AccessDenied", "the request is not signed for the service lambda", 403)
    return authorize_calls(request, calls)


def _unbroken(stream: FunctionStream) -> Iterator[bytes]:
    """Give the pieces of a reply; the connection breaks with a reply that does."""
    yield from stream.chunks
    if stream.failure:
        raise ConnectionAbortedError("the function's reply broke off")


def _failed() -> Response:
    return Response("Internal Server Error", 502, content_type="application/json")


def _refusal(status: int, code: str, message: str) -> Response:
    return Response(
        json.dumps({"Message": message}),
        status,
        {"x-amzn-ErrorType": code, "x-amzn-RequestId": str(uuid.uuid4())},
        content_type="application/json",
    )
