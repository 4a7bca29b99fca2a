"""Put the storyteller's files where a stack expects a model that is not on this machine."""

import io
import tarfile
from pathlib import Path

from botocore.exceptions import ClientError

from rehearsal.local_account import LocalAccount

STORYTELLER = Path(__file__).resolve().parent.parent / "models" / "storyteller"


def seed_model(account: LocalAccount, uri: str, kms_key_arn: str | None = None) -> int:
    """Fill `s3://bucket/key.tar.gz` or `s3://bucket/prefix/` and return how many files went in."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    create_bucket(account, bucket)
    encryption = (
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_arn} if kms_key_arn else {}
    )
    s3 = account.client("s3")
    files = sorted(
        path
        for path in STORYTELLER.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    )
    names = {path: path.relative_to(STORYTELLER).as_posix() for path in files}
    if key.endswith("/"):
        for path, name in names.items():
            s3.upload_file(str(path), bucket, f"{key}{name}", ExtraArgs=encryption)
        return len(files)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as members:
        for path, name in names.items():
            members.add(path, name)
    s3.put_object(Bucket=bucket, Key=key, Body=archive.getvalue(), **encryption)
    return len(files)


def create_bucket(account: LocalAccount, name: str) -> None:
    """Create a bucket unless it is there."""
    location = (
        {}
        if account.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    )
    try:
        account.client("s3").create_bucket(Bucket=name, **location)
    except ClientError as failure:
        if failure.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
