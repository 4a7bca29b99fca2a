"""SageMaker's runtime: InvokeEndpoint, and the same with a response stream."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.sagemaker.container_call import asked, whole
from rehearsal.account.sagemaker.control import SageMaker
from rehearsal.account.sagemaker.data_capture import Exchange
from rehearsal.account.sagemaker.event_stream import exception_event, payload_part
from rehearsal.account.sagemaker.fleet import Fleet
from rehearsal.account.sagemaker.model_container import (
    REAL_TIME_LIMIT_SECONDS,
    STREAM_LIMIT_SECONDS,
    TRANSPORT_ERRORS,
    ContainerReply,
)
from rehearsal.account.sagemaker.model_host import ModelHost
from rehearsal.account.sagemaker.runtime_request import RuntimeRequest, read_runtime_request
from rehearsal.account.wire_errors import AwsError

MAX_BODY_BYTES = 6_291_456  # the bound in botocore's service model
MAX_SERVERLESS_BODY_BYTES = 4 * 1024 * 1024
_DEFAULT_TYPE = "application/json"


@dataclass(frozen=True)
class _Answering:
    """What answers one request."""

    variant: str
    host: ModelHost


def invoke(request: AwsRequest, sagemaker: SageMaker) -> Response:
    """Answer one invocation from the endpoint's container.

    Raises:
        AwsError: `ValidationError` for what cannot be invoked, `ModelError` for what the container
            answered with an error or not at all.
    """
    invocation = read_runtime_request(request)
    if len(invocation.body) > MAX_BODY_BYTES:
        raise _too_large(MAX_BODY_BYTES)
    with contextlib.ExitStack() as held:
        fleet = held.enter_context(sagemaker.serving(invocation.endpoint))
        if invocation.operation == "InvokeEndpointAsync":
            return sagemaker.asynchronous.accept(invocation, fleet)
        _refuse_what_does_not_suit(invocation, fleet)
        answering = _answering(invocation, fleet, sagemaker, held)
        _copy_to_shadow(invocation, fleet, sagemaker)
        if invocation.operation == "InvokeEndpoint":
            return _answer_whole(invocation, fleet, answering, sagemaker)
        host, headers = answering.host, invocation.container_headers
        reply = held.enter_context(asked(host, invocation.body, headers, STREAM_LIMIT_SECONDS))
        response = _streamed(answering, reply)
        response.call_on_close(held.pop_all().close)
        return response


def _refuse_what_does_not_suit(invocation: RuntimeRequest, fleet: Fleet) -> None:
    # What is said about inference components, here and below, is as users quote SageMaker.
    if fleet.is_async:  # the wording is ours: AWS's is not known
        raise AwsError(
            "ValidationError",
            f"Endpoint {invocation.endpoint} of account {ACCOUNT_ID} has an AsyncInferenceConfig and "
            "takes InvokeEndpointAsync only.",
        )
    if fleet.is_serverless and len(invocation.body) > MAX_SERVERLESS_BODY_BYTES:
        raise _too_large(MAX_SERVERLESS_BODY_BYTES)
    component = invocation.members.get("InferenceComponentName")
    if fleet.takes_components and component is None:
        raise AwsError(
            "ValidationError",
            "Inference Component Name header is required for endpoints to which you plan to deploy "
            "inference components. Please include Inference Component Name header or consider using "
            "SageMaker models.",
        )
    if component is not None and not fleet.takes_components:
        raise AwsError(
            "ValidationError",
            "Inference Component Name header is not allowed for endpoints to which you dont plan to "
            "deploy inference components. Please remove the Inference Component Name header and try "
            "again.",
        )


def _answering(
    invocation: RuntimeRequest, fleet: Fleet, sagemaker: SageMaker, held: contextlib.ExitStack
) -> _Answering:
    component = invocation.members.get("InferenceComponentName")
    if component is not None:
        placed = held.enter_context(sagemaker.serving_component(invocation.endpoint, component))
        if placed.host is None:
            raise AwsError(
                "ValidationError",
                "Inference Component has no capacity to process this request. ApplicationAutoScaling "
                "may be in-progress (if configured) or try to increase the capacity by invoking "
                "UpdateInferenceComponentRuntimeConfig API.",
            )
        return _Answering(placed.variant, placed.host)
    target = invocation.members.get("TargetVariant")
    variant = fleet.choose(target)
    if variant is None or variant.host is None:
        raise AwsError("ValidationError", f"Variant {target} of {invocation.endpoint} not found.")
    return _Answering(variant.name, variant.host)


def _copy_to_shadow(invocation: RuntimeRequest, fleet: Fleet, sagemaker: SageMaker) -> None:
    """Let the shadow variant answer as well; nobody waits for it, and its answer is dropped."""
    shadow = fleet.shadow()
    if shadow is None or shadow.host is None:
        return
    host = shadow.host

    def ask_and_forget() -> None:
        headers = invocation.container_headers
        with (
            contextlib.suppress(AwsError, *TRANSPORT_ERRORS),
            asked(host, invocation.body, headers, REAL_TIME_LIMIT_SECONDS) as reply,
        ):
            for _ in reply.chunks:
                pass

    sagemaker.state.errands.submit(ask_and_forget)


def _answer_whole(
    invocation: RuntimeRequest, fleet: Fleet, answering: _Answering, sagemaker: SageMaker
) -> Response:
    host, headers = answering.host, invocation.container_headers
    with asked(host, invocation.body, headers, REAL_TIME_LIMIT_SECONDS) as answer:
        reply = whole(host, answer)
    if fleet.capture and fleet.capture.wants_next():
        exchange = Exchange(
            inference_id=invocation.members.get("InferenceId"),
            request=invocation.body,
            request_type=headers.get("Content-Type", _DEFAULT_TYPE),
            reply=reply.body,
            reply_type=reply.content_type,
        )
        sagemaker.state.errands.submit(fleet.capture.write, exchange, answering.variant, host)
    return Response(
        reply.body,
        content_type=reply.content_type,
        headers={"x-Amzn-Invoked-Production-Variant": answering.variant},
    )


def _streamed(answering: _Answering, reply: ContainerReply) -> Response:
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
            "x-Amzn-Invoked-Production-Variant": answering.variant,
        },
    )


def _too_large(limit_bytes: int) -> AwsError:
    return AwsError("ValidationError", f"Request body is larger than {limit_bytes} bytes.", 413)
