"""SageMaker's runtime: InvokeEndpoint, and the same with a response stream."""

import contextlib
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.faults.containers import broken
from rehearsal.account.sagemaker import container_call, serverless
from rehearsal.account.sagemaker.container_call import asked, whole
from rehearsal.account.sagemaker.container_exchange import ContainerReply
from rehearsal.account.sagemaker.control import SageMaker
from rehearsal.account.sagemaker.data_capture import Exchange
from rehearsal.account.sagemaker.event_stream import (
    internal_failure,
    model_stream_error,
    payload_part,
)
from rehearsal.account.sagemaker.fleet import Fleet
from rehearsal.account.sagemaker.model_container import TRANSPORT_ERRORS
from rehearsal.account.sagemaker.model_host import ModelHost
from rehearsal.account.sagemaker.runtime_metrics import (
    ComponentMetrics,
    Outcome,
    VariantMetrics,
    measured,
    tell_of_real_time,
    under_way,
)
from rehearsal.account.sagemaker.runtime_request import (
    MAX_BODY_BYTES,
    RuntimeRequest,
    read_runtime_request,
)
from rehearsal.account.wire_errors import AwsError

_DEFAULT_TYPE = "application/json"
# Threads of their own: a shadow that hangs holds up nothing but other copies.
_shadow_copies = ThreadPoolExecutor(8, "shadow")


@dataclass(frozen=True)
class _Answering:
    """What answers one request."""

    host: ModelHost
    metrics: VariantMetrics
    instances: int


def invoke(request: AwsRequest, sagemaker: SageMaker) -> Response:
    """Answer one invocation from the endpoint's container.

    Raises:
        AwsError: `ValidationError` for what cannot be invoked, `ModelError` for what the container
            answered with an error or not at all; of a serverless endpoint also what it does not let in.
    """
    received = time.monotonic()
    invocation = read_runtime_request(request)
    with contextlib.ExitStack() as held:
        fleet = held.enter_context(sagemaker.serving(invocation.endpoint))
        if invocation.operation == "InvokeEndpointAsync":
            return sagemaker.asynchronous.accept(invocation, fleet)
        _refuse_what_does_not_suit(invocation, fleet)
        answering = _answering(invocation, fleet, sagemaker, held)
        _copy_to_shadow(invocation, fleet, request.region)
        tell_of_real_time(answering.metrics, answering.instances, received)
        outcome = held.enter_context(measured(answering.metrics))
        if invocation.operation == "InvokeEndpoint":
            return _answer_whole(invocation, fleet, answering, sagemaker)
        response = _answer_in_parts(invocation, answering, outcome, held)
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
    if fleet.is_serverless and len(invocation.body) > serverless.MAX_BODY_BYTES:
        # As quoted in https://github.com/aws/sagemaker-python-sdk/issues/4271 (2023-11).
        raise AwsError("ValidationError", f"Request {uuid.uuid4()} has oversize body.")
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
        return _copies(component, invocation, fleet, sagemaker, held)
    target = invocation.members.get("TargetVariant")
    variant = fleet.choose(target)
    if variant is None:
        raise AwsError("ValidationError", f"Variant {target} of {invocation.endpoint} not found.")
    metrics = VariantMetrics(sagemaker.state.site.region, invocation.endpoint, variant.name)
    at_once = held.enter_context(under_way.counted(metrics))
    if fleet.is_serverless:
        serverless.admit(variant, fleet, metrics, at_once, sagemaker.state.errands)
    if variant.host is None:  # only an asynchronous endpoint can have no instance
        raise AwsError(
            "ValidationError",
            f"Variant {variant.name} of {invocation.endpoint} has no instance.",
        )
    metrics.tell("ConcurrentRequestsPerModel", at_once / max(1, variant.instances))
    return _Answering(variant.host, metrics, variant.instances)


