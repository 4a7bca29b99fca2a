"""The forms in which a stack can say where its model comes from."""

import re
from typing import Literal, NamedTuple

from settings.limits import BUCKET_NAME, MODEL_URI_LENGTH, shape_regex
from settings.wording import quote, refuse

ARCHIVE_SUFFIX = ".tar.gz"
_S3 = "s3://"
# s3//bucket, s3:/bucket, S3://bucket ...: a folder of that name is not what was meant.
_MISSPELT_S3 = re.compile(r"s3(:/*|/{2,})", re.IGNORECASE)
_HUB = "hf:"
# huggingface.co/docs/huggingface_hub: an organisation or user and a name, each of letters, digits, and -_.
_HUB_SOURCE = re.compile(
    r"hf:(?P<id>[A-Za-z0-9][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.-]{0,95})(@(?P<revision>[A-Za-z0-9_./-]{1,128}))?"
)
# A package by its name, or a version in a group: docs.aws.amazon.com/sagemaker/latest/dg/model-registry-models.html
_PACKAGE_ARN = re.compile(
    r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package/[^/\s]+(/[1-9][0-9]{0,5})?"
)
_HUB_CONTENT_ARN = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[^:]*:hub-content/.+")
_FORMS = (
    "write a folder of this project (./models/storyteller), an archive in S3 (s3://bucket/key.tar.gz), a "
    "prefix in S3 (s3://bucket/prefix/), a model of the Hugging Face Hub (hf:org/name@revision) or the ARN of "
    "a model package"
)

SourceKind = Literal["folder", "archive", "prefix", "hub", "package"]


class HubModel(NamedTuple):
    """A model on the Hugging Face Hub."""

    id: str
    """Such as `Qwen/Qwen3-8B`."""

    revision: str
    """A commit, tag or branch."""


def source_kind(source: str) -> SourceKind:
    """Which of the forms a checked source has."""
    if source.startswith(_HUB):
        return "hub"
    if source.startswith("arn:"):
        return "package"
    if not source.startswith(_S3):
        return "folder"
    return "prefix" if source.endswith("/") else "archive"


def hub_model(source: str) -> HubModel:
    """The id and revision in a checked source of the kind `hub`."""
    found = _HUB_SOURCE.fullmatch(source)
    if found is None or found["revision"] is None:
        raise ValueError(f"{source} is not a model of the Hub at a revision")
    return HubModel(found["id"], found["revision"])


def s3_bucket(source: str) -> str:
    """The bucket in a checked S3 URI."""
    return source.removeprefix(_S3).partition("/")[0]


def check_source(source: str) -> str:
    """Refuse a source that is none of the forms. Looks at neither disk, S3 nor the Hub."""
    if not source.strip():
        raise refuse("expected the place of a model, found an empty text", _FORMS)
    if source.startswith(_S3):
        _check_s3(source)
    elif slip := _MISSPELT_S3.match(source):
        meant = _S3 + source[slip.end() :]
        raise refuse(f"{quote(source)} is not an S3 URI", f"did you mean {meant}?")
    elif source.startswith(_HUB):
        _check_hub(source)
    elif source.startswith("arn:"):
        _check_arn(source)
    elif "://" in source:
        raise refuse(f"{quote(source)} is not a place this project can take a model from", _FORMS)
    return source


def check_s3_source(source: str) -> str:
    """Refuse what is not an archive or a prefix in S3."""
    if not source.startswith(_S3):
        raise refuse(
            f"{quote(source)} is not in S3, and only the stack's main model can come from elsewhere",
            "write an archive (s3://bucket/key.tar.gz) or a prefix (s3://bucket/prefix/)",
        )
    return check_source(source)


def _check_hub(source: str) -> None:
    found = _HUB_SOURCE.fullmatch(source)
    if found is None:
        raise refuse(
            f"{quote(source)} is not a model of the Hugging Face Hub",
            "write hf:org/name@revision, such as hf:Qwen/Qwen3-8B@main",
        )
    if found["revision"] is None:
        raise refuse(
            f"{quote(source)} has no revision, so what runs would change unnoticed",
            f"add one, best a commit: {source}@<commit>; {source}@main follows the branch",
        )


def _check_arn(source: str) -> None:
    if _HUB_CONTENT_ARN.fullmatch(source):
        raise refuse(
            f"{quote(source)} is an entry of a SageMaker hub, which pulumi-aws cannot host yet",
            "name the model package it refers to (DescribeHubContent tells), or its files in S3 with "
            "acceptEula: true",
        )
    if not _PACKAGE_ARN.fullmatch(source) or not shape_regex("ModelPackageArn").fullmatch(source):
        raise refuse(f"{quote(source)} is not the ARN of a model package", _FORMS)


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
    if any(character in key for character in "*?$"):
        raise refuse(
            f"{quote(uri)} has *, ? or $ in its key, which mean something in a policy, so the role might read more",
            "put the model under a key of letters, digits, -, _ and .",
        )
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
