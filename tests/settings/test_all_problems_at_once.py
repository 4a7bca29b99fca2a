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


SIXTEEN_MISTAKES = {
    "aws:region": "us-east-11",  # no such Region
    "genai:model": {
        "source": "s3://models/llama/",
        "bucketRegion": "eu-west-1",  # not the stack's
        "parametersBillions": 70,  # more than the GPUs hold
        "sizeGb": 1400,  # more than the download has time for
    },
    "genai:image": {
        "family": "vllm",
        "env": {
            "SM_VLLM_TENSOR_PARALLEL_SIZE": "3",  # of 4
            "ENDPOINT": "AKIAIOSFODNN7EXAMPLE",  # a secret
        },
    },
    "genai:endpoint": {
        "instanceType": "ml.g5.12xlarge",
        "instances": {"initial": 3, "min": 0, "max": 2},  # out of order, and none in realtime
        "scaling": {"metric": "backlog"},  # async's
        "async": {"notify": True},  # another mode's
        "rollout": {"strategy": "rolling", "stepPercent": 20},  # two variants; linear's
        "variants": {"next": {"weight": 2}},
        "startupTimeoutSeconds": 10,  # out of range
    },
    "genai:keys": {"volumeArn": "arn:aws:kms:us-east-11:123456789012:key/1234abcd"},  # NVMe
    "genai:bucket": {"protect": True, "forceDestroy": True},  # kept and destroyed
    "genai:invoker": {"timeoutSecond": 75},  # no such setting
}


def test_mistakes_in_many_places_are_told_at_once_and_in_a_stable_order(project_dir: Path) -> None:
    told = [(problem.rule, problem.key) for problem in problems_of(SIXTEEN_MISTAKES, project_dir)]

    assert told == [
        ("GA201", "aws:region"),
        ("", "genai:endpoint.startupTimeoutSeconds"),
        ("", "genai:invoker.timeoutSecond"),
        ("GA104", "genai:bucket.forceDestroy"),
        ("GA109", "genai:model.bucketRegion"),
        ("GA212", "genai:image.env.SM_VLLM_TENSOR_PARALLEL_SIZE"),
        ("GA307", "genai:endpoint.async"),
        ("GA321", "genai:endpoint.instances.initial"),
        ("GA322", "genai:endpoint.instances.min"),
        ("GA324", "genai:endpoint.scaling.metric"),
        ("GA401", "genai:endpoint.rollout.strategy"),
        ("GA405", "genai:endpoint.rollout.stepPercent"),
        ("GA501", "genai:keys.volumeArn"),
        ("GA601", "genai:model.parametersBillions"),
        ("GA605", "genai:endpoint.downloadTimeoutSeconds"),
        ("GA701", "genai:image.env.ENDPOINT"),
    ]


def test_the_order_of_the_problems_does_not_depend_on_the_order_of_the_file(
    project_dir: Path,
) -> None:
    upside_down = dict(reversed(SIXTEEN_MISTAKES.items()))

    assert problems_of(upside_down, project_dir) == problems_of(SIXTEEN_MISTAKES, project_dir)
