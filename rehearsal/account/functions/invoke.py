"""Lambda's Invoke operation."""

import base64
import json
import re
import uuid

from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.concurrency import TOO_MANY_REQUESTS
from rehearsal.account.functions.event_invocations import EventInvocations
from rehearsal.account.functions.function_lookup import find_target
from rehearsal.account.functions.functions import MAX_SYNC_PAYLOAD_BYTES, Functions
from rehearsal.account.functions.runtime_api import Event, new_trace_id
from rehearsal.account.wire_errors import AwsError, render

MAX_ASYNC_PAYLOAD_BYTES = 1024 * 1024  # AWS Lambda quota
TAIL_BYTES = 4096  # LogType=Tail
_KINDS = ("RequestResponse", "Event", "DryRun")
_RETRY_AFTER_SECONDS = "1"
_PATH = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations")


def is_invocation(request: AwsRequest) -> bool:
    """Tell an Invoke from Lambda's other operations."""
    return _PATH.fullmatch(request.http.path) is not None


def invoke(request: AwsRequest, functions: Functions, events: EventInvocations) -> Response:
    """Answer Invoke: `RequestResponse`, `Event` or `DryRun`.

    Raises:
        AwsError: no such function, a payload that is too large or not JSON, a role that Lambda may not
            assume, no free concurrency, or a function that cannot run here.
    """
    match = _PATH.fullmatch(request.http.path)
    assert match is not None  # noqa: S101 - the caller asked is_invocation first
    kind = request.http.headers.get("X-Amz-Invocation-Type", "RequestResponse")
    if kind not in _KINDS:
        raise AwsError("InvalidParameterValueException", f"Unsupported invocation type {kind}", 400)
    target = find_target(match["function"], request.http.args.get("Qualifier"), request.region)
    functions.refuse_what_cannot_run(target)
    _check_payload(request.body, kind)
    if kind == "DryRun":
        return Response(status=204)
    request_id = str(uuid.uuid4())
    event = Event(
        request_id=request_id,
        payload=request.body or b"{}",
        function_arn=target.arn,
        client_context=_client_context(request),
        trace_id=request.http.headers.get("X-Amzn-Trace-Id") or new_trace_id(),
    )
    headers = {"x-amzn-RequestId": request_id, "X-Amzn-Trace-Id": event.trace_id}
    if kind == "Event":
        events.accept(target, event.payload, request_id)
        return Response(status=202, headers=headers)
    try:
        ran = functions.run(target, event)
    except AwsError as refused:
        if refused.code != TOO_MANY_REQUESTS:
            raise
        response = render(refused, request)
        response.headers["Retry-After"] = _RETRY_AFTER_SECONDS
        return response
    headers["X-Amz-Executed-Version"] = str(target.function.version)
    if ran.outcome.error:
        headers["X-Amz-Function-Error"] = ran.outcome.error
    if request.http.headers.get("X-Amz-Log-Type") == "Tail":
        tail = ran.log_tail.encode()[-TAIL_BYTES:]
        headers["X-Amz-Log-Result"] = base64.b64encode(tail).decode()
    return Response(ran.outcome.payload, 200, headers, content_type="application/json")


def _client_context(request: AwsRequest) -> str | None:
    """Return what the caller tells of itself, as the function's context has it."""
    given = request.http.headers.get("X-Amz-Client-Context")
    if not given:
        return None
    try:
        return json.dumps(json.loads(base64.b64decode(given, validate=True)))
    except ValueError as failure:
        raise AwsError(
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
        ) from failure


def _check_payload(payload: bytes, kind: str) -> None:
    limit = MAX_ASYNC_PAYLOAD_BYTES if kind == "Event" else MAX_SYNC_PAYLOAD_BYTES
    if len(payload) > limit:
        raise AwsError(
            "RequestTooLargeException",
            f"Request must be smaller than {limit} bytes for the {kind} invocation type",
            413,
        )
    try:
        json.loads(payload or b"{}")
    except ValueError as failure:
        raise AwsError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {failure}",
        ) from failure
