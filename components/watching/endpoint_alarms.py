"""The alarms on an endpoint: what its mode publishes, with the dimensions that it publishes it with."""

from collections.abc import Iterator

from components.alarm_condition import AT_LEAST, BELOW, Condition
from components.endpoint.variant_metrics import failed_percent, model_latency, share_of_requests
from components.metrics import (
    COMPONENTS,
    INSTANCES,
    INVOCATIONS,
    MICROSECONDS_PER_SECOND,
    SECONDS_PER_MINUTE,
    Dimensions,
    Math,
    Metric,
    Series,
)
from components.modes import ASYNC, MAIN_VARIANT, SCALE_TO_ZERO, SERVERLESS
from components.watching.args import WatchedEndpointArgs
from components.watching.thresholds import Thresholds
from components.watching.watch_alarm import WatchAlarm

SECONDS_PER_HOUR = 3_600
FAILURE_PERIOD_SECONDS = 5 * SECONDS_PER_MINUTE
# What fills up stays full: five bad minutes in a row are no passing peak.
LASTING_PERIODS = 5


def endpoint_alarms(endpoint: WatchedEndpointArgs, limits: Thresholds) -> Iterator[WatchAlarm]:
    """Every alarm that the endpoint's mode and machines can have; none while it does not exist."""
    if not endpoint["enabled"]:
        return
    for variant, gpus in endpoint["gpus_by_variant"].items():
        of = "" if variant == MAIN_VARIANT else variant
        yield from _of_requests(endpoint, variant, of, limits)
        yield from _of_machines(endpoint, variant, gpus, of, limits)
    if endpoint["mode"] == ASYNC:
        yield from _of_the_queue(endpoint, limits)


def request_dimensions(endpoint: WatchedEndpointArgs, variant: str) -> Dimensions:
    """Return what SageMaker counts the requests of a variant by: the component, where there is one."""
    component = endpoint.get("inference_component_name")
    if endpoint["mode"] == SCALE_TO_ZERO and component is not None:
        return {"InferenceComponentName": component}
    return variant_dimensions(endpoint, variant)


def variant_dimensions(endpoint: WatchedEndpointArgs, variant: str) -> Dimensions:
    """Return what SageMaker counts the machines of a variant by."""
    return {"EndpointName": endpoint["endpoint_name"], "VariantName": variant}


def gpu_memory(endpoint: WatchedEndpointArgs, variant: str) -> tuple[Metric, bool]:
    """Return the memory in use of a variant's GPUs, and whether one percent of it is one of all of them.

    Else it is one of a single GPU's, and a machine with four reaches 400.
    """
    if endpoint["mode"] == SCALE_TO_ZERO:
        dimensions = request_dimensions(endpoint, variant)
        return Metric(COMPONENTS, "GPUMemoryUtilizationNormalized", dimensions), True
    dimensions = variant_dimensions(endpoint, variant)
    return Metric(INSTANCES, "GPUMemoryUtilization", dimensions), False


def _of_requests(
    endpoint: WatchedEndpointArgs, variant: str, of: str, limits: Thresholds
) -> Iterator[WatchAlarm]:
    dimensions, is_async = request_dimensions(endpoint, variant), endpoint["mode"] == ASYNC
    seconds = limits.latency_seconds_in(is_async=is_async)
    if seconds is not None:
        slowest = model_latency(dimensions).by("p99")
        condition = Condition(slowest, seconds * MICROSECONDS_PER_SECOND)
        yield WatchAlarm("latency", condition, of, hurts_users=not is_async)
    failed = failed_percent(dimensions, is_async=is_async)
    yield WatchAlarm("errors", Condition(failed, limits.error_percent), of, hurts_users=True)
    refused = Metric(INVOCATIONS, "InvocationModelErrors", dimensions)
    share = share_of_requests(refused, "Requests without a 2xx status (%)", is_async=is_async)
    yield WatchAlarm("model-errors", Condition(share, limits.model_error_percent), of)
    if not is_async:  # which publishes no such metric
        overhead = Metric(INVOCATIONS, "OverheadLatency", dimensions).by("p99")
        condition = Condition(overhead, limits.overhead_seconds * MICROSECONDS_PER_SECOND)
        yield WatchAlarm("overhead", condition, of)


def _of_machines(
    endpoint: WatchedEndpointArgs, variant: str, gpus: int, of: str, limits: Thresholds
) -> Iterator[WatchAlarm]:
    if endpoint["mode"] == SERVERLESS:
        return
    dimensions = variant_dimensions(endpoint, variant)
    if gpus:
        memory, is_of_all = gpu_memory(endpoint, variant)
        percent = limits.gpu_memory_percent * (1 if is_of_all else gpus)
        yield WatchAlarm(
            "gpu-memory", Condition(memory.by("Maximum"), percent).lasting(LASTING_PERIODS), of
        )
    disk = Metric(INSTANCES, "DiskUtilization", dimensions).by("Maximum")
    yield WatchAlarm("disk", Condition(disk, limits.disk_percent).lasting(LASTING_PERIODS), of)
    yield WatchAlarm("idle", _idle(endpoint, variant, limits.idle_hours), of)


def _idle(endpoint: WatchedEndpointArgs, variant: str, hours: int) -> Condition:
    """Hours with running instances, which tell of their CPU, and without a request.

    Where none runs there is no value, and nothing to pay; nor is there one for the hours before the endpoint was.
    """
    counted = request_dimensions(endpoint, variant)
    requests: Series = (
        model_latency(counted).by("SampleCount")
        if endpoint["mode"] == ASYNC
        else Metric(INVOCATIONS, "Invocations", counted).by("Sum")
    )
    running = Metric(INSTANCES, "CPUUtilization", variant_dimensions(endpoint, variant))
    # SUM leaves out what is missing, while + would make all of it missing.
    expression = Math(
        "SUM([r,z])",
        "Requests in an hour",
        {"r": requests, "c": running.by("Average")},
        {"z": "0*c"},
    )
    return Condition(
        expression,
        threshold=1,
        comparison=BELOW,
        period_seconds=SECONDS_PER_HOUR,
    ).lasting(hours)


def _of_the_queue(endpoint: WatchedEndpointArgs, limits: Thresholds) -> Iterator[WatchAlarm]:
    # The queue is the endpoint's: with a variant's dimension these metrics do not exist.
    queue = {"EndpointName": endpoint["endpoint_name"]}
    waiting = Metric(INVOCATIONS, "ApproximateBacklogSize", queue).by("Maximum")
    yield WatchAlarm("backlog", Condition(waiting, limits.backlog).lasting(LASTING_PERIODS))
    oldest = Metric(INVOCATIONS, "ApproximateAgeOfOldestRequest", queue).by("Maximum")
    condition = Condition(oldest, limits.oldest_request_seconds)
    yield WatchAlarm("oldest-request", condition, hurts_users=True)
    for variant in endpoint["gpus_by_variant"]:
        dimensions = variant_dimensions(endpoint, variant)
        lost = {
            "f": Metric(INVOCATIONS, "InvocationFailures", dimensions).by("Sum"),
            "x": Metric(INVOCATIONS, "ExpiredRequests", dimensions).by("Sum"),
        }
        condition = Condition(
            Math("SUM([f,x])", "Failed and expired requests", lost),
            limits.failed_requests,
            comparison=AT_LEAST,
            period_seconds=FAILURE_PERIOD_SECONDS,
        ).lasting(1)
        of = "" if variant == MAIN_VARIANT else variant
        yield WatchAlarm("failed-requests", condition, of, hurts_users=True)
