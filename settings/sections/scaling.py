"""`genai:endpoint.instances`, `.scaling`, `.serverless`, `.async`, `.inferenceComponent`: how much runs when."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings import limits
from settings.arns import check_topic_arn
from settings.field_checks import check_action_name, check_schedule, check_timezone
from settings.sections.section import Section

ScalingMetric = Literal[
    "concurrency",
    "invocations",
    "cpu",
    "gpu",
    "gpu-memory",
    "backlog",
    "provisioned-utilization",
]
"""What a scaling policy can keep near its target; which ones a mode has is in `settings/scaling.py`."""


class InstanceCounts(Section):
    """`genai:endpoint.instances`: how many machines serve the model."""

    initial: int = Field(
        default=1,
        ge=limits.INITIAL_INSTANCES.minimum,
        le=limits.INSTANCES,
        description="how many instances to start, each billed by the second; an update starts over with as many",
    )
    min: int | None = Field(
        default=None,
        ge=0,
        le=limits.INSTANCES,
        description="how many scaling leaves at least; 1 unless given, 0 in the modes async and scale-to-zero",
        examples=[1],
    )
    max: int | None = Field(
        default=None,
        ge=1,
        le=limits.INSTANCES,
        description="how many scaling may start; without it the number stays as it is",
        examples=[4],
    )


class Schedule(Section):
    """One entry of `genai:endpoint.scaling.schedules`: other bounds from a moment on."""

    schedule: Annotated[str, AfterValidator(check_schedule)] = Field(
        description="when: cron(minutes hours day-of-month month day-of-week year), rate(value unit) or "
        "at(yyyy-mm-ddThh:mm:ss)",
        examples=['"cron(0 20 ? * MON-FRI *)"'],
    )
    timezone: Annotated[str, AfterValidator(check_timezone)] = Field(
        default="UTC", description="the time zone that the schedule is in, such as Europe/Berlin"
    )
    min: int = Field(
        ge=0, le=limits.INSTANCES, description="least capacity from then on", examples=[1]
    )
    max: int = Field(
        ge=0, le=limits.INSTANCES, description="greatest capacity from then on", examples=[2]
    )


class ScalingSettings(Section):
    """`genai:endpoint.scaling`: what capacity follows."""

    metric: Literal["auto", ScalingMetric] = Field(
        default="auto",
        description="what to keep near the target: concurrency (requests at once, of an instance or copy, seen every ten "
        "seconds), invocations (a minute, of an instance or copy), cpu, gpu or gpu-memory (percent of the instance's), backlog (waiting requests "
        "of an instance; async), provisioned-utilization (serverless); auto is concurrency for language model servers, and "
        "what suits the mode otherwise",
    )
    target: float | None = Field(
        default=None,
        gt=0,
        description="the value to keep to, in the metric's unit; by metric unless given: concurrency 5, invocations 60, "
        "cpu and gpu 70, gpu-memory 80, backlog 5, provisioned-utilization 0.7",
        examples=[5],
    )
    scale_in_cooldown_seconds: int = Field(
        default=300,
        ge=0,
        le=limits.COOLDOWN_SECONDS,
        description="how long to wait after taking capacity away before taking more",
    )
    scale_out_cooldown_seconds: int = Field(
        default=60,
        ge=0,
        le=limits.COOLDOWN_SECONDS,
        description="how long to wait after adding capacity before adding more",
    )
    schedules: dict[Annotated[str, AfterValidator(check_action_name)], Schedule] = Field(
        default_factory=dict,
        description="other bounds at certain times, such as nights and weekends",
    )


class ServerlessSettings(Section):
    """`genai:endpoint.serverless`: an endpoint without instances."""

    memory_mib: Literal[1024, 2048, 3072, 4096, 5120, 6144] = Field(
        default=4096, description="memory of each execution; its CPU grows with it"
    )
    max_concurrency: int = Field(
        default=5,
        ge=limits.SERVERLESS_CONCURRENCY.minimum,
        le=limits.SERVERLESS_CONCURRENCY.maximum,
        description="how many requests may run at once; more are throttled",
    )
    provisioned_concurrency: int | None = Field(
        default=None,
        ge=limits.SERVERLESS_CONCURRENCY.minimum,
        le=limits.SERVERLESS_CONCURRENCY.maximum,
        description="how many executions stay warm, billed used or not; none unless given",
        examples=[1],
    )
    max_provisioned_concurrency: int | None = Field(
        default=None,
        ge=limits.SERVERLESS_CONCURRENCY.minimum,
        le=limits.SERVERLESS_CONCURRENCY.maximum,
        description="how many scaling may keep warm; without it the number stays as it is",
        examples=[4],
    )


class AsyncSettings(Section):
    """`genai:endpoint.async`: requests and results in S3, queued in between."""

    max_concurrency_per_instance: int = Field(
        default=4,
        ge=limits.ASYNC_CONCURRENCY.minimum,
        le=limits.ASYNC_CONCURRENCY.maximum,
        description="how many requests SageMaker sends to an instance at once",
    )
    notify: bool = Field(
        default=False,
        description="whether to make SNS topics for results and failures, and to publish there; the function "
        "listens, and completes the record of the request",
    )
    success_topic_arn: Annotated[str, AfterValidator(check_topic_arn)] | None = Field(
        default=None,
        description="a topic of yours for results",
        examples=["arn:aws:sns:us-east-1:123456789012:results"],
    )
    error_topic_arn: Annotated[str, AfterValidator(check_topic_arn)] | None = Field(
        default=None,
        description="a topic of yours for failures",
        examples=["arn:aws:sns:us-east-1:123456789012:failures"],
    )
    include_response: bool = Field(
        default=False,
        description="whether a notification carries the result too, up to 128 KB; prompts and replies are "
        "personal data",
    )


class InferenceComponentSettings(Section):
    """`genai:endpoint.inferenceComponent`: what one copy of the model takes, in the mode scale-to-zero."""

    accelerator_count: int | None = Field(
        default=None,
        ge=limits.ACCELERATORS.minimum,
        description="accelerators of one copy; all of the instance unless given",
        examples=[1],
    )
    cpu_cores: float | None = Field(
        default=None,
        ge=limits.CPU_CORES,
        description="CPU cores of one copy; SageMaker's choice unless given",
        examples=[4],
    )
    memory_mib: int | None = Field(
        default=None,
        ge=limits.COMPONENT_MEMORY_MIB.minimum,
        description="main memory of one copy; half of the instance's unless given",
        examples=[16384],
    )
    min_copies: int = Field(
        default=0,
        ge=0,
        le=limits.INSTANCES,
        description="how many copies scaling leaves at least",
    )
    max_copies: int = Field(
        default=1, ge=1, le=limits.INSTANCES, description="how many copies scaling may start"
    )
