"""What the execution role may do, as a pure function of what the endpoint is made of.

This is the list for an `execution_role_arn` of your own: the statements that hold for the same arguments.
"""

from collections.abc import Iterator, Sequence
from typing import TypedDict

from components import iam
from components.bucket_layout import (
    ASYNC_FAILURES_PREFIX,
    ASYNC_INPUTS_PREFIX,
    ASYNC_RESULTS_PREFIX,
    CAPTURE_PREFIX,
)


class RoleNeeds(TypedDict):
    """What the statements are made from, all of it known."""

    partition: str
    log_group_arn: str
    image_uri: str | None
    model_uris: Sequence[str | None]
    data_bucket: str | None
    is_async: bool
    captures: bool
    topic_arns: Sequence[str]
    alarm_arns: Sequence[str]
    decrypt_key_arns: Sequence[str | None]
    encrypt_key_arns: Sequence[str | None]
    volume_key_arn: str | None
    joins_vpc: bool


def role_statements(needs: RoleNeeds) -> list[iam.Statement]:
    """List the statements: for the container, then for its data."""
    return [*_container(needs), *_data(needs)]


def _container(needs: RoleNeeds) -> Iterator[iam.Statement]:
    yield from _read_models(needs)
    if needs["image_uri"]:
        yield from iam.pull_image(needs["partition"], needs["image_uri"])
    yield iam.write_container_logs(needs["log_group_arn"])
    yield iam.publish_endpoint_metrics()
    if needs["alarm_arns"]:
        yield iam.describe_alarms(needs["alarm_arns"])
    if needs["joins_vpc"]:
        yield iam.join_vpc()
    if needs["volume_key_arn"]:
        yield from iam.use_volume_key(needs["volume_key_arn"])


def _read_models(needs: RoleNeeds) -> Iterator[iam.Statement]:
    for index, uri in enumerate(_each_once(needs["model_uris"])):
        for statement in iam.read_model(needs["partition"], uri):
            # A statement's id is unique in its policy.
            yield {**statement, "Sid": f"{statement['Sid']}{index + 1}"} if index else statement


def _data(needs: RoleNeeds) -> Iterator[iam.Statement]:
    bucket_arn = f"arn:{needs['partition']}:s3:::{needs['data_bucket']}"
    written: list[str] = []
    if needs["is_async"]:
        yield iam.read_objects(bucket_arn, [ASYNC_INPUTS_PREFIX])
        written += [ASYNC_RESULTS_PREFIX, ASYNC_FAILURES_PREFIX]
    if needs["captures"]:
        written.append(CAPTURE_PREFIX)
    if written:
        yield iam.upload_objects(bucket_arn, written)
    if needs["topic_arns"]:
        yield iam.publish_to_topics(needs["topic_arns"])
    if decrypt := _each_once(needs["decrypt_key_arns"]):
        yield iam.decrypt_with(decrypt)
    if encrypt := _each_once(needs["encrypt_key_arns"]):
        yield iam.encrypt_with(encrypt)


def _each_once(values: Sequence[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))
