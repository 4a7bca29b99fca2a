import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

PROJECT_DIR = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        shutil.copy(PROJECT_DIR / name, tmp_path)
    model = tmp_path / "models" / "storyteller"
    (model / "code").mkdir(parents=True)
    (model / "code" / "inference.py").touch()
    (model / "model.safetensors").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def break_dev(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("ml.m5.large", "ml.m5.larg"))


def test_without_a_name_every_stack_is_checked(project: Path) -> None:
    assert project.is_dir()
    done = CliRunner().invoke(app, ["check"])

    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "✓ dev  pytorch on ml.m5.large in us-east-1",
        "✓ prod  vllm on ml.g6e.xlarge in us-east-1",
    ]


def test_a_stack_without_instances_is_told_by_its_mode(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("instanceType: ml.m5.large", "mode: serverless"))

    done = CliRunner().invoke(app, ["check", "dev"])

    assert done.output.splitlines() == ["✓ dev  pytorch on serverless in us-east-1"]


def test_a_broken_stack_is_told_with_key_and_fix(project: Path) -> None:
    break_dev(project)

    done = CliRunner().invoke(app, ["check", "dev"])

    assert done.exit_code == 1
    assert "✗ dev" in done.output
    assert "genai:endpoint.instanceType" in done.output
    assert "did you mean ml.m5.large?" in done.output


def test_one_broken_stack_does_not_hide_the_others(project: Path) -> None:
    break_dev(project)

    done = CliRunner().invoke(app, ["check"])

    assert done.exit_code == 1
    assert "✓ prod" in done.output


def test_json_has_every_problem_in_parts(project: Path) -> None:
    break_dev(project)

    told = json.loads(CliRunner().invoke(app, ["check", "--json"]).output)

    assert told["prod"] == {"sound": True, "problems": []}
    (problem,) = told["dev"]["problems"]
    assert problem["key"] == "genai:endpoint.instanceType"
    assert problem["file"] == "Pulumi.dev.yaml"


def test_it_imports_neither_pulumi_nor_boto3() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import cli.check, sys; print(*sys.modules)"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert {"pulumi", "pulumi_aws", "boto3", "botocore"} & set(loaded) == set()
