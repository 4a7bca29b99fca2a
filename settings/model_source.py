"""The forms in which a stack can say where its model comes from."""

import re
from typing import Literal

from settings.limits import BUCKET_NAME, MODEL_URI_LENGTH
from settings.wording import quote, refuse

ARCHIVE_SUFFIX = ".tar.gz"
_S3 = "s3://"
# s3//bucket, s3:/bucket, S3://bucket ...: a folder of that name is not what was meant.
_MISSPELT_S3 = re.compile(r"s3(:/*|/{2,})", re.IGNORECASE)
_FORMS = (
    "write a folder of this project (./models/storyteller), an archive in S3 "
    "(s3://bucket/key.tar.gz) or a prefix in S3 (s3://bucket/prefix/)"
)

SourceKind = Literal["folder", "archive", "prefix"]


def source_kind(source: str) -> SourceKind:
    """Which of the three forms a checked source has."""
    if not source.startswith(_S3):
        return "folder"
    return "prefix" if source.endswith("/") else "archive"


def check_source(source: str) -> str:
    """Refuse a source that is none of the three forms. Does not look at disk or at S3."""
    if not source.strip():
        raise refuse("expected the place of a model, found an empty text", _FORMS)
    if source.startswith(_S3):
        _check_s3(source)
    elif slip := _MISSPELT_S3.match(source):
        meant = _S3 + source[slip.end() :]
        raise refuse(f"{quote(source)} is not an S3 URI", f"did you mean {meant}?")
    elif "://" in source or source.startswith("hf:"):
        raise refuse(f"{quote(source)} is not a place this project can take a model from", _FORMS)
    return source


def _check_s3(uri: str) -> None:
    bucket, _, key = uri.removeprefix(_S3).partition("/")
    if not BUCKET_NAME.fullmatch(bucket):
        raise refuse(
            f"{quote(uri)} names the bucket {quote(bucket)}, which S3 does not allow: 3 to 63 "
            "lower-case letters, digits, dots and hyphens, with a letter or digit at both ends",
            "write the name of your bucket after s3://",
        )
    if not key:
        raise refuse(f"{quote(uri)} names a bucket but nothing in it", _FORMS)
    _check_key(uri, key)
    longest = MODEL_URI_LENGTH.maximum
    if longest is not None and len(uri) > longest:
        raise refuse(
            f"an S3 URI may have {longest} characters, this one has {len(uri)}", "use a shorter key"
        )


def _check_key(uri: str, key: str) -> None:
    if any(part in ("", ".", "..") for part in key.removesuffix("/").split("/")):
        raise refuse(
            f"{quote(uri)} has an empty, . or .. part, which SageMaker cannot lay out as a folder",
            "give every part of the key a name",
        )
    if not key.endswith(("/", ARCHIVE_SUFFIX)):
        raise refuse(
            f"{quote(uri)} is neither an archive ({ARCHIVE_SUFFIX}) nor a prefix (/ at the end)",
            f"add / if the model's files lie under it; otherwise pack them as {ARCHIVE_SUFFIX}",
        )
