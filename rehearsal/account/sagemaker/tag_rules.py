"""What SageMaker refuses of a resource's tags, beyond the service model's own bounds.

At most 50 tags, each key once: botocore's documentation of TagList and AddTags. Not confirmed for SageMaker: that
keys which begin with `aws:` are reserved, as everywhere else on AWS. The wording is ours.
"""

from collections import Counter
from typing import Any

from rehearsal.account.wire_errors import AwsError

_MOST = 50


def refuse_tags(tags: list[dict[str, Any]]) -> None:
    """Raise an AwsError for tags that a resource cannot have together."""
    keys = Counter(tag["Key"] for tag in tags)
    if len(keys) > _MOST:
        raise AwsError(
            "ValidationException",
            f"A resource has at most {_MOST} tags; these would be {len(keys)}.",
        )
    for key, count in keys.items():
        if count > 1:
            raise AwsError("ValidationException", f'Tag keys must be unique; "{key}" is not.')
        if key.lower().startswith("aws:"):
            raise AwsError(
                "ValidationException", f'Tag keys that begin with aws: are reserved; "{key}" does.'
            )
