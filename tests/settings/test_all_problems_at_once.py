"""A stack is checked as a whole, and the report can be worked through from top to bottom."""

from pathlib import Path

import pytest

from settings import Problem, SettingsError
from tests.settings.stacks import parse, problems_of

EVERYTHING_WRONG = {
    "aws:region": "eu-wst-1",
    "genai:model": {"source": "./models/gone", "revision": "main"},
    "genai:image": {"family": "pytorch", "env": {"HF_TOKEN": "hf_x", "1": "x", "DEPTH": 3}},
    "genai:endpoint": {
        "name": "my_endpoint",
        "instanceType": "ml.g5.xlarge",
        "instances": {"initial": 0},
        "startupTimeoutSeconds": 10,
        "downloadTimeoutSeconds": "600",
        "volumeGb": 1000,
        "networkIsolation": "yes",
    },
    "genai:invoker": {
        "contract": "chat",
        "timeoutSeconds": 0,
        "memoryMib": 64,
        "logRetentionDays": 2,
        "logLevel": "debug",
    },
    "genai:bucket": {"protect": True, "forceDestroy": True, "recordDays": 0},
    "genai:tags": {"aws:owner": "me", "Team": 7},
    "genai:modle": {},
}


def test_every_problem_is_reported_once_and_the_region_first(project_dir: Path) -> None:
    keys = [problem.key for problem in problems_of(EVERYTHING_WRONG, project_dir)]

    assert keys[0] == "aws:region"
    assert sorted(keys) == sorted(
        [
            "aws:region",
            "genai:bucket.forceDestroy",
            "genai:bucket.recordDays",
            "genai:endpoint.downloadTimeoutSeconds",
            "genai:endpoint.instanceType",
            "genai:endpoint.instances.initial",
            "genai:endpoint.name",
            "genai:endpoint.networkIsolation",
            "genai:endpoint.startupTimeoutSeconds",
            "genai:endpoint.volumeGb",
            "genai:image.env.1",
            "genai:image.env.DEPTH",
            "genai:image.env.HF_TOKEN",
            "genai:invoker.contract",
            "genai:invoker.logLevel",
            "genai:invoker.logRetentionDays",
            "genai:invoker.memoryMib",
            "genai:invoker.timeoutSeconds",
            "genai:model.revision",
            "genai:model.source",
            "genai:modle",
            "genai:tags.Team",
            "genai:tags.aws:owner",
        ]
    )


def test_an_empty_stack_is_told_what_it_needs(project_dir: Path) -> None:
    keys = [problem.key for problem in problems_of({}, project_dir)]

    assert keys == ["aws:region", "genai:model", "genai:image", "genai:endpoint"]


def test_the_report_names_file_key_problem_and_fix(project_dir: Path) -> None:
    config = {
        "aws:region": "us-east-1",
        "genai:model": {"source": "./models/tiny"},
        "genai:image": {"family": "pytorch"},
        "genai:endpoint": {"instanceType": "ml.m5.larg"},
        "genai:invoker": {"memoryMib": 64},
    }

    with pytest.raises(SettingsError) as refused:
        parse(config, project_dir)

    assert str(refused.value) == (
        "2 problems in the settings:\n"
        "\n"
        "Pulumi.dev.yaml: genai:endpoint.instanceType\n"
        '    "ml.m5.larg" is not an instance type that SageMaker hosts endpoints on\n'
        "    Fix: did you mean ml.m5.large?\n"
        "\n"
        "Pulumi.dev.yaml: genai:invoker.memoryMib\n"
        "    expected a whole number from 128 to 10240, found the number 64\n"
        "    Fix: write memoryMib: 512"
    )


def test_a_report_of_one_problem_says_so_and_indents_examples() -> None:
    error = SettingsError([Problem("Pulumi.dev.yaml", "", "is empty", "write\nconfig:\n  a: 1")])

    assert str(error) == (
        "1 problem in the settings:\n"
        "\n"
        "Pulumi.dev.yaml\n"
        "    is empty\n"
        "    Fix: write\n"
        "    config:\n"
        "      a: 1"
    )


def test_no_word_of_the_validation_library_reaches_the_report(project_dir: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(EVERYTHING_WRONG, project_dir)

    report = str(refused.value).casefold()
    for word in ("pydantic", "input should be", "validation error", "field required", "literal"):
        assert word not in report
