"""SageMaker's runtime: InvokeEndpoint, and the same with a response stream."""

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
    ContainerReply,
)
from rehearsal.account.sagemaker_control import SageMaker
from rehearsal.account.wire_errors import AwsError

MAX_BODY_BYTES = 6_291_456  # the bound in botocore's service model
_PATH = re.compile(r"/endpoints/(?P<endpoint>[^/]+)/(?P<kind>invocations(-response-stream)?)")
_FORWARDED = ("Content-Type", "Accept", "X-Amzn-SageMaker-Custom-Attributes")


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
    target = request.http.headers.get("X-Amzn-SageMaker-Target-Variant")
    variant = sagemaker.fleet_of(match["endpoint"]).choose(target)
    if variant is None:
        raise AwsError("ValidationError", f"Variant {target} of {match['endpoint']} not found.")
    if match["kind"] == "invocations":
        return _whole(request, variant)
    return _streamed(request, variant)


def _whole(request: AwsRequest, variant: Variant) -> Response:
    try:
        with variant.container.invoke(
            request.body, _headers(request), REAL_TIME_LIMIT_SECONDS
        ) as reply:
            body = b"".join(reply.chunks)
    except OSError as failure:
        raise _timed_out(variant) from failure
    _refuse_error(reply, body, variant)
    return Response(
        body,
        content_type=reply.content_type,
        headers={"x-Amzn-Invoked-Production-Variant": variant.name},
    )


def _streamed(request: AwsRequest, variant: Variant) -> Response:
    invocation = variant.container.invoke(request.body, _headers(request), STREAM_LIMIT_SECONDS)
    try:
        reply = invocation.__enter__()
    except OSError as failure:
        raise _timed_out(variant) from failure
    if reply.status >= 400:  # noqa: PLR2004 - HTTP's own boundary
        with invocation:
            _refuse_error(reply, b"".join(reply.chunks), variant)

    def events() -> Iterator[bytes]:
        try:
            for chunk in reply.chunks:
                yield payload_part(chunk)
        except OSError:
            yield exception_event("ModelStreamError", "The model's stream broke.", "StreamBroken")
        finally:
            invocation.__exit__(None, None, None)

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


def _refuse_error(reply: ContainerReply, body: bytes, variant: Variant) -> None:
    if reply.status < 400:  # noqa: PLR2004 - HTTP's own boundary
        return
    text = body.decode(errors="replace")
    kind = "client" if reply.status < 500 else "server"  # noqa: PLR2004 - HTTP's own boundary
    raise _model_error(
        variant,
        reply.status,
        text,
        f'Received {kind} error ({reply.status}) from primary with message "{text}".',
    )


def _timed_out(variant: Variant) -> AwsError:
    message = "Your invocation timed out while waiting for a response from container primary."
    return _model_error(variant, 0, "", f"Received server error (0) from primary. {message}")


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
