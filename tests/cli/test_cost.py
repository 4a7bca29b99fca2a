"""`genai cost`: the bill of each stack, under the load that is said."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app

PROJECT_DIR = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        shutil.copy(PROJECT_DIR / name, tmp_path)
    shutil.copytree(
        PROJECT_DIR / "models" / "storyteller", tmp_path / "models" / "storyteller",
        ignore=shutil.ignore_patterns("__pycache__"),
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def cost(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["cost", *arguments])


def told(*arguments: str) -> dict[str, Any]:
    done = cost(*arguments, "--json")
    assert done.exit_code == 0
    return json.loads(done.output)


@pytest.mark.usefixtures("project")
def test_every_line_has_its_range_unit_price_quantity_and_source() -> None:
    done = cost("prod")

    assert done.exit_code == 0
    (row,) = [row for row in done.output.splitlines() if "ml.g6e.xlarge (AllTraffic)" in row]
    assert " ".join(row.split()) == (
        "ml.g6e.xlarge (AllTraffic) 3,803.88 to 7,607.77 2.6054 / instance-hour 2 to 4 instances x 730 hours [1] 2026-09-22"
    )
    assert "[1] 2026-09-22, https://" in done.output
    assert done.output.startswith("prod  3,815.57 to 7,626.80 USD a month")


@pytest.mark.usefixtures("project")
def test_what_is_not_known_is_named_and_makes_the_sum_at_least() -> None:
    output = cost("dev").output

    assert output.startswith("dev  at least 94.21 to 101.56 USD a month")
    assert (
        "Not counted: the size of a volume, which SageMaker chooses unless endpoint.volumeGb says it."
        in output
    )
    assert "not known / GB-month" in output


@pytest.mark.usefixtures("project")
def test_without_a_name_every_stack_is_told() -> None:
    assert list(told()) == ["dev", "prod"]


@pytest.mark.usefixtures("project")
def test_json_has_the_sums_the_lines_and_the_comparison() -> None:
    dev = told("dev")["dev"]

    assert (dev["sound"], dev["region"], dev["is_complete"]) == (True, "us-east-1", False)
    assert dev["lines"][0]["item"] == "ml.m5.large (AllTraffic)"
    assert dev["lines"][0]["greatest_usd"] == pytest.approx(83.95)
    assert dev["lines"][0]["price"]["date"] == "2026-09-22"
    assert dev["lines"][1]["greatest_usd"] is None
    assert dev["comparison"]["options"][0]["mode"] == "serverless"
    assert dev["least_usd"] <= dev["greatest_usd"]


@pytest.mark.usefixtures("project")
def test_a_load_is_said_in_words_or_in_options_which_come_first() -> None:
    said = told(
        "dev", "--load", "50 requests a day, 9 tokens", "--tokens", "7", "--seconds", "0.5"
    )["dev"]

    assert said["load"] == {
        "requests_per_day": 50,
        "tokens_per_request": 7,
        "seconds_per_request": 0.5,
        "hours_per_day": 8,
        "at_once": 1,
    }


def test_what_is_not_said_is_the_stacks_own_load(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("maxMonthlyUsd: 120", "load: {requestsPerDay: 5}"))

    load = told("dev", "--hours", "3", "--at-once", "2", "--requests-per-day", "6")["dev"]["load"]

    assert told("dev")["dev"]["load"]["requests_per_day"] == 5
    assert (load["requests_per_day"], load["hours_per_day"], load["at_once"]) == (6, 3, 2)


@pytest.mark.usefixtures("project")
def test_the_cheapest_way_to_host_is_told_in_a_sentence() -> None:
    output = cost("dev").output
    gpu = cost("prod").output

    assert "serverless with 4096 MB would be cheapest: 4.87 USD a month instead of 83.95" in output
    assert "Not compared: serverless has no GPU, and this stack needs one." in gpu


@pytest.mark.usefixtures("project")
def test_what_is_assumed_is_said() -> None:
    assert "The load is assumed" in cost("dev").output


def test_a_type_without_a_price_is_told_as_not_known(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("ml.m5.large", "ml.m6i.large"))

    done = cost("dev")

    assert done.exit_code == 1  # a limit cannot be held against it
    assert "(GA902)" in done.output
    assert "Not counted: the price of an hour of ml.m6i.large in us-east-1." in done.output
    assert "realtime on ml.m6i.large" in done.output


def test_a_stack_that_may_cost_too_much_is_told_what_for_and_refused(project: Path) -> None:
    file = project / "Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("maxMonthlyUsd: 8000", "maxMonthlyUsd: 5000"))

    done = cost("prod")
    as_data = json.loads(cost("prod", "--json").output)["prod"]

    assert done.exit_code == 1
    assert "ml.g6e.xlarge (AllTraffic)" in done.output
    assert "genai:guard.maxMonthlyUsd (GA901)" in done.output
    assert (as_data["sound"], as_data["problems"][0]["rule"]) == (False, "GA901")
    assert as_data["greatest_usd"] > 5000


@pytest.mark.usefixtures("project")
def test_a_stack_that_is_not_there_is_refused_as_by_check() -> None:
    done = cost("dve")

    assert done.exit_code == 1
    assert 'there is no stack "dve"; this project has dev, prod' in done.output
    assert "Fix: did you mean dev?" in done.output


def test_a_broken_stack_is_told_and_does_not_hide_the_others(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("ml.m5.large", "ml.m5.larg"))

    done = cost()
    as_data = json.loads(cost("--json").output)

    assert done.exit_code == 1
    assert "✗ dev" in done.output
    assert "did you mean ml.m5.large?" in done.output
    assert "ml.g6e.xlarge (AllTraffic)" in done.output
    assert as_data["dev"]["sound"] is False
    assert as_data["dev"]["problems"][0]["key"] == "genai:endpoint.instanceType"


def test_a_file_that_is_no_yaml_is_told(project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text("config: [")

    done = cost("dev")

    assert done.exit_code == 1
    assert "Pulumi.dev.yaml" in done.output
    assert "Traceback" not in done.output


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--load", "lots"], "'lots' is not understood; write such as"),
        (["--hours", "30"], "hours per day must be above 0 and at most 24, found 30"),
        (["--seconds", "0"], "seconds per request must be above 0 and at most 3600, found 0"),
        (["--requests-per-day", "-1"], "requests per day must be 0 to 1e+09, found -1"),
    ],
)
def test_a_load_that_cannot_be_is_a_usage_error(arguments: list[str], message: str) -> None:
    done = cost("dev", *arguments)

    assert done.exit_code == 2
    assert message in " ".join(done.output.replace("│", " ").split())


def test_outside_of_a_project_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    done = cost()

    assert done.exit_code == 2
    assert "no Pulumi.yaml in" in done.output


def test_it_imports_neither_pulumi_nor_boto3() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import cli.cost, sys; print(*sys.modules)"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert {"pulumi", "pulumi_aws", "boto3", "botocore"} & set(loaded) == set()
