"""Endpoints that cannot come into service: the reason in SageMaker's words, the rest in the log."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rehearsal.tenant import (
    ECHO,
    IMAGE,
    PULL_IMAGES,
    READ_MODELS,
    WRITE_LOGS,
    Statement,
    Tenant,
    allow,
    tar_gz,
    trust,
    unique,
)

SOUND = {
    "code/inference.py": (
        "def model_fn(model_dir): return open(model_dir + '/weights').read()\n"
        "def transform_fn(model, body, content_type, accept): return model\n"
    ),
    "weights": "[1]",
}
NO_PING = "The primary container for production variant v0 did not pass the ping health check. Please check CloudWatch logs for this endpoint."


def execution_role(tenant: Tenant, *statements: Statement) -> str:
    return tenant.role(trust("sagemaker"), *statements)


def failed_log(tenant: Tenant, files: dict[str, str]) -> tuple[str, list[str]]:
    """Reason and container log of an endpoint that fails."""
    endpoint = tenant.endpoint(tenant.configuration(tenant.model(files)))
    found = tenant.settled(endpoint)
    assert found["EndpointStatus"] == "Failed"
    return found["FailureReason"], tenant.log_of(f"/aws/sagemaker/Endpoints/{endpoint}")


def test_an_archive_without_its_code(tenant: Tenant) -> None:
    reason, log = failed_log(tenant, {"weights": "w"})

    assert reason == f"{NO_PING} (the container exited with code 1)"
    assert log == ["the model archive has no code/inference.py; the image finds its hooks there"]


def test_code_one_folder_too_deep(tenant: Tenant) -> None:
    _, log = failed_log(tenant, {f"model/{name}": text for name, text in SOUND.items()})

    assert "has no code/inference.py" in log[0]


def test_a_model_fn_that_raises(tenant: Tenant) -> None:
    code = "def model_fn(model_dir): raise OSError('model.safetensors is missing')\n"
    hooks = "def transform_fn(model, body, content_type, accept): return ''\n"

    reason, log = failed_log(tenant, {"code/inference.py": code + hooks})

    assert reason.startswith(NO_PING)
    assert log[0] == "Traceback (most recent call last):"
    assert log[-1] == "OSError: model.safetensors is missing"


def test_code_that_cannot_be_imported(tenant: Tenant) -> None:
    _, log = failed_log(tenant, {"code/inference.py": "import a_library_nobody_has\n"})

    assert log[-1] == "ModuleNotFoundError: No module named 'a_library_nobody_has'"


def test_code_that_only_the_archives_root_could_import(tenant: Tenant) -> None:
    """The image puts code/ on the path, and nothing else of the archive."""
    _, log = failed_log(tenant, {"code/inference.py": "import helper\n", "helper.py": ""})

    assert log[-1] == "ModuleNotFoundError: No module named 'helper'"


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("", "model_fn, predict_fn"),
        ("def model_fn(d): ...\ndef input_fn(b, c): ...\n", "predict_fn"),
        ("def transform_fn(m, b, c, a): ...\n", "model_fn"),
    ],
)
def test_hooks_that_are_not_there(tenant: Tenant, code: str, missing: str) -> None:
    _, log = failed_log(tenant, {"code/inference.py": code})

    assert log[-1].startswith(f"inference.py defines no {missing}; ")


def test_an_object_that_is_not_there(tenant: Tenant) -> None:
    uri = f"s3://{tenant.bucket()}/model.tar.gz"

    reason = tenant.failure_of(uri)

    assert reason.startswith(f"Could not find model data at {uri}. (")
    assert "NoSuchKey" in reason


def test_a_bucket_that_is_not_there(tenant: Tenant) -> None:
    assert tenant.failure_of("s3://no-such-bucket/model.tar.gz").startswith(
        "Could not find model data at s3://no-such-bucket/model.tar.gz. ("
    )


@pytest.mark.parametrize(
    ("statements", "action"),
    [
        ((PULL_IMAGES, WRITE_LOGS), "s3:GetObject"),
        ((PULL_IMAGES, allow("s3:GetObject", "arn:aws:s3:::elsewhere/*")), "s3:GetObject"),
        ((PULL_IMAGES, allow("s3:ListBucket", "arn:aws:s3:::*")), "s3:GetObject"),
    ],
)
def test_a_role_that_may_not_read_the_model(
    tenant: Tenant, statements: tuple[Statement, ...], action: str
) -> None:
    role = execution_role(tenant, *statements)

    reason = tenant.failure_of(SOUND, role)

    assert reason.startswith("Could not access model data at s3://bucket-")
    assert f'ensure that the role "{role}" exists' in reason
    assert '"s3:GetObject" permissions and that the object is located in us-east-1' in reason
    assert f"not authorized to perform: {action} on resource: arn:aws:s3:::bucket-" in reason


@pytest.mark.parametrize(
    "action", ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
)
def test_a_role_that_may_not_pull_the_image(tenant: Tenant, action: str) -> None:
    others = {"ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
    role = execution_role(tenant, READ_MODELS, WRITE_LOGS, allow(sorted(others - {action}), "*"))

    reason = tenant.failure_of(SOUND, role)

    assert reason.startswith(
        "Please make sure all images included in the model for the production variant v0 exist, and "
        "that the execution role used to create the model has permissions to access them. ("
    )
    assert f"{role} is not authorized to perform: {action} on resource: " in reason


def test_pulling_may_be_limited_to_the_images_repository(tenant: Tenant) -> None:
    repository = "arn:aws:ecr:us-east-1:763104351884:repository/pytorch-inference"
    pull = (
        allow("ecr:GetAuthorizationToken", "*"),
        allow(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], repository),
    )

    endpoint = tenant.serve(SOUND, execution_role(tenant, READ_MODELS, WRITE_LOGS, *pull))

    assert tenant.ask(endpoint, {}) == [1]


def test_a_role_that_is_not_there(tenant: Tenant) -> None:
    reason = tenant.failure_of(SOUND, "arn:aws:iam::123456789012:role/nobody")

    assert reason.startswith('Could not assume role "arn:aws:iam::123456789012:role/nobody". ')
    assert "does not exist" in reason


def test_a_role_that_may_not_write_logs_loses_them_and_nothing_else(tenant: Tenant) -> None:
    endpoint = tenant.serve(SOUND, execution_role(tenant, READ_MODELS, PULL_IMAGES))

    assert tenant.ask(endpoint, {}) == [1]
    groups = tenant.client("logs").describe_log_groups(
        logGroupNamePrefix=f"/aws/sagemaker/Endpoints/{endpoint}"
    )
    assert groups["logGroups"] == []


def test_an_image_that_has_no_stand_in(tenant: Tenant) -> None:
    image = "763104351884.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tritonserver:25.01"
    model = tenant.model({"model.plan": "weights"}, Image=image)

    found = tenant.settled(tenant.endpoint(tenant.configuration(model)))

    assert found["EndpointStatus"] == "Failed"
    assert found["FailureReason"].startswith(f"The image {image} cannot be run on this machine: ")
    assert found["FailureReason"].endswith("and any image over a code/inference.py.")


def test_an_image_of_one_s_own_runs_the_code_of_its_model_folder(tenant: Tenant) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/serving@sha256:" + "0" * 64

    endpoint = tenant.in_service(tenant.configuration(tenant.model(ECHO, Image=image)))

    assert tenant.ask(endpoint, {"text": "it runs"}) == {"text": "it runs"}


def truncated() -> bytes:
    return tar_gz({**SOUND, "noise": bytes(range(256)) * 400})[:-300]


def flipped() -> bytes:
    noise = b"".join(index.to_bytes(4, "big") for index in range(50_000))
    whole = bytearray(tar_gz({**SOUND, "noise": noise}))
    for position in range(len(whole) // 2, len(whole) // 2 + 64):
        whole[position] ^= 0xFF
    return bytes(whole)


def plain_tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("weights"))
    return packed.getvalue()


@pytest.mark.parametrize(
    "broken", [truncated, flipped, plain_tar, lambda: b"", lambda: b"not an archive at all"]
)
def test_an_archive_that_is_none(tenant: Tenant, broken: Callable[[], bytes]) -> None:
    reason = tenant.failure_of(broken())

    assert reason.startswith('Failed to extract model data archive from "s3://bucket-')
    assert "Please ensure that it is a valid gzip-compressed tar archive. (" in reason


def hostile(member: tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.addfile(member, io.BytesIO(b"x" * member.size))
    return packed.getvalue()


def member(name: str, **more: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for attribute, value in more.items():
        setattr(info, attribute, value)
    return info


@pytest.mark.parametrize(
    "entry",
    [
        member("../genai-escaped", size=1),
        member("a/../../genai-escaped", size=1),
        member("link", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("link", type=tarfile.SYMTYPE, linkname="../../etc/passwd"),
        member("link", type=tarfile.LNKTYPE, linkname="../genai-escaped"),
        member("device", type=tarfile.CHRTYPE),
    ],
)
def test_an_archive_that_reaches_out_of_the_model_folder(
    tenant: Tenant, entry: tarfile.TarInfo
) -> None:
    reason = tenant.failure_of(hostile(entry))

    assert reason.startswith("Failed to extract model data archive from ")


def test_an_absolute_name_lands_inside_the_model_folder(tenant: Tenant, tmp_path: Path) -> None:
    target = tmp_path / "escaped"

    tenant.failure_of(hostile(member(str(target), size=1)))

    assert not target.exists()


def test_a_link_within_the_archive_is_fine(tenant: Tenant) -> None:
    packed = io.BytesIO(tar_gz({}))
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in {**SOUND, "real": "[2]"}.items():
            if name != "weights":
                archive.addfile(member(name, size=len(text)), io.BytesIO(text.encode()))
        archive.addfile(member("weights", type=tarfile.SYMTYPE, linkname="real"))

    assert tenant.ask(tenant.serve(packed.getvalue()), {}) == [2]


# Model data that is no archive


def prefix_source(bucket: str, prefix: str, kind: str = "S3Prefix") -> dict[str, object]:
    source = {
        "S3Uri": f"s3://{bucket}/{prefix}",
        "S3DataType": kind,
        "CompressionType": "None",
    }
    return {"ModelDataSource": {"S3DataSource": source}}


def settled_from(tenant: Tenant, source: dict[str, object], role: str) -> dict[str, str]:
    model = unique("model")
    tenant.client("sagemaker").create_model(
        ModelName=model, ExecutionRoleArn=role, PrimaryContainer={"Image": IMAGE, **source}
    )
    return tenant.settled(tenant.endpoint(tenant.configuration(model)))


def test_a_prefix_lies_in_the_model_folder_without_the_prefix(tenant: Tenant) -> None:
    bucket = tenant.bucket({f"m/1/{name}": text for name, text in SOUND.items()})
    role = tenant.execution_role

    found = settled_from(tenant, prefix_source(bucket, "m/1/"), role)

    assert found["EndpointStatus"] == "InService"
    assert tenant.ask(found["EndpointName"], {}) == [1]


def test_a_single_object_keeps_its_file_name(tenant: Tenant) -> None:
    bucket = tenant.bucket({"some/where/model.gguf": "GGUF"})

    found = settled_from(
        tenant,
        prefix_source(bucket, "some/where/model.gguf", "S3Object"),
        tenant.execution_role,
    )

    # It is there, but has no code/inference.py beside it.
    log = tenant.log_of(f"/aws/sagemaker/Endpoints/{found['EndpointName']}")
    assert found["FailureReason"].startswith(NO_PING)
    assert "has no code/inference.py" in log[0]


def test_a_prefix_with_nothing_under_it(tenant: Tenant) -> None:
    bucket = tenant.bucket({"m/10/weights": ""})

    found = settled_from(tenant, prefix_source(bucket, "m/1/"), tenant.execution_role)

    assert found["FailureReason"] == f"Could not find model data at s3://{bucket}/m/1/."


def test_a_prefix_that_may_not_be_listed(tenant: Tenant) -> None:
    bucket = tenant.bucket({"m/weights": ""})
    role = execution_role(tenant, PULL_IMAGES, allow("s3:GetObject", "*"))

    reason = settled_from(tenant, prefix_source(bucket, "m/"), role)["FailureReason"]

    assert reason.startswith(f"Could not access model data at s3://{bucket}/m/. ")
    assert f"not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::{bucket} " in reason


@pytest.mark.parametrize("key", ["m/", "m/folder/", "m/a//b", "m/../up", "m/./b"])
def test_a_key_that_can_be_no_file(tenant: Tenant, key: str) -> None:
    bucket = tenant.bucket({"m/weights": "[1]", key: ""})

    found = settled_from(tenant, prefix_source(bucket, "m/"), tenant.execution_role)

    assert found["FailureReason"].startswith(
        f'Failed to download model data: the key "{key}" cannot be a file under /opt/ml/model.'
    )


@pytest.mark.parametrize("keys", [("m/a", "m/a/b"), ("m/" + "x" * 256,)])
def test_keys_that_no_folder_can_hold(tenant: Tenant, keys: tuple[str, ...]) -> None:
    bucket = tenant.bucket(dict.fromkeys(keys, "1"))

    found = settled_from(tenant, prefix_source(bucket, "m/"), tenant.execution_role)

    assert found["FailureReason"].startswith("Failed to download model data: the key ")
