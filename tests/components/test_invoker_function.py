from pathlib import Path
from typing import Any

import pytest

from components import InvokerFunction, InvokerFunctionArgs
from rehearsal.program import ProgramRun
from tests.components.configurations import BOUNDARY
from tests.harness import deploy, inputs_of, statements_of

HANDLERS = Path(__file__).parents[2] / "handlers"


@pytest.fixture
def run(invoker_args: InvokerFunctionArgs) -> ProgramRun:
    return deploy(lambda: InvokerFunction("f", invoker_args), stack="test")


def function_inputs(run: ProgramRun) -> dict[str, object]:
    return inputs_of(run.only("aws:lambda/function:Function"))


def test_its_defaults(run: ProgramRun) -> None:
    inputs = function_inputs(run)

    assert inputs["handler"] == "handlers.invoke_model.handler"
    assert inputs["runtime"] == "python3.13"
    assert inputs["architectures"] == ["arm64"]
    assert inputs["timeout"] == 75
    assert inputs["memorySize"] == 512


def test_its_environment_names_what_it_needs_and_nothing_else(run: ProgramRun) -> None:
    assert function_inputs(run)["environment"] == {
        "variables": {
            "GENAI_ENDPOINT_NAME": "genai-test",
            "GENAI_BUCKET_NAME": "genai-bucket",
            "GENAI_CONTRACT": "pipelines",
            "GENAI_MODEL_URI": "s3://models/storyteller/model.tar.gz",
        }
    }


def test_it_logs_json_to_a_group_of_its_own(run: ProgramRun) -> None:
    assert function_inputs(run)["loggingConfig"] == {
        "logFormat": "JSON",
        "applicationLogLevel": "INFO",
        "systemLogLevel": "WARN",
        "logGroup": "/aws/lambda/genai-test-f",
    }


def test_it_may_write_its_own_logs_and_send_traces_and_nothing_else(run: ProgramRun) -> None:
    assert {p.name: statements_of(p) for p in run.all("aws:iam/rolePolicy:RolePolicy")} == {
        "f-write-logs": [
            {
                "Sid": "WriteLogs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": "arn:mock:aws:cloudwatch/logGroup:LogGroup:f-logs:*",
            }
        ],
        "f-send-traces": [
            {
                "Sid": "SendTraces",
                "Effect": "Allow",
                "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
                "Resource": "*",
            }
        ],
    }
    assert function_inputs(run)["tracingConfig"] == {"mode": "Active"}


def test_without_options_there_is_nothing_but_the_function_and_what_it_cannot_do_without(
    run: ProgramRun,
) -> None:
    assert sorted(r.name for r in run.registrations if r.custom) == [
        "f-async",
        "f-function",
        "f-logs",
        "f-role",
        "f-send-traces",
        "f-write-logs",
    ]


def test_tracing_can_be_switched_off(invoker_args: InvokerFunctionArgs) -> None:
    run = deploy(lambda: InvokerFunction("f", {**invoker_args, "tracing": False}))

    assert "tracingConfig" not in function_inputs(run)
    assert [p.name for p in run.all("aws:iam/rolePolicy:RolePolicy")] == ["f-write-logs"]


def test_every_choice_reaches_the_function(invoker_args: InvokerFunctionArgs) -> None:
    run = deploy(
        lambda: InvokerFunction(
            "f",
            {
                **invoker_args,
                "timeout_seconds": 30,
                "memory_mib": 1024,
                "log_level": "DEBUG",
                "log_retention_days": 7,
            },
        )
    )

    inputs = function_inputs(run)
    assert (inputs["timeout"], inputs["memorySize"]) == (30, 1024)
    assert inputs["loggingConfig"]["applicationLogLevel"] == "DEBUG"  # pyright: ignore[reportIndexIssue] - JSON
    assert inputs_of(run.only("aws:cloudwatch/logGroup:LogGroup"))["retentionInDays"] == 7


@pytest.mark.parametrize("mode", ["serverless", "async", "scale-to-zero"])
def test_its_environment_names_a_mode_that_is_not_realtime(
    invoker_args: InvokerFunctionArgs, mode: str
) -> None:
    run = deploy(lambda: InvokerFunction("f", {**invoker_args, "mode": mode}))

    environment: Any = function_inputs(run)["environment"]
    assert environment["variables"]["GENAI_MODE"] == mode


def test_its_environment_names_the_inference_component(invoker_args: InvokerFunctionArgs) -> None:
    named: InvokerFunctionArgs = {**invoker_args, "inference_component_name": "e-component"}
    run = deploy(lambda: InvokerFunction("f", named))

    environment: Any = function_inputs(run)["environment"]
    assert environment["variables"]["GENAI_INFERENCE_COMPONENT_NAME"] == "e-component"


def test_a_boundary_bounds_its_role(invoker_args: InvokerFunctionArgs) -> None:
    bounded: InvokerFunctionArgs = {**invoker_args, "permissions_boundary_arn": BOUNDARY}
    run = deploy(lambda: InvokerFunction("f", bounded))

    assert inputs_of(run.only("aws:iam/role:Role"))["permissionsBoundary"] == BOUNDARY
