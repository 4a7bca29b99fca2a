"""What the settings mean for `ModelBucket`."""

from collections.abc import Mapping
from typing import TypedDict

from settings.stack_settings import StackSettings


class BucketArgs(TypedDict):
    """For `ModelBucket`."""

    model_source: str | None
    existing_bucket_name: str | None
    kms_key_arn: str | None
    record_days: int
    protect: bool
    force_destroy: bool
    tags: Mapping[str, str]


def bucket_args(settings: StackSettings) -> BucketArgs:
    """Map the settings to the arguments of `ModelBucket`."""
    model = settings.model
    return {
        "model_source": model.source if model.arrives_from_s3 else None,
        "existing_bucket_name": settings.bucket.existing_name,
        "kms_key_arn": settings.keys.bucket_arn,
        "record_days": settings.bucket.record_days,
        "protect": settings.bucket.protect,
        "force_destroy": settings.bucket.force_destroy,
        "tags": settings.all_tags,
    }
