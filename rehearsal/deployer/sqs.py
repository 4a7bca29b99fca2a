"""Queues and their policies."""

import json
from typing import Any

from rehearsal.account import ACCOUNT_ID
from rehearsal.deployer.kind import (
    Created,
    Creator,
    Inputs,
    Kind,
    call,
    physical_name,
    put_again,
    tags_by,
    unless_gone,
)
from rehearsal.deployer.requests import InputError
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount

_ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "delaySeconds": "DelaySeconds",
    "fifoQueue": "FifoQueue",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}

# AWS::SQS::Queue in the CloudFormation reference, and defaults of the provider's queue.go.
_DEFAULTS = {
    "delaySeconds": 0,
    "maxMessageSize": 1_048_576,
    "messageRetentionSeconds": 345_600,
    "receiveWaitTimeSeconds": 0,
    "visibilityTimeoutSeconds": 30,
    "kmsDataKeyReusePeriodSeconds": 300,
}


def _queue(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    queue_name = physical_name(name, inputs)
    unknown = inputs.keys() - _ATTRIBUTES.keys() - {"name", "tags"}
    if unknown:
        raise InputError(f"the rehearsal does not set {', '.join(sorted(unknown))} of a queue")
    attributes = {_ATTRIBUTES[key]: _text(inputs[key]) for key in _ATTRIBUTES if key in inputs}
    url = account.client("sqs").create_queue(
        QueueName=queue_name, Attributes=attributes, tags=inputs.get("tags", {})
    )["QueueUrl"]
    arn = f"arn:{account.partition}:sqs:{account.region}:{ACCOUNT_ID}:{queue_name}"
    return Created(url, {"name": queue_name, "url": url, "arn": arn})


def _setting(key: str, attribute: str) -> Creator:
    """Return a creator of what is a resource to the provider, and an attribute of its queue to SQS."""

    def put(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
        if unknown := inputs.keys() - {"queueUrl", key}:
            raise InputError(f"the rehearsal does not know {', '.join(sorted(unknown))} of {key}")
        json.loads(inputs[key])  # SQS refuses what is no JSON; moto takes it
        account.client("sqs").set_queue_attributes(
            QueueUrl=inputs["queueUrl"], Attributes={attribute: inputs[key]}
        )
        return Created(inputs["queueUrl"], {})

    return put


def _text(value: Any) -> str:
    """SQS takes every attribute as a text; Pulumi hands numbers over as floats."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, int | float) else value


def _update(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    """What is said no more goes back to the value that SQS gives by default."""
    changed = {
        attribute: _text(inputs.get(key, _DEFAULTS.get(key, "")))
        for key, attribute in _ATTRIBUTES.items()
        if inputs.get(key) != was.inputs.get(key)
    }
    if changed:
        account.client("sqs").set_queue_attributes(QueueUrl=was.id, Attributes=changed)
    return was.outputs


def _set_to(key: str, attribute: str) -> Kind:
    def forget(account: LocalAccount, setting: Deployed) -> None:
        unless_gone(
            lambda: account.client("sqs").set_queue_attributes(
                QueueUrl=setting.id, Attributes={attribute: ""}
            )
        )

    put = _setting(key, attribute)
    return Kind(create=put, update=put_again(put), delete=forget)


KINDS = {
    "aws:sqs/queue:Queue": Kind(
        create=_queue,
        update=_update,
        delete=call("sqs", "delete_queue", QueueUrl="id"),
        tag=tags_by("sqs", "QueueUrl", "id", put="tag_queue", remove="untag_queue", as_list=False),
    ),
    "aws:sqs/queuePolicy:QueuePolicy": _set_to("policy", "Policy"),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": _set_to(
        "redriveAllowPolicy", "RedriveAllowPolicy"
    ),
}
