"""What is answered later: files under inputs/, and requests that wait for an endpoint. Rules GA831 to GA839."""

from collections.abc import Iterator

from settings.draft import Draft
from settings.problems import Finding
from settings.rules.rule import rule
from settings.wording import quote

_INPUTS = "invoker.inputs"


@rule(831)
def waiting_requests_have_a_queue(draft: Draft) -> Iterator[Finding]:
    """A request that is kept for later becomes a file under inputs/, and comes back by the queue of the inputs."""
    if _queues(draft) and draft.value(f"{_INPUTS}.enabled", bool) is False:
        yield Finding(
            draft.key("invoker.waking"),
            "is queue, and without inputs there is no queue",
            "add inputs: {enabled: true}, or write waking: reply",
        )


@rule(832)
def waiting_requests_have_an_endpoint_that_wakes(draft: Draft) -> Iterator[Finding]:
    """Only an endpoint of the mode scale-to-zero refuses requests while it wakes up.

    Others are there all the time, start within the request (serverless) or have a queue of their own (async).
    """
    if _queues(draft) and draft.mode not in {None, "scale-to-zero"}:
        yield Finding(
            draft.key("invoker.waking"),
            f"is queue, and an endpoint of the mode {draft.mode} never has to be woken up",
            "remove it, or write endpoint.mode: scale-to-zero",
        )


@rule(833)
def adopted_bucket_tells_of_its_inputs(draft: Draft) -> Iterator[Finding]:
    """A bucket has one notification configuration, so a bucket of yours is given none that would replace yours.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
    """
    adopted, own = draft.value("bucket.existingName", str), f"{_INPUTS}.ownNotification"
    if adopted and draft.value(f"{_INPUTS}.enabled", bool) and draft.value(own, bool) is False:
        yield Finding(
            draft.key(own),
            f"is not true, and {quote(adopted)} is yours: its notifications are left as they are, so no file would be answered",
            "write ownNotification: true, and after deploying have the bucket send ObjectCreated events of inputs/ to the "
            "queue of the output inputs_queue_arn",
        )


@rule(834)
def own_notification_has_a_bucket(draft: Draft) -> Iterator[Finding]:
    """The stack's own bucket is told by the stack where to send its notifications."""
    own = f"{_INPUTS}.ownNotification"
    if draft.value(own, bool) and not draft.is_said("bucket.existingName"):
        yield Finding(
            draft.key(own),
            "is true, and the stack's own bucket sends its notifications to the queue already",
            "remove it, or name your bucket in bucket.existingName",
        )


@rule(835)
def reserved_concurrency_is_enough_for_the_queue(draft: Draft) -> Iterator[Finding]:
    """What the queue may start beyond the reserved concurrency is refused, and counts as tried.

    Such messages end in the dead-letter queue unread. 0 is the switch that stops the function, and is left alone.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    reserved = draft.value("invoker.reservedConcurrency", int)
    started = draft.value(f"{_INPUTS}.maxConcurrency", int)
    if not draft.value(f"{_INPUTS}.enabled", bool) or not reserved or started is None:
        return
    if reserved < started:
        yield Finding(
            draft.key("invoker.reservedConcurrency"),
            f"is {reserved}, and the queue starts up to {started} invocations (inputs.maxConcurrency)",
            f"write at least {started}, and more if anybody else calls the function",
        )


@rule(836)
def queue_key_has_a_queue(draft: Draft) -> Iterator[Finding]:
    """A key for the queues does nothing where none is made."""
    queues = (f"{_INPUTS}.enabled", "invoker.asynchronous.onFailure")
    if (
        draft.value("keys.queueArn", str)
        and [draft.value(at, bool) for at in queues] == [False] * 2
    ):
        yield Finding(
            draft.key("keys.queueArn"),
            "is for the function's queues, and there are none: inputs are off, and failed events are not kept",
            "remove it, or write inputs: {enabled: true} or asynchronous: {onFailure: true}",
        )


def _queues(draft: Draft) -> bool:
    return draft.value("invoker.waking", str) == "queue"
