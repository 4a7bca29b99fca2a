"""Arguments of an Observability.

No `Literal` and no union but `| None`: Pulumi's analyzer, which publishes components to other languages,
knows neither.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

# What stays bad until somebody sees to it tells by itself: in `users-hurt` it would hide whatever comes next.
DEFAULT_NOTIFYING = ("dead-letters", "failed-events", "idle")


class WatchedEndpointArgs(TypedDict):
    """An endpoint, as what watches it has to know it; `GenAIEndpoint.watched` tells it."""

    endpoint_name: pulumi.Input[str]
    """Name of the endpoint; alarms and dashboard are named after it."""

    enabled: bool
    """Whether the endpoint exists. Without it only the function is watched."""

    mode: str
    """`realtime`, `serverless`, `async` or `scale-to-zero`: each publishes other metrics."""

    inference_component_name: NotRequired[pulumi.Input[str] | None]
    """Name of the inference component in mode scale-to-zero."""

    gpus_by_variant: Mapping[str, int]
    """How many NVIDIA GPUs an instance of each variant has; 0 for none, or if it is not known."""

    log_group_name: pulumi.Input[str]
    """Log group of the containers."""


class WatchedFunctionArgs(TypedDict):
    """A function, as what watches it has to know it; `InvokerFunction.watched` tells it."""

    function_names: Mapping[str, pulumi.Input[str]]
    """Names of the functions, by what their alarms are named after; that of the first is empty."""

    timeout_seconds: pulumi.Input[int]
    """How long a run may take."""

    log_group_name: pulumi.Input[str]
    """Log group of the functions."""

    metrics_namespace: NotRequired[str | None]
    """Namespace of the function's own metrics. Default none: replies are not watched, tokens not shown."""

    inputs_queue_name: NotRequired[pulumi.Input[str] | None]
    """Queue of objects under `inputs/`. Default none."""

    dead_letter_queue_name: NotRequired[pulumi.Input[str] | None]
    """Queue of inputs that failed too often. Default none."""

    failed_events_queue_name: NotRequired[pulumi.Input[str] | None]
    """Queue of events that nobody waited for and that failed. Default none."""


class ThresholdsArgs(TypedDict):
    """When the alarms go off, in seconds, percent and counts; `docs/watching.md` says which is for what."""

    latency_seconds: NotRequired[float | None]
    """99th percentile of the model's time. Default 30, and in mode async none."""

    error_percent: NotRequired[float]
    """Share of the endpoint's requests that end with a 5xx status. Default 5."""

    model_error_percent: NotRequired[float]
    """Share of requests that the container does not answer with a 2xx status, callers' mistakes too. Default 20."""

    overhead_seconds: NotRequired[float]
    """99th percentile of the time that SageMaker adds to the model's. Default 2."""

    gpu_memory_percent: NotRequired[float]
    """Memory in use of all GPUs of an instance. Default 98: servers of language models take 90 to begin with."""

    disk_percent: NotRequired[float]
    """Disk space in use of an instance. Default 85."""

    backlog: NotRequired[int]
    """Requests that wait in mode async. Default 50."""

    oldest_request_seconds: NotRequired[float]
    """How long the oldest request waits in mode async. Default 900."""

    failed_requests: NotRequired[int]
    """Asynchronous requests that fail or expire within five minutes. Default 5."""

    idle_hours: NotRequired[int]
    """Hours in a row that instances run without a request, 1 to 168. Default 24."""

    failed_reply_percent: NotRequired[float]
    """Share of the function's replies with status 429 or 5xx. Default 5."""

    function_error_percent: NotRequired[float]
    """Share of the function's runs that end with an error of its own or of Lambda. Default 5."""

    throttled_percent: NotRequired[float]
    """Share of the calls that Lambda refuses for want of concurrency. Default 5."""

    duration_percent: NotRequired[float]
    """Longest run, in percent of the timeout. Default 90."""

    dead_letters: NotRequired[int]
    """Messages in a queue of what failed for good. Default 1."""


class ObservabilityArgs(TypedDict):
    """What an Observability needs.

    Which resources exist follows from plain values alone, so that a preview shows all of them.
    """

    endpoint: WatchedEndpointArgs
    """The endpoint: `GenAIEndpoint.watched()`."""

    function: WatchedFunctionArgs
    """The function: `InvokerFunction.watched()`."""

    thresholds: NotRequired[ThresholdsArgs]
    """When the alarms go off. Default: each threshold's own."""

    without: NotRequired[Sequence[str]]
    """Alarms not to make, by name, such as `overhead`. Default none."""

    notify: NotRequired[Sequence[str]]
    """Alarms that tell the topic by themselves, besides `users-hurt`, which always does. Default `dead-letters`,
    `failed-events` and `idle`."""

    subscribers: NotRequired[Sequence[str]]
    """Who is told: e-mail addresses, `https://` URLs, ARNs of queues or functions, whose own policies must let the
    topic in. Addresses and URLs are asked to confirm first. Default nobody."""

    topic_arn: NotRequired[pulumi.Input[str] | None]
    """A topic to tell instead of one made here. Its policy must let `cloudwatch.amazonaws.com` publish."""

    topic_kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """Customer-managed key for the topic made here; its policy must allow `cloudwatch.amazonaws.com` `kms:Decrypt` and
    `kms:GenerateDataKey*`. Default none: alarms cannot use SNS's own key, and their messages hold no prompt."""

    dashboard: NotRequired[bool]
    """Make the dashboard. Default true."""

    hourly_usd: NotRequired[float | None]
    """Price of one instance of the main variant for an hour, for the dashboard. Default: not known, not shown."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags for every resource that can carry them; a dashboard cannot."""
