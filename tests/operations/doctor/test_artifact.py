"""Is the model where the stack says, and what it should be?"""

import io
import tarfile
from typing import Any

import pytest

from operations.deployment import AwsClients, local_access
from operations.doctor.artifact import check_artifact, only_folder, tar_members
from operations.doctor.finding import Finding
from rehearsal.local_account import LocalAccount
from tests.operations.doctor.patients import StubbedClients, found_by, settings_with, told
from tests.rehearsal.tenant import tar_gz, unique

FILES = {"model.safetensors": "x" * 100, "code/inference.py": "pass"}


@pytest.fixture(scope="module")
def clients(account: LocalAccount) -> AwsClients:
    return AwsClients("us-east-1", local_access(account.url))


@pytest.fixture(scope="module")
def bucket(clients: AwsClients) -> str:
    name = unique("models")
    clients.client("s3").create_bucket(Bucket=name)
    return name


def looked(clients: AwsClients, bucket: str, key: str, **endpoint: Any) -> list[Finding]:
    source = f"s3://{bucket}/{key}"
    settings = settings_with(model={"source": source}, endpoint=endpoint)
    return found_by(check_artifact, clients, settings)


def put(clients: AwsClients, bucket: str, body: bytes) -> str:
    key = f"{unique('m')}.tar.gz"
    clients.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return key


def with_link() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        link = tarfile.TarInfo("model.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "../blobs/1"
        archive.addfile(link)
    return packed.getvalue()


def test_a_sound_archive_is_well(clients: AwsClients, bucket: str) -> None:
    key = put(clients, bucket, tar_gz(FILES))

    assert told(looked(clients, bucket, key)) == [
        ("ok", f"s3://{bucket}/{key} has 0.00 GB; its beginning has 2 files at the right place")
    ]


@pytest.mark.row("bad-artifact")
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b"just text", "is not compressed with gzip"),
        (tar_gz({"tiny/config.json": "{}", "tiny/code/inference.py": ""}), "lies in one folder, tiny/"),
        (with_link(), "holds links, which SageMaker does not unpack: model.bin"),
    ],
)  # fmt: skip
def test_what_would_fail_after_minutes_fails_here(
    clients: AwsClients, bucket: str, body: bytes, words: str
) -> None:
    found = looked(clients, bucket, put(clients, bucket, body))

    assert [finding.verdict for finding in found] == ["problem"]
    assert words in found[0].what
    assert "pack" in found[0].fix


@pytest.mark.parametrize("key", ["missing.tar.gz", "missing/"])
def test_a_model_that_is_missing_is_told(clients: AwsClients, bucket: str, key: str) -> None:
    found = looked(clients, bucket, key)

    assert found[0].verdict == "problem"
    assert f"s3://{bucket}/{key}" in found[0].what


def test_a_bucket_that_is_missing_is_told(clients: AwsClients) -> None:
    assert looked(clients, unique("nobodys"), "m.tar.gz")[0].verdict == "problem"


def test_a_prefix_is_counted(clients: AwsClients, bucket: str) -> None:
    prefix = unique("p")
    for name in ("config.json", "model.safetensors"):
        clients.client("s3").put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=b"1")

    assert told(looked(clients, bucket, f"{prefix}/")) == [
        ("ok", f"s3://{bucket}/{prefix}/ has 2 files of 0.00 GB")
    ]


def test_markers_of_folders_are_told(clients: AwsClients, bucket: str) -> None:
    prefix = unique("p")
    for name in ("config.json", "empty/"):
        clients.client("s3").put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=b"")

    found = looked(clients, bucket, f"{prefix}/")

    assert "1 keys under" in found[0].what
    assert found[0].fix == f"delete them: {prefix}/empty/"


def head(clients: StubbedClients, region: str) -> None:
    metadata = {"HTTPHeaders": {"x-amz-bucket-region": region}}
    clients.answer("s3", "head_bucket", {"ResponseMetadata": metadata})


def test_a_bucket_in_another_region_is_told() -> None:
    clients = StubbedClients()
    head(clients, "eu-west-1")

    found = found_by(check_artifact, clients, settings_with())

    assert told(found) == [
        ("problem", "the bucket my-models is in eu-west-1, the stack in us-east-1")
    ]


@pytest.mark.row("bad-artifact")
def test_a_model_larger_than_the_volume_is_told() -> None:
    clients = StubbedClients()
    head(clients, "us-east-1")
    listed = {"Contents": [{"Key": "p/model.bin", "Size": 60_000_000_000}], "IsTruncated": False}
    clients.answer("s3", "list_objects_v2", listed)

    settings = settings_with(model={"source": "s3://my-models/p/"}, endpoint={"volumeGb": 50})

    assert told(found_by(check_artifact, clients, settings)) == [
        ("problem", "s3://my-models/p/ has 60.00 GB, the volume of an instance 50 GB")
    ]


def test_the_hub_is_not_asked() -> None:
    settings = settings_with(model={"source": "hf:org/name@main"})

    assert found_by(check_artifact, StubbedClients(), settings)[0].verdict == "unknown"


def test_the_beginning_of_an_archive_is_enough() -> None:
    whole = tar_gz({f"{number}.bin": str(number) * 5_000 for number in range(200)})

    names = [member.name for member in tar_members(whole[: len(whole) // 2])]

    assert names[:2] == ["0.bin", "1.bin"]
    assert len(names) < 200


def test_code_alone_is_no_folder_too_many() -> None:
    members = list(tar_members(tar_gz({"./code/inference.py": ""})))

    assert only_folder(members) is None
