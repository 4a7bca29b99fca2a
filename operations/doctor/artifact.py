"""Is the model where the stack says, and what it should be?"""

import io
import tarfile
import zlib
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from operations.doctor.finding import Finding, Patient, Teller
from settings.model_source import s3_bucket

_tell = Teller("model")
_HEAD_BYTES = 1024 * 1024
_BYTES_PER_GB = 1_000_000_000
_GZIP_WINDOW_BITS = 31
_FOLDER_MARKER = "/"


def check_artifact(patient: Patient) -> Iterator[Finding]:
    """Look at the model in S3: Region, size, and how the archive begins."""
    model = patient.settings.model
    if model.kind == "folder":
        yield _tell.ok(f"{model.source} is packed and uploaded by the deployment")
        return
    if model.kind == "hub":
        yield _tell.unknown(f"{model.source} lies at the Hub, which is not asked here")
        return
    if model.kind == "package":
        yield _package(patient)
        return
    sources = {model.source, *(each.source for each in patient.settings.endpoint.variants.values() if each.source)}  # fmt: skip
    for source in sorted(sources):
        yield from _in_s3(patient, source)


def _package(patient: Patient) -> Finding:
    source = patient.settings.model.source
    found = patient.clients.client("sagemaker").describe_model_package(ModelPackageName=source)
    status, approval = found["ModelPackageStatus"], found.get("ModelApprovalStatus")
    if status != "Completed":
        return _tell.problem(f"the package {source} is {status}", "name one that is Completed")
    if approval not in {None, "Approved"}:
        return _tell.problem(f"the package {source} is {approval}", "approve it, or name another")
    return _tell.ok(f"the package {source} is there")


def _in_s3(patient: Patient, source: str) -> Iterator[Finding]:
    s3, bucket = patient.clients.client("s3"), s3_bucket(source)
    key = source.removeprefix(f"s3://{bucket}/")
    try:
        region = _region(s3, bucket)
        if region and region != patient.settings.region:
            yield _tell.problem(
                f"the bucket {bucket} is in {region}, the stack in {patient.settings.region}",
                "copy the model to a bucket of the stack's Region: SageMaker reads no other",
            )
            return
        look = _prefix if source.endswith("/") else _archive
        yield from look(patient, s3, bucket, key)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in {"404", "NoSuchBucket", "NoSuchKey"}:
            raise
        yield _tell.problem(
            f"nothing lies at {source}", "put the model there, or mend genai:model.source"
        )


def _region(s3: Any, bucket: str) -> str | None:
    found = s3.head_bucket(Bucket=bucket)
    headers = found["ResponseMetadata"]["HTTPHeaders"]
    return found.get("BucketRegion") or headers.get("x-amz-bucket-region")


def _archive(patient: Patient, s3: Any, bucket: str, key: str) -> Iterator[Finding]:
    size = s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
    source = f"s3://{bucket}/{key}"
    if problem := _too_large(patient, source, size):
        yield problem
    if not size:
        yield _tell.problem(f"{source} is empty", "pack and upload the model again")
        return
    head = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{_HEAD_BYTES - 1}")["Body"].read()
    try:
        members = list(tar_members(head))
    except ValueError as error:
        yield _tell.problem(
            f"{source} {error}", "pack it again: tar -czhf model.tar.gz -C FOLDER ."
        )
        return
    links = [member.name for member in members if member.issym() or member.islnk()]
    if links:
        yield _tell.problem(
            f"{source} holds links, which SageMaker does not unpack: {', '.join(links[:3])}",
            "pack what they point at: tar -czhf model.tar.gz -C FOLDER .",
        )
    if top := only_folder(members):
        yield _tell.problem(
            f"everything in {source} lies in one folder, {top}/, as far as its beginning shows",
            f"pack the files at the root: tar -czhf model.tar.gz -C {top} .",
        )
    elif not links:
        yield _tell.ok(
            f"{source} has {_gb(size)}; its beginning has {len(members)} files at the right place"
        )


def _prefix(patient: Patient, s3: Any, bucket: str, prefix: str) -> Iterator[Finding]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", [])}
    source = f"s3://{bucket}/{prefix}"
    files = {key: size for key, size in found.items() if not key.endswith(_FOLDER_MARKER)}
    if not files:
        yield _tell.problem(f"no file lies under {source}", "upload the model's files there")
        return
    if len(files) < len(found):
        yield _tell.problem(
            f"{len(found) - len(files)} keys under {source} end in /, which cannot become files",
            f"delete them: {next(key for key in found if key not in files)}",
        )
    if problem := _too_large(patient, source, sum(files.values())):
        yield problem
    elif len(files) == len(found):
        yield _tell.ok(f"{source} has {len(files)} files of {_gb(sum(files.values()))}")


def _too_large(patient: Patient, source: str, size: int) -> Finding | None:
    volume = patient.settings.endpoint.volume_gb
    if volume is None or size <= volume * _BYTES_PER_GB:
        return None
    return _tell.problem(
        f"{source} has {_gb(size)}, the volume of an instance {volume} GB",
        "raise genai:endpoint.volumeGb: an archive needs room for itself and for what is in it",
    )


def _gb(size: int) -> str:
    return f"{size / _BYTES_PER_GB:.2f} GB"


def tar_members(head: bytes) -> Iterator[tarfile.TarInfo]:
    """Give the members whose headers lie in the beginning of a gzip-compressed tar.

    Raises:
        ValueError: it is not gzip, or no tar in it; the message goes on after the archive's name.
    """
    try:
        plain = zlib.decompressobj(_GZIP_WINDOW_BITS).decompress(head)
    except zlib.error as error:
        raise ValueError("is not compressed with gzip") from error
    found = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r|") as archive:
            for member in archive:
                found += 1
                yield member
    except tarfile.TarError as error:
        if not found:
            raise ValueError("is no tar archive") from error
        # The beginning ends within a file.


def only_folder(members: list[tarfile.TarInfo]) -> str | None:
    """Return the folder in which every file lies; None if files lie at the root or in several folders."""
    paths = [member.name.removeprefix("./") for member in members if member.isfile()]
    tops = {path.partition("/")[0] for path in paths}
    # What inference code lies in is no folder too many.
    return (
        next(iter(tops))
        if len(tops) == 1 and tops != {"code"} and all("/" in path for path in paths)
        else None
    )
