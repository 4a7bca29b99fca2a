"""Queues and their policies."""

import json
from typing import Any

from rehearsal.account import ACCOUNT_ID
from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name
from rehearsal.deployer.requests import InputError
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


CREATORS: dict[str, Creator] = {
    "aws:sqs/queue:Queue": _queue,
    "aws:sqs/queuePolicy:QueuePolicy": _setting("policy", "Policy"),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": _setting(
        "redriveAllowPolicy", "RedriveAllowPolicy"
    ),
}