def _copies(
    component: str,
    invocation: RuntimeRequest,
    fleet: Fleet,
    sagemaker: SageMaker,
    held: contextlib.ExitStack,
) -> _Answering:
    """Return what answers for an inference component."""
    placed = held.enter_context(sagemaker.serving_component(invocation.endpoint, component))
    metrics = ComponentMetrics(sagemaker.state.site.region, component)
    at_once = held.enter_context(under_way.counted(metrics))
    if placed.host is None:
        metrics.tell("NoCapacityInvocationFailures", 1)
        raise AwsError(
            "ValidationError",
            "Inference Component has no capacity to process this request. ApplicationAutoScaling "
            "may be in-progress (if configured) or try to increase the capacity by invoking "
            "UpdateInferenceComponentRuntimeConfig API.",
        )
    metrics.tell("InvocationsPerCopy", 1 / placed.copies)
    metrics.tell("ConcurrentRequestsPerCopy", at_once / placed.copies)
    variant = fleet.choose(placed.variant)
    assert variant is not None  # noqa: S101 - a variant outlives what is placed on it
    return _Answering(
        placed.host,
        VariantMetrics(sagemaker.state.site.region, invocation.endpoint, variant.name),
        variant.instances,
    )


def _copy_to_shadow(invocation: RuntimeRequest, fleet: Fleet, region: str) -> None:
    """Let the shadow variant answer as well; nobody waits for it, and its answer is dropped."""
    received = time.monotonic()
    shadow = fleet.shadow()
    if shadow is None or shadow.host is None:
        return
    host, metrics = shadow.host, VariantMetrics(region, invocation.endpoint, shadow.name)

    def ask_and_forget() -> None:
        tell_of_real_time(metrics, shadow.instances, received)
        headers = invocation.container_headers
        limit_seconds = container_call.REAL_TIME_LIMIT_SECONDS
        with (
            contextlib.suppress(AwsError),
            measured(metrics),
            asked(host, invocation.body, headers, limit_seconds) as reply,
        ):
            whole(host, reply, MAX_BODY_BYTES)

    _shadow_copies.submit(ask_and_forget)


def _answer_whole(
    invocation: RuntimeRequest, fleet: Fleet, answering: _Answering, sagemaker: SageMaker
) -> Response:
    host, headers = answering.host, invocation.container_headers
    limit_bytes = serverless.MAX_BODY_BYTES if fleet.is_serverless else MAX_BODY_BYTES
    limit_seconds = container_call.REAL_TIME_LIMIT_SECONDS
    with asked(host, invocation.body, headers, limit_seconds) as answer:
        reply = whole(host, answer, limit_bytes)
    if fleet.capture and fleet.capture.wants_next():
        exchange = Exchange(
            inference_id=invocation.members.get("InferenceId"),
            request=invocation.body,
            request_type=headers.get("Content-Type", _DEFAULT_TYPE),
            reply=reply.body,
            reply_type=reply.content_type,
        )
        sagemaker.state.errands.submit(
            fleet.capture.write, exchange, answering.metrics.variant, host
        )
    return Response(
        reply.body,
        content_type=reply.content_type,
        headers=_answer_headers(invocation, answering, reply.headers),
    )


def _answer_in_parts(
    invocation: RuntimeRequest,
    answering: _Answering,
    outcome: Outcome,
    held: contextlib.ExitStack,
) -> Response:
    """Return a stream; what is `held` must be so until it ends."""
    limit_seconds = container_call.STREAM_LIMIT_SECONDS
    reply = held.enter_context(
        asked(answering.host, invocation.body, invocation.container_headers, limit_seconds)
    )
    return Response(
        broken(_events(reply, outcome)),
        content_type="application/vnd.amazon.eventstream",
        headers={
            "X-Amzn-SageMaker-Content-Type": reply.content_type,
            **_answer_headers(invocation, answering, reply.headers),
        },
    )


def _events(reply: ContainerReply, outcome: Outcome) -> Iterator[bytes]:
    try:
        for chunk in reply.chunks:
            yield payload_part(chunk)
    except TimeoutError:
        outcome.status = 0
        yield model_stream_error(
            "The model took longer for its stream than an invocation may take.",
            "ModelInvocationTimeExceeded",
        )
    except TRANSPORT_ERRORS:
        outcome.status = 0
        yield model_stream_error("The model's stream broke.", "StreamBroken")
    except Exception as failure:  # noqa: BLE001 - once it has begun, a stream can only say so itself
        yield internal_failure(f"the local account failed: {failure!r}")


def _answer_headers(
    invocation: RuntimeRequest, answering: _Answering, of_container: Mapping[str, str]
) -> dict[str, str]:
    return {
        "x-Amzn-Invoked-Production-Variant": answering.metrics.variant,
        **invocation.answer_headers(of_container),
    }
