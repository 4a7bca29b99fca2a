"""Each secret of a stack, followed from its settings to the last byte that is written: it is plain where it must be only."""

import io
import json
import os
import runpy
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.rehearsal_view import RehearsalView
from rehearsal import preparation, program, rehearse
from rehearsal.local_account import LocalAccount
from rehearsal.program import ProgramRun
from rehearsal.transcript import Transcript
from settings.pulumi_config import SecureValue
from tests.harness import (
    DATA_SOURCES,
    EchoMocks,
    inputs_of,
    is_secret,
    without_secret_marks,
    without_secrets,
)
from tests.privileges.cases import PROJECT_DIR
from tests.privileges.known_secrets import BY_DESIGN

# Made up, and unlike anything else.
TOKEN = "hf_" + "quokkaZ9" * 4
PROMPT = "It was a fine morning"
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-token-AbCdEf"
FROM_THE_HUB = {
    "aws:region": "us-east-1",
    "genai:image": {"family": "vllm"},
    "genai:endpoint": {"instanceType": "ml.g6e.xlarge"},
    "genai:invoker": {"inputs": {"enabled": True}, "url": "iam", "logLevel": "DEBUG"},
}
MODEL = {"source": "hf:org/stories@0123abc"}
STACKS: dict[str, dict[str, Any]] = {
    "genai:hubToken": {
        **FROM_THE_HUB,
        "genai:model": MODEL,
        "genai:hubToken": SecureValue(TOKEN),
    },
    "model.tokenSecretArn": {
        **FROM_THE_HUB,
        "genai:model": {**MODEL, "tokenSecretArn": SECRET_ARN},
    },
    "a variant's own container": {
        **FROM_THE_HUB,
        "genai:model": MODEL,
        "genai:hubToken": SecureValue(TOKEN),
        "genai:endpoint": {
            "instanceType": "ml.g6e.xlarge",
            "variants": {"next": {"weight": 1, "env": {"SM_VLLM_MAX_MODEL_LEN": "512"}}},
        },
    },
}


