"""Queues: encrypted, over TLS only, with a policy that says who else may send."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pulumi
from pulumi_aws import iam as aws_iam
from pulumi_aws import sqs

from components import iam
from components.invoker.args import InvokerFunctionArgs
from components.invoker.place import Place
from components.roles import grant_document

LONGEST_RETENTION_SECONDS = 1_209_600  # 14 days, SQS quota


class Queue(NamedTuple):
    """A queue, whose ARN is known once its policy stands."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]


def make_queue(
    name: str,
    args: InvokerFunctionArgs,
    parent: pulumi.Resource,
    *,
    more: Callable[[str], pulumi.Input[Sequence[iam.Statement]]] = lambda _: [],
    visibility_timeout_seconds: pulumi.Input[int] | None = None,
    redrive_policy: pulumi.Input[str] | None = None,
) -> Queue:
    """Register a queue that keeps messages as long as SQS can.

    Args:
        name: logical name.
        args: the function's arguments, for tags and key.
        parent: the component.
        more: makes further statements of its policy from its ARN.
        visibility_timeout_seconds: how long a message that was taken stays hidden; SQS's 30 if None.
        redrive_policy: JSON that says where messages go that were taken too often.
    """
    child = pulumi.ResourceOptions(parent=parent)
    key = args.get("queue_kms_key_arn")
    queue = sqs.Queue(
        name,
        message_retention_seconds=LONGEST_RETENTION_SECONDS,
        visibility_timeout_seconds=visibility_timeout_seconds,
        redrive_policy=redrive_policy,
        # With SQS's own key, S3 and Lambda send without a permission on a key. It is either, not both.
        sqs_managed_sse_enabled=True if key is None else None,
        kms_master_key_id=key,
        tags=args.get("tags"),
        opts=child,
    )
    statements = queue.arn.apply(more)
    policy = sqs.QueuePolicy(
        f"{name}-policy",
        queue_url=queue.url,
        policy=pulumi.Output.json_dumps(
            pulumi.Output.all(queue.arn, statements).apply(
                lambda known: iam.document(iam.tls_only_queue(known[0]), *known[1])
            )
        ),
        opts=child,
    )
    # Whoever is given the ARN comes after the policy: S3 asks whether it may send before it agrees to.
    arn = pulumi.Output.all(queue.arn, policy.id).apply(lambda known: known[0])
    return Queue(arn, queue.url)


def let_take_messages(
    name: str, args: InvokerFunctionArgs, queue: Queue, place: Place
) -> aws_iam.RolePolicy:
    """Let Lambda take messages from a queue under the function's role."""
    return _grant(name, args, queue, place, iam.take_messages, lambda key: iam.decrypt_with([key]))


def let_send_messages(
    name: str, args: InvokerFunctionArgs, queue: Queue, place: Place
) -> aws_iam.RolePolicy:
    """Let Lambda send messages to a queue under the function's role."""
    return _grant(name, args, queue, place, iam.send_messages, iam.use_queue_key)


def _grant(
    name: str,
    args: InvokerFunctionArgs,
    queue: Queue,
    place: Place,
    use_queue: Callable[[str], iam.Statement],
    use_key: Callable[[str], iam.Statement],
) -> aws_iam.RolePolicy:
    document = pulumi.Output.all(queue.arn, args.get("queue_kms_key_arn")).apply(
        lambda known: iam.document(use_queue(known[0]), *([use_key(known[1])] if known[1] else []))
    )
    return grant_document(name, place.role.resource.name, document, place.parent)
