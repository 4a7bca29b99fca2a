"""Put a model's artifact from the account's S3 where its container finds it, as SageMaker does."""

import gzip
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

Members = dict[str, Any]
_READ_SIZE = 1024 * 1024


class ModelDataError(Exception):
    """Why the model data could not be had, in SageMaker's words."""


def fetch_model(container: Members, folder: Path, s3: Any, role: str, region: str) -> None:
    """Fill `folder` with what a container definition names; nothing if it names no model data.

    Args:
        container: the definition: `ModelDataUrl`, or `ModelDataSource`.
        folder: an empty folder; its files are read-only afterwards.
        s3: client that acts with the execution role's credentials.
        role: the role, for the message.
        region: the Region, for the message.

    Raises:
        ModelDataError: not there, not permitted, or not what the definition says.
    """
    source = container.get("ModelDataSource", {}).get("S3DataSource") or {
        "S3Uri": container.get("ModelDataUrl", ""),
        "S3DataType": "S3Object",
        "CompressionType": "Gzip",
    }
    uri = source["S3Uri"]
    if not uri:
        return
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        if source["S3DataType"] == "S3Prefix":
            _fetch_prefix(s3, bucket, key, folder)
        elif source["CompressionType"] == "Gzip":
            _fetch_archive(s3, bucket, key, folder)
        else:
            _fetch_object(s3, bucket, key, folder / key.rpartition("/")[2])
    except (ClientError, BotoCoreError) as failure:
        raise _unreachable(uri, role, region, failure) from failure
    except (tarfile.TarError, OSError, EOFError, zlib.error) as failure:
        raise ModelDataError(
            f'Failed to extract model data archive from "{uri}". Please ensure that it is a valid '
            f"gzip-compressed tar archive. ({failure})"
        ) from failure
    _make_read_only(folder)


def _fetch_archive(s3: Any, bucket: str, key: str, folder: Path) -> None:
    with tempfile.TemporaryFile() as archive:
        shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=key)["Body"], archive)
        archive.seek(0)
        with gzip.open(archive) as plain, tarfile.open(fileobj=plain, mode="r:") as members:
            members.extractall(folder, filter="data")
            while plain.read(_READ_SIZE):  # the checksum is at the very end
                pass


def _fetch_prefix(s3: Any, bucket: str, prefix: str, folder: Path) -> None:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    if not keys:
        raise ModelDataError(f"Could not find model data at s3://{bucket}/{prefix}.")
    for key in keys:
        names = key.removeprefix(prefix).split("/")
        if not {"", ".", ".."}.isdisjoint(names):
            raise ModelDataError(
                f'Failed to download model data: the key "{key}" cannot be a file under /opt/ml/model. '
                "Remove folder objects (keys that end in /) and keys with empty, . or .. segments."
            )
        target = folder.joinpath(*names)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _fetch_object(s3, bucket, key, target)
        except OSError as clash:
            raise ModelDataError(
                f'Failed to download model data: the key "{key}" is a file and a folder at once, or its '
                f"name is too long. ({clash})"
            ) from clash


def _fetch_object(s3: Any, bucket: str, key: str, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=key)["Body"], file)


def _unreachable(uri: str, role: str, region: str, failure: Exception) -> ModelDataError:
    if isinstance(failure, ClientError) and failure.response["Error"]["Code"] in (
        "NoSuchKey",
        "NoSuchBucket",
    ):
        return ModelDataError(f"Could not find model data at {uri}. ({failure})")
    return ModelDataError(
        f'Could not access model data at {uri}. Please ensure that the role "{role}" exists and that '
        'its trust relationship policy allows the action "sts:AssumeRole" for the service principal '
        '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that '
        f"the object is located in {region}. If your Model uses multiple models or uncompressed models, "
        f'please ensure that the role has "s3:ListBucket" permission. ({failure})'
    )


def remove_model(folder: Path) -> None:
    """Remove a folder that `fetch_model` has filled, read-only as it is."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)


def _make_read_only(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)
