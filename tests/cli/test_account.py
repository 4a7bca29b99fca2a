"""`genai account` serves an account until it is asked to end, and leaves nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from typer.testing import CliRunner

from cli.main import app
from rehearsal.local_stack import MARK
from tests.rehearsal.tenant import poll

PROJECT_DIR = Path(__file__).resolve().parents[2]


@pytest.fixture
def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        (folder / name).write_text((PROJECT_DIR / name).read_text())
    (folder / "models").symlink_to(PROJECT_DIR / "models")
    return folder


class Serving:
    """`genai account` as a process, with a folder for temporary files of its own."""

    def __init__(self, project: Path, *arguments: str) -> None:
        self.temporary = project.parent / "temporary"
        self.temporary.mkdir()
        environment = {**os.environ, "TMPDIR": str(self.temporary), "PYTHONPATH": str(PROJECT_DIR)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "account", *arguments],
            cwd=project,
            env={**environment, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read_until(self, wanted: str) -> str:
        assert self.process.stdout is not None
        told = ""
        while wanted not in told:
            line = self.process.stdout.readline()
            assert line, f"{told}\n{self.process.communicate()[1]}"
            told += line
        return told

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.fixture
def serving(project: Path, free_port: int) -> Iterator[Serving]:
    served = Serving(project, "--port", str(free_port), "--region", "eu-west-1", "--minute", "0.05")
    yield served
    served.process.kill()
    served.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_is_printed_leads_in_until_a_signal_ends_it_tidily(
    serving: Serving, free_port: int, number: signal.Signals
) -> None:
    told = serving.read_until("s3control")

    given = dict(re.findall(r"export (AWS_\w+)=(\S+)", told))
    sts = boto3.client(
        "sts",
        endpoint_url=given["AWS_ENDPOINT_URL"],
        region_name=given["AWS_REGION"],
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
    )
    assert given["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{free_port}"
    assert given["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert sts.get_caller_identity()["Account"] == "123456789012"
    assert "aws:region: eu-west-1" in told

    assert serving.end(number) == 0
    with socket.socket() as gone:
        poll(lambda: gone.connect_ex(("127.0.0.1", free_port)) != 0, "nobody listens")
    assert list(serving.temporary.iterdir()) == []


def test_a_script_is_told_where_it_is(project: Path, free_port: int) -> None:
    serving = Serving(project, "--port", str(free_port), "--json")
    try:
        told = json.loads(serving.read_until("\n}"))
    finally:
        assert serving.end(signal.SIGTERM) == 0

    assert told["url"] == told["environment"]["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{free_port}"
    assert (told["region"], told["stand_ins"], told["stack_file"]) == ("us-east-1", [], None)


def test_a_taken_port_is_told_and_what_to_do(
    project: Path,
    free_port: int,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(project)
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()

        done = CliRunner().invoke(app, ["account", "--port", str(free_port)])

    told = done.stderr + capfd.readouterr().err
    assert done.exit_code == 1
    assert f"Port {free_port} is in use by another program." in told
    assert "name a port that is free with --port" in told


def test_it_serves_what_the_written_stack_expects(project: Path, free_port: int) -> None:
    dev = project / "Pulumi.dev.yaml"
    before, _, _ = dev.read_text().partition("  genai:bucket:")
    mine = before.replace("inputs:", "inputs:\n      ownNotification: true")
    dev.write_text(f"{mine}  genai:bucket: {{existingName: mine-already}}\n")
    serving = Serving(project, "--port", str(free_port), "--write-stack", "local")
    try:
        told = serving.read_until("pulumi destroy --stack local")
        local = project / "Pulumi.local.yaml"
        checked = subprocess.run(
            [sys.executable, "-m", "cli", "check", "local"],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(PROJECT_DIR)},
            capture_output=True,
            text=True,
            check=False,
        )
        s3 = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{free_port}",
            region_name="us-east-1",
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",
        )
        assert checked.stdout == "✓ local  pytorch on ml.m5.large in us-east-1\n"
        assert "an empty bucket stands for mine-already" in told
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["mine-already"]
        assert local.read_text().startswith(MARK)
        assert f"aws:httpProxy: http://127.0.0.1:{free_port}" in local.read_text()
    finally:
        assert serving.end(signal.SIGTERM) == 0


def test_nothing_is_served_for_a_stack_that_cannot_be_written(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    (project / "Pulumi.mine.yaml").write_text("config: {}\n")

    foreign = CliRunner().invoke(app, ["account", "--write-stack", "mine"])
    unknown = CliRunner().invoke(app, ["account", "--write-stack", "local", "--from", "nobody"])

    assert (foreign.exit_code, unknown.exit_code) == (1, 1)
    assert "Pulumi.mine.yaml is there and was not written by genai" in foreign.stderr
    assert "nobody" in unknown.stderr


def test_the_region_of_a_stack_is_not_another_one(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)

    done = CliRunner().invoke(app, ["account", "--write-stack", "local", "--region", "eu-west-1"])

    assert done.exit_code == 2
    assert "--region" in done.stderr
