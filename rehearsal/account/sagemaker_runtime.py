"""SageMaker's runtime: InvokeEndpoint, and the same with a response stream."""

import contextlib
import re
from collections.abc import Iterator

from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.event_stream import exception_event, payload_part
from rehearsal.account.fleet import Variant
from rehearsal.account.model_container import (
    REAL_TIME_LIMIT_SECONDS,
    STREAM_LIMIT_SECONDS,
    TRANSPORT_ERRORS,
    ContainerReply,
)
from rehearsal.account.sagemaker_control import SageMaker
from rehearsal.account.wire_errors import AwsError

MAX_BODY_BYTES = 6_291_456  # the bound in botocore's service model
_PATH = re.compile(r"/endpoints/(?P<endpoint>[^/]+)/(?P<kind>invocations(-response-stream)?)")
_FORWARDED = ("Content-Type", "Accept", "X-Amzn-SageMaker-Custom-Attributes")
_FIRST_ERROR_STATUS, _FIRST_SERVER_ERROR_STATUS = 400, 500


def is_invocation(request: AwsRequest) -> bool:
    """Tell a runtime request from one for the control plane; both are signed for `sagemaker`."""
    return _PATH.fullmatch(request.http.path) is not None


def invoke(request: AwsRequest, sagemaker: SageMaker) -> Response:
    """Answer one invocation from the endpoint's container.

    Raises:
        AwsError: `ValidationError` for what cannot be invoked, `ModelError` for what the container
            answered with an error or not at all.
    """
    match = _PATH.fullmatch(request.http.path)
    assert match is not None  # noqa: S101 - the caller asked is_invocation first
    if len(request.body) > MAX_BODY_BYTES:
        raise AwsError(
            "ValidationError", f"Request body is larger than {MAX_BODY_BYTES} bytes.", 413
        )
    is_streamed = match["kind"] != "invocations"
    with contextlib.ExitStack() as held:
        fleet = held.enter_context(sagemaker.serving(match["endpoint"]))
        target = request.http.headers.get("X-Amzn-SageMaker-Target-Variant")
        variant = fleet.choose(target)
        if variant is None:
            raise AwsError("ValidationError", f"Variant {target} of {match['endpoint']} not found.")
        limit = STREAM_LIMIT_SECONDS if is_streamed else REAL_TIME_LIMIT_SECONDS
        try:
            reply = held.enter_context(
                variant.container.invoke(request.body, _headers(request), limit)
            )
        except TRANSPORT_ERRORS as failure:
            raise _no_answer(variant, failure) from failure
        if reply.status >= _FIRST_ERROR_STATUS:
            raise _refusal(variant, reply)
        if not is_streamed:
            return _whole(variant, reply)
        response = _streamed(variant, reply)
        response.call_on_close(held.pop_all().close)
        return response


def _whole(variant: Variant, reply: ContainerReply) -> Response:
    return Response(
        _body(variant, reply),
        content_type=reply.content_type,
        headers={"x-Amzn-Invoked-Production-Variant": variant.name},
    )


def _streamed(variant: Variant, reply: ContainerReply) -> Response:
    def events() -> Iterator[bytes]:
        try:
            for chunk in reply.chunks:
                yield payload_part(chunk)
        except TRANSPORT_ERRORS:
            yield exception_event("ModelStreamError", "The model's stream broke.", "StreamBroken")

    return Response(
        events(),
        content_type="application/vnd.amazon.eventstream",
        headers={
            "X-Amzn-SageMaker-Content-Type": reply.content_type,
            "x-Amzn-Invoked-Production-Variant": variant.name,
        },
    )


def _headers(request: AwsRequest) -> dict[str, str]:
    found = {name: request.http.headers.get(name) for name in _FORWARDED}
    streamed_accept = request.http.headers.get("X-Amzn-SageMaker-Accept")
    if streamed_accept:
        found["Accept"] = streamed_accept
    return {name: value for name, value in found.items() if value}


def _body(variant: Variant, reply: ContainerReply) -> bytes:
    try:
        return b"".join(reply.chunks)
    except TRANSPORT_ERRORS as failure:
        message = (
            "Received server error (500) from primary and could not load the entire response body."
        )
        raise _model_error(variant, 500, "", message) from failure


def _refusal(variant: Variant, reply: ContainerReply) -> AwsError:
    text = _body(variant, reply).decode(errors="replace")
    kind = "client" if reply.status < _FIRST_SERVER_ERROR_STATUS else "server"
    message = f'Received {kind} error ({reply.status}) from primary with message "{text}".'
    return _model_error(variant, reply.status, text, message)


def _no_answer(variant: Variant, failure: Exception) -> AwsError:
    original = (
        "Your invocation timed out while waiting for a response from container primary. Review the "
        "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
        if isinstance(failure, TimeoutError)
        else f"Amazon SageMaker could not get a response from the container. ({failure!r})"
    )
    message = f'Received server error (0) from primary with message "{original}".'
    return _model_error(variant, 0, original, message)


def _model_error(variant: Variant, status: int, original: str, message: str) -> AwsError:
    return AwsError(
        "ModelError",
        f"{message} See {variant.log_group} in account {ACCOUNT_ID} for more information.",
        424,
        {
            "OriginalStatusCode": status,
            "OriginalMessage": original,
            "LogStreamArn": variant.log_stream_arn,
        },
    )
