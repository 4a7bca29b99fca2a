"""Networks, keys, roles and topics: what works together, and in which Region. Rules GA501 to GA519."""

from collections.abc import Iterator

from settings.arns import arn_region
from settings.draft import Draft
from settings.problems import Finding
from settings.rules.rule import rule
from settings.wording import quote

_KEYS = (
    "keys.bucketArn",
    "keys.volumeArn",
    "keys.captureArn",
    "keys.asyncOutputArn",
    "keys.functionArn",
    "keys.queueArn",
    "keys.logsArn",
    "keys.alarmsArn",
    "model.kmsKeyArn",
)
_TOPICS = (
    "endpoint.async.successTopicArn",
    "endpoint.async.errorTopicArn",
    "watch.topicArn",
)
_GLOBAL = ("roles.executionRoleArn", "roles.permissionsBoundaryArn")
# docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html; any other Region that begins like these is not known.
_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso": None,
    "eu-iso": None,
    "eusc-": None,
}


@rule(501)
def volume_key_has_a_volume(draft: Draft) -> Iterator[Finding]:
    """Types with local NVMe disks keep the model on those, which the hardware encrypts and no key of yours does.

    AWS has refused such a key, and now ignores it:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
    """
    if draft.value("keys.volumeArn", str) is None:
        return
    for machine in draft.machines:
        if machine.instance.has_local_nvme:
            yield Finding(
                draft.key("keys.volumeArn"),
                f"is for EBS volumes, and {machine.instance.name} keeps its data on local NVMe disks, which the hardware "
                "encrypts",
                "remove it, or choose a type without local disks",
            )
            return


@rule(502)
def keys_are_in_the_region(draft: Draft) -> Iterator[Finding]:
    """A KMS key encrypts only what lies in its own Region."""
    yield from _strays(draft, _KEYS, "a key of {region}; a replica of a multi-Region key will do")


@rule(503)
def topics_are_in_the_region(draft: Draft) -> Iterator[Finding]:
    """SNS takes a message only in the topic's own Region, and SageMaker publishes from the endpoint's."""
    yield from _strays(
        draft, _TOPICS, "a topic of {region}, which may pass messages on to other Regions"
    )


@rule(504)
def arns_are_of_the_partition(draft: Draft) -> Iterator[Finding]:
    """Roles and policies of one partition (AWS, China, GovCloud) are unknown in another."""
    partition = draft.region and partition_of(draft.region)
    for dotted in draft.said_among(*_GLOBAL):
        arn = draft.value(dotted, str)
        if arn and partition and arn.split(":")[1] != partition:
            yield Finding(
                draft.key(dotted),
                f"is of the partition {arn.split(':')[1]}, and {draft.region} is of {partition}",
                f"name one of an account there: arn:{partition}:iam::...",
            )


@rule(505)
def capture_keeps_something(draft: Draft) -> Iterator[Finding]:
    """Capturing neither requests nor replies keeps nothing, and SageMaker asks for at least one (CaptureOptions)."""
    if not draft.group("endpoint.capture"):
        return
    kept = [draft.value(f"endpoint.capture.{name}", bool) for name in ("inputs", "outputs")]
    if kept == [False, False]:
        yield Finding(
            draft.key("endpoint.capture"),
            "keeps neither inputs nor outputs",
            "set one of them to true, or remove capture",
        )


@rule(506)
def capture_key_has_a_capture(draft: Draft) -> Iterator[Finding]:
    """A key for captured data does nothing where no data is captured."""
    if draft.value("keys.captureArn", str) and not draft.is_said("endpoint.capture"):
        yield Finding(
            draft.key("keys.captureArn"),
            "is for captured requests and replies, and none are captured",
            "remove it, or add endpoint.capture with its percent",
        )


@rule(507)
def own_role_is_left_as_it_is(draft: Draft) -> Iterator[Finding]:
    """Nothing is added to an execution role of yours, so what it should have has to be in it already."""
    role = draft.value("roles.executionRoleArn", str)
    if role is None:
        return
    for dotted in draft.said_among("roles.executionStatements", "model.kmsKeyArn"):
        if draft.value(dotted, object):
            yield Finding(
                draft.key(dotted),
                f"adds permissions to the execution role, and {quote(role)} is yours and left as it is",
                "give your role these permissions and remove it here, or remove roles.executionRoleArn",
            )


@rule(508)
def response_is_sent_to_a_topic(draft: Draft) -> Iterator[Finding]:
    """A notification that carries the result needs a topic to go to."""
    at = "endpoint.async"
    if (
        draft.mode != "async"
        or draft.is_wrong(at)
        or not draft.value(f"{at}.includeResponse", bool)
    ):
        return
    if not draft.value(f"{at}.notify", bool) and not any(map(draft.is_said, _TOPICS)):
        yield Finding(
            draft.key(f"{at}.includeResponse"),
            "is true, and there is no topic that a notification could go to",
            "add notify: true, or topics of yours",
        )


@rule(509)
def topics_are_made_or_given(draft: Draft) -> Iterator[Finding]:
    """Topics are either made by the stack or yours; SageMaker publishes a result to one."""
    if draft.mode != "async" or not draft.value("endpoint.async.notify", bool):
        return
    for dotted in draft.said_among(*_TOPICS):
        yield Finding(
            draft.key(dotted),
            "names a topic of yours, and notify: true makes one",
            "remove notify to use yours, or remove it to have topics made",
        )


def _strays(draft: Draft, keys: tuple[str, ...], instead: str) -> Iterator[Finding]:
    """ARNs of another Region than the stack's."""
    for dotted in draft.said_among(*keys):
        arn = draft.value(dotted, str)
        if arn and draft.region and arn_region(arn) != draft.region:
            yield Finding(
                draft.key(dotted),
                f"lies in {arn_region(arn)}, and the stack in {draft.region}",
                f"name {instead.format(region=draft.region)}",
            )


def partition_of(region: str) -> str | None:
    """The partition of a Region, if it is known."""
    return next((known for start, known in _PARTITIONS.items() if region.startswith(start)), "aws")
