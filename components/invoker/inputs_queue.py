"""How objects under `inputs/` come to the function: bucket, queue, function, and a place for what fails.

Lambda takes one message at a time: an object may hold thousands of prompts, and the whole time of a run is its own.
"""

from typing import NamedTuple

import pulumi
import pulumi_aws as aws
from pulumi_aws import lambda_, sqs

from components import iam
from components.invoker.args import DEFAULT_TIMEOUT_SECONDS, InvokerFunctionArgs
from components.invoker.entrance import Entrance
from components.invoker.feature_args import (
    DEFAULT_MAX_CONCURRENCY,
    DEFAULT_MAX_RECEIVES,
    InputsArgs,
)
from components.invoker.place import Place
from components.invoker.queues import Queue, let_take_messages, make_queue

MESSAGES_PER_RUN = 1
# A message stays hidden for six runs, so that none is handed out again while Lambda still tries it:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html (read 2026-11-25).
RUNS_PER_VISIBILITY = 6


class InputQueues(NamedTuple):
    """The queue of notifications, and that of those that failed too often."""

    inputs: Queue
    dead_letters: Queue


def make_input_queues(
    name: str, args: InvokerFunctionArgs, entrance: Entrance, place: Place
) -> InputQueues | None:
    """Register both queues, if there are to be any, and have Lambda run the function with each message."""
    inputs = args.get("inputs")
    if inputs is None:
        return None
    parent = place.parent
    dead_letters = make_queue(f"{name}-dead-letters", args, parent)
    queue = _make_inputs(name, args, inputs, dead_letters, parent)
    sqs.RedriveAllowPolicy(
        f"{name}-redrive-allow",
        queue_url=dead_letters.url,
        redrive_allow_policy=pulumi.Output.json_dumps(
            {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    may_take = let_take_messages(f"{name}-take-messages", args, queue, place)
    lambda_.EventSourceMapping(
        f"{name}-inputs-mapping",
        event_source_arn=queue.arn,
        function_name=entrance.arn,
        batch_size=MESSAGES_PER_RUN,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config={
            "maximum_concurrency": inputs.get("max_concurrency", DEFAULT_MAX_CONCURRENCY)
        },
        enabled=not _is_paused(args, inputs),
        tags=args.get("tags"),
        # Lambda refuses a queue that the function's role cannot take from.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[may_take]),
    )
    return InputQueues(queue, dead_letters)


def _is_paused(args: InvokerFunctionArgs, inputs: InputsArgs) -> bool:
    """Whether each run would fail: messages are better kept than taken too often."""
    return inputs.get("paused", False) or args.get("reserved_concurrency") == 0


def _make_inputs(
    name: str,
    args: InvokerFunctionArgs,
    inputs: InputsArgs,
    dead_letters: Queue,
    parent: pulumi.Resource,
) -> Queue:
    within = pulumi.InvokeOutputOptions(parent=parent)
    bucket_arn = pulumi.Output.format(
        "arn:{}:s3:::{}", aws.get_partition_output(opts=within).partition, args["bucket_name"]
    )
    account_id = aws.get_caller_identity_output(opts=within).account_id
    timeout = pulumi.Output.from_input(args.get("timeout_seconds", DEFAULT_TIMEOUT_SECONDS))
    return make_queue(
        f"{name}-inputs",
        args,
        parent,
        more=lambda queue_arn: pulumi.Output.all(bucket_arn, account_id).apply(
            lambda known: [iam.let_bucket_send(queue_arn, *known)]
        ),
        visibility_timeout_seconds=timeout.apply(lambda seconds: RUNS_PER_VISIBILITY * seconds),
        redrive_policy=pulumi.Output.json_dumps(
            {
                "deadLetterTargetArn": dead_letters.arn,
                "maxReceiveCount": inputs.get("max_receives", DEFAULT_MAX_RECEIVES),
            }
        ),
    )
