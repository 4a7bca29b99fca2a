"""Arguments of a function's features.

No `Literal` and no union but `| None`: Pulumi's analyzer, which publishes components to other languages,
knows neither.
"""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi

DEFAULT_MAX_CONCURRENCY = 2  # the least that Lambda takes for a queue
DEFAULT_MAX_RECEIVES = 10
DEFAULT_WORKERS = 8
DEFAULT_RETRIES = 0
DEFAULT_MAX_AGE_SECONDS = 21_600


class RedactionArgs(TypedDict):
    """One thing to take out of the texts that are kept."""

    pattern: str
    """Regular expression, in the syntax of Python's standard library."""

    replacement: str
    """What stands in its place; a text, without references to groups."""


class InputsArgs(TypedDict):
    """How objects under `inputs/` come to the function: the bucket tells a queue, the queue calls."""

    max_concurrency: NotRequired[int]
    """Most runs that the queue starts at the same time, 2 to 1,000. Default 2. Each asks the endpoint with
    `workers` prompts at once."""

    max_receives: NotRequired[int]
    """How often an object is tried before its message goes to the dead letters, 1 to 1,000. Default 10."""

    workers: NotRequired[int]
    """How many prompts of one object are asked at the same time, 1 to 64. Default 8."""

    paused: NotRequired[bool]
    """Leave the messages in the queue for now, up to 14 days, such as while there is no endpoint. Default false."""


class AsyncInvokeArgs(TypedDict):
    """What Lambda does when the function fails with an event that nobody waits for.

    Such events come from SNS, EventBridge, or a call with `InvocationType=Event`.
    """

    retries: NotRequired[int]
    """How often Lambda runs a failed event again, 0 to 2. Default 0. With more, every request is claimed in the
    bucket before the model is asked, so that a repeated run generates nothing twice."""

    max_age_seconds: NotRequired[int]
    """How long an event may wait for its run, 60 to 21,600 seconds. Default 21,600."""

    on_failure: NotRequired[bool]
    """Keep events that failed for good in a queue of their own, for 14 days. Default true."""


class FunctionVpcArgs(TypedDict):
    """Where in a VPC the function runs. From there it needs ways to SageMaker, S3 and CloudWatch."""

    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Subnets, at least two zones to outlive one of them."""

    security_group_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Security groups of the function's network interfaces; they must let HTTPS out."""


class AliasArgs(TypedDict):
    """The alias `live`, which all callers use, and how it moves on to a new version."""

    previous_version: NotRequired[str | None]
    """Version that still gets a share of the calls, such as `7`. Default none: the newest gets all."""

    previous_percent: NotRequired[float | None]
    """Its share, 0 to 100 percent. Needed with `previous_version`."""