def run(config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> ProgramRun:
    version = "aws:secretsmanager/getSecretVersion:getSecretVersion"
    monkeypatch.setitem(DATA_SOURCES, version, {"secretString": TOKEN})
    return program.run_program(
        lambda: runpy.run_path(str(PROJECT_DIR / "__main__.py"), run_name="__main__"),
        EchoMocks(),
        project="genai",
        stack="test",
        config=config,
    )


def holds(value: Any) -> bool:
    return TOKEN in json.dumps(value, default=str)


def plain_places(value: Any, path: str = "") -> Iterator[str]:
    """The properties that hold the token once every mark is taken off, down to the one that is marked."""
    if is_secret(value) or not isinstance(value, dict):
        if holds(without_secret_marks(value)):
            yield path
        return
    for key, item in value.items():
        yield from plain_places(item, f"{path}.{key}".lstrip("."))


@pytest.mark.parametrize("stack", STACKS)
def test_every_input_that_holds_a_secret_is_marked_and_is_where_it_must_be(
    stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed = run(STACKS[stack], monkeypatch)

    for registration in deployed.registrations:
        assert not holds(without_secrets(inputs_of(registration))), registration.name
    for name, outputs in deployed.outputs_of.items():
        assert not holds(without_secrets(outputs)), name
    assert not holds(deployed.exports)
    places = {
        (registration.type, place)
        for registration in deployed.registrations
        if registration.type.startswith("aws:")
        for place in plain_places(inputs_of(registration))
    }
    assert places == {(place.resource_type, place.property) for place in BY_DESIGN}


@pytest.mark.parametrize("stack", STACKS)
def test_the_functions_archive_and_environment_hold_no_secret(
    stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed = run(STACKS[stack], monkeypatch)

    function = inputs_of(deployed.only("aws:lambda/function:Function"))
    assert not holds(without_secret_marks(function))
    packed = [Path(file["path"]) for file in function["code"]["assets"].values()]
    assert "generator.py" in {file.name for file in packed}
    assert [file for file in packed if TOKEN.encode() in file.read_bytes()] == []


@pytest.fixture(scope="module")
def rehearsed(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Transcript, str, dict[str, bytes], Path]:
    """A rehearsal with a token out of Secrets Manager (one of the stack file is not decrypted here): transcript, screen, what is in the account, its folder."""
    folder = tmp_path_factory.mktemp("secrets")
    project, scratch = folder / "project", folder / "tmp"
    project.mkdir()
    scratch.mkdir()
    for name in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(PROJECT_DIR / name, project)
    (project / "Pulumi.dev.yaml").write_text(json.dumps({"config": STACKS["model.tokenSecretArn"]}))
    kept: dict[str, bytes] = {}
    reached: list[bool] = []

    def look(_: Transcript, account: LocalAccount) -> None:
        kept.update(_everything(account))
        kept.update({f"file {path}": path.read_bytes() for path in _files(scratch)})
        models = account.client("sagemaker").list_models()["Models"]
        described = [
            account.client("sagemaker").describe_model(ModelName=each["ModelName"])
            for each in models
        ]
        reached.append(holds(described))

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(scratch))
        patch.setattr(preparation, "STAND_IN_TOKEN", TOKEN)
        screen = Console(file=io.StringIO(), width=200, record=True)
        view = RehearsalView(screen)
        with view.live():
            transcript = rehearse.rehearse(project, "dev", PROMPT, view.watcher(), keep=look)
        view.conclude(transcript)
    assert transcript.failure is None, transcript.failure
    assert reached == [True], "the container has to have the token, or nothing was followed"
    return transcript, screen.export_text(), kept, folder


def _everything(account: LocalAccount) -> dict[str, bytes]:
    """Every object of every bucket, every line of every log, every message in a queue."""
    s3, logs, sqs = (account.client(service) for service in ("s3", "logs", "sqs"))
    found: dict[str, bytes] = {}
    for bucket in s3.list_buckets()["Buckets"]:
        for item in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            body = s3.get_object(Bucket=bucket["Name"], Key=item["Key"])["Body"].read()
            found[f"s3 {item['Key']}"] = _unpacked(body)
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        events = logs.filter_log_events(logGroupName=name)["events"]
        found[f"log {name}"] = "\n".join(event["message"] for event in events).encode()
    for url in sqs.list_queues().get("QueueUrls", []):
        found[f"queue {url}"] = json.dumps(sqs.receive_message(QueueUrl=url), default=str).encode()
    return found


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        files = [archive.extractfile(member) for member in archive if member.isfile()]
        return b"".join(file.read() for file in files if file is not None)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and os.access(path, os.R_OK)]


Rehearsed = tuple[Transcript, str, dict[str, bytes], Path]


@pytest.mark.matrix
def test_nothing_that_a_rehearsal_tells_holds_a_secret(rehearsed: Rehearsed) -> None:
    transcript, screen, _, _ = rehearsed

    assert transcript.said
    assert not holds(asdict(transcript))
    assert "in service" in screen
    assert TOKEN not in screen


@pytest.mark.matrix
def test_nothing_that_a_rehearsal_leaves_in_the_account_holds_a_secret(
    rehearsed: Rehearsed,
) -> None:
    _, _, kept, _ = rehearsed

    kinds = {name.partition("/")[0].partition(" ")[0] for name in kept}
    assert kinds >= {"s3", "log", "queue"}
    assert any("records/" in name for name in kept)
    assert any("results/" in name for name in kept)
    assert [name for name, body in kept.items() if TOKEN.encode() in body] == []


@pytest.mark.matrix
def test_no_file_that_a_rehearsal_writes_or_leaves_holds_a_secret(rehearsed: Rehearsed) -> None:
    _, _, _, folder = rehearsed

    assert [path for path in _files(folder) if TOKEN.encode() in path.read_bytes()] == []
