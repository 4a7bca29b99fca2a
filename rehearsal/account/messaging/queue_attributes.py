"""What a queue tells of itself, as SQS does and moto does not.

Facts: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html, read in
November 2026: times are whole seconds; SSE with SQS's own keys and with a KMS key exclude each other.
"""

import json
from typing import Any

from moto.sqs.models import Queue

_TIMES = {
    "CreatedTimestamp": "created_timestamp",
    "LastModifiedTimestamp": "last_modified_timestamp",
}
_of_queue: Any = Queue.attributes.fget  # type: ignore[attr-defined]


def tell_all_attributes() -> None:
    """Replace moto's own property, for the whole process."""
    Queue.attributes = property(_attributes)  # pyright: ignore[reportAttributeAccessIssue] - one property for another


def _attributes(self: Queue) -> dict[str, Any]:
    told = {**_of_queue(self), **{key: int(getattr(self, name)) for key, name in _TIMES.items()}}
    if self.kms_master_key_id:  # pyright: ignore[reportAttributeAccessIssue] - moto sets it by name
        told["SqsManagedSseEnabled"] = "false"
    if policy := getattr(self, "redrive_allow_policy", None):
        told["RedriveAllowPolicy"] = policy if isinstance(policy, str) else json.dumps(policy)
    return told
