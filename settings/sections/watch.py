"""`genai:watch`: who is told when a stack does not do what its callers need, and when that is."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings import limits
from settings.arns import check_topic_arn
from settings.sections.section import Section
from settings.subscribers import check_subscriber

AlarmName = Literal[
    "latency",
    "errors",
    "model-errors",
    "overhead",
    "gpu-memory",
    "disk",
    "idle",
    "backlog",
    "oldest-request",
    "failed-requests",
    "failed-replies",
    "function-errors",
    "throttles",
    "duration",
    "dead-letters",
    "failed-events",
]


class ThresholdSettings(Section):
    """`genai:watch.thresholds`: when each alarm goes off; docs/watching.md says what to do then."""

    latency_seconds: float | None = Field(
        default=None,
        gt=0,
        le=limits.ASYNC_SECONDS,
        description="latency: 99th percentile of the time that the model takes; 30 unless given, and in the mode async, "
        "where work may well be slow, none",
        examples=[30],
    )
    error_percent: float = Field(
        default=5,
        gt=0,
        le=99,
        description="errors: share of the endpoint's requests that end with a 5xx status",
    )
    model_error_percent: float = Field(
        default=20,
        gt=0,
        le=99,
        description="model-errors: share of the requests that the container does not answer with a 2xx status, which "
        "callers may be to blame for",
    )
    overhead_seconds: float = Field(
        default=2,
        gt=0,
        le=60,
        description="overhead: 99th percentile of the time that SageMaker adds to the model's; not async",
    )
    gpu_memory_percent: float = Field(
        default=98,
        gt=0,
        le=99,
        description="gpu-memory: memory in use, of all GPUs of an instance; servers of language models take 90 and more "
        "to begin with",
    )
    disk_percent: float = Field(
        default=85, gt=0, le=99, description="disk: disk space in use, of an instance"
    )
    idle_hours: int = Field(
        default=24,
        ge=1,
        le=limits.IDLE_HOURS,
        description="idle: hours in a row that instances run without a request",
    )
    backlog: int = Field(
        default=50, ge=1, description="backlog: requests that wait in the mode async"
    )
    oldest_request_seconds: float = Field(
        default=900,
        gt=0,
        le=limits.ASYNC_REQUEST_SECONDS,
        description="oldest-request: how long the oldest request waits in the mode async",
    )
    failed_requests: int = Field(
        default=5,
        ge=1,
        description="failed-requests: asynchronous requests that fail or expire within five minutes",
    )
    failed_reply_percent: float = Field(
        default=5,
        gt=0,
        le=99,
        description="failed-replies: share of the function's replies with status 429 or 5xx",
    )
    function_error_percent: float = Field(
        default=5,
        gt=0,
        le=99,
        description="function-errors: share of the function's runs that end with an error that it did not foresee, a "
        "timeout or a lack of memory",
    )
    throttled_percent: float = Field(
        default=5,
        gt=0,
        le=99,
        description="throttles: share of the calls that Lambda refuses for want of concurrency",
    )
    duration_percent: float = Field(
        default=90,
        gt=0,
        le=99,
        description="duration: the longest run, in percent of invoker.timeoutSeconds",
    )
    dead_letters: int = Field(
        default=1,
        ge=1,
        description="dead-letters and failed-events: messages in the queues of what failed for good",
    )


class WatchSettings(Section):
    """`genai:watch`: alarms, who is told of them, and the dashboard."""

    enabled: bool = Field(
        default=True,
        description="whether to make alarms, a topic that is told of them, and a dashboard; CloudWatch bills alarms and "
        "dashboards by the month",
    )
    subscribers: list[Annotated[str, AfterValidator(check_subscriber)]] = Field(
        default_factory=list,
        description="who is told: e-mail addresses and https:// URLs, which are asked to confirm first, and ARNs of SQS "
        "queues and Lambda functions, whose own policies must let the topic in; without any, alarms go off unheard",
        examples=["[oncall@example.com]"],
    )
    topic_arn: Annotated[str, AfterValidator(check_topic_arn)] | None = Field(
        default=None,
        description="a topic of yours to tell, instead of one made here; its policy must let cloudwatch.amazonaws.com "
        "publish, and it must not be encrypted with SNS's own key, which alarms cannot use",
        examples=["arn:aws:sns:us-east-1:123456789012:oncall"],
    )
    notify: list[AlarmName] = Field(
        default=["dead-letters", "failed-events", "idle"],
        description="alarms that tell the topic by themselves, besides users-hurt, which always does and goes off with any "
        "alarm that callers feel",
    )
    without: list[AlarmName] = Field(
        default_factory=list, description="alarms not to make", examples=["[overhead]"]
    )
    thresholds: ThresholdSettings = Field(
        default=ThresholdSettings(), description="when each alarm goes off"
    )
    dashboard: bool = Field(default=True, description="whether to make the dashboard")
