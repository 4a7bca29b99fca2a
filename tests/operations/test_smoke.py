"""One real request shows whether a stack is well."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from operations import smoke as module
from operations.asking import Reply
from operations.deployment import Deployment
from operations.doctor.finding import Finding
from operations.smoke import Trial, check_answer, check_record, smoke
from tests.operations.conftest import Deployed, Genai
from tests.rehearsal.tenant import poll, unique

_FUTURE_MS = 4_000_000_000_000


def verdicts(findings: list[Finding]) -> dict[str, str]:
    """The worst verdict of each check."""
    worst = ["ok", "unknown", "problem"]
    found: dict[str, str] = {}
    for each in findings:
        found[each.check] = max(found.get(each.check, "ok"), each.verdict, key=worst.index)
    return found


def problems(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict == "problem"]


def trial(deployment: Deployment, reply: Reply, **variables: str) -> Trial:
    return Trial(
        deployment=deployment,
        configuration={"Environment": {"Variables": variables}},
        reply=reply,
        seconds=2.5,
        logs_since_ms=_FUTURE_MS,
    )


@contextmanager
def alarm(deployment: Deployment, **more: Any) -> Generator[str]:
    """An alarm on the stack's endpoint that has gone off, for want of any number."""
    cloudwatch, name = deployment.client("cloudwatch"), unique("alarm")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="NobodyPublishesThis",
        Dimensions=[{"Name": "EndpointName", "Value": deployment.endpoint_name}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="breaching",
        **more,
    )

    def has_gone_off() -> bool:
        (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return found["StateValue"] == "ALARM"

    try:
        poll(has_gone_off, f"{name} went off")
        yield name
    finally:
        cloudwatch.delete_alarms(AlarmNames=[name])


def test_a_stack_that_is_well_passes_every_check(dev: Deployment) -> None:
    findings = smoke(dev, {"prompt": "tell"}, limit_seconds=10)

    assert verdicts(findings) == dict.fromkeys(
        ("endpoint", "invoke", "record", "alarms", "logs"), "ok"
    )
    assert [each.what for each in findings if each.check == "endpoint"] == [
        "genai-dev is InService"
    ]
    assert next(each.what for each in findings if each.check == "record").startswith("s3://")


def test_a_model_that_fails_is_told_with_what_its_container_logged(dev: Deployment) -> None:
    findings = smoke(dev, {"prompt": "fail dragons"}, limit_seconds=10)

    answer, *logged = problems(findings)
    assert (answer.check, {each.check for each in logged}) == ("invoke", {"logs"})
    assert "502 model_failed" in answer.what
    assert any(
        each.what.startswith("container: ") and "no memory left for dragons" in each.what
        for each in logged
    )
    assert verdicts(findings)["record"] == "unknown"


def test_an_alarm_that_went_off_is_a_problem(dev: Deployment) -> None:
    with alarm(dev) as name:
        findings = smoke(dev, {"prompt": "tell"}, limit_seconds=10)

    (problem,) = problems(findings)
    assert problem.check == "alarms"
    assert problem.what.startswith(f"{name} went off: ")


def test_an_alarm_that_moves_capacity_may_go_off(dev: Deployment) -> None:
    action = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:x:resource/sagemaker/y:policyName/z"
    with alarm(dev, AlarmActions=[action]):
        findings = smoke(dev, {"prompt": "tell"}, limit_seconds=10)

    assert problems(findings) == []


def test_other_callers_failures_are_none_of_the_stacks(deployed: Deployed) -> None:
    deployed.stack.ask({"prompt": 5})

    findings = smoke(deployed.deployment, {"prompt": "tell"}, limit_seconds=10)

    assert verdicts(findings)["logs"] == "ok"


def test_an_endpoint_that_is_gone_is_a_problem(dev: Deployment) -> None:
    outputs = {**dev.outputs, "endpoint_name": "gone"}

    findings = smoke(Deployment("dev", outputs, dev.account), {"prompt": "tell"}, limit_seconds=10)

    (problem,) = problems(findings)
    assert problem.what == "there is no endpoint gone"
    assert "pulumi up" in problem.fix


def test_a_function_that_cannot_be_asked_is_a_problem(dev: Deployment) -> None:
    outputs = {**dev.outputs, "function_alias": "nobody"}

    findings = smoke(Deployment("dev", outputs, dev.account), {"prompt": "tell"}, limit_seconds=10)

    assert verdicts(findings)["invoke"] == "problem"
    assert verdicts(findings)["record"] == "unknown"


def test_a_log_that_does_not_tell_of_the_request_yet_is_not_taken_for_well(
    dev: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOG_LIMIT_SECONDS", 0)

    reply = {"status": 200, "text": "x", "request_id": "not-in-any-log"}
    (finding,) = module.check_logs(trial(dev, reply))

    assert finding.verdict == "unknown"
    assert "none is about the request yet" in finding.what


@pytest.mark.parametrize(
    ("reply", "verdict", "said"),
    [
        ({"status": 200, "text": "a fox"}, "ok", "5 characters in 2.50 s"),
        ({"status": 200, "text": "", "embedding": [1.0]}, "ok", "a vector of 1 numbers"),
        ({"status": 200, "text": " \n"}, "problem", "the model answered with no text"),
        ({"status": 202, "state": "waking"}, "problem", "no text within 2 s: waking"),
        (
            {"status": 503, "error": {"type": "unreachable", "message": "m"}},
            "problem",
            "503 unreachable: m",
        ),
    ],
)
def test_an_answer_is_judged(dev: Deployment, reply: Reply, verdict: str, said: str) -> None:
    (finding,) = check_answer(trial(dev, reply))

    assert finding.verdict == verdict
    assert said in finding.what


def test_a_record_is_looked_for(dev: Deployment) -> None:
    def found(reply: Reply, **variables: str) -> Finding:
        (finding,) = check_record(trial(dev, {"status": 200, **reply}, **variables))
        return finding

    missing = f"s3://{dev.bucket_name}/records/dt=2001-01-01/none.json"
    lost = found({"record": None, "warnings": ["S3 was slow"]})

    assert found({"record": None}, GENAI_RECORDS="off").what == "none, as the stack keeps none"
    assert (lost.verdict, lost.what) == ("problem", "no record was stored: S3 was slow")
    assert (found({"record": missing}).verdict, missing in found({"record": missing}).what) == (
        "problem",
        True,
    )


def test_the_command_says_what_is_well_and_ends_accordingly(genai: Genai, dev: Deployment) -> None:
    well = genai("smoke", dev.stack)
    ill = genai("smoke", dev.stack, "--request", '{"prompt": 5}', "--json")

    assert (well.exit_code, ill.exit_code) == (0, 1)
    assert "✓ invoke" in well.stdout
    assert well.stdout.endswith("0 problems, 0 not checked\n")
    told = json.loads(ill.stdout)
    assert told["healthy"] is False
    assert [each["check"] for each in told["findings"] if each["verdict"] == "problem"] == [
        "invoke"
    ]


@pytest.mark.parametrize(("request_", "said"), [("{", "is no JSON"), ("[1]", "is no JSON object")])
def test_what_is_no_request_is_a_usage_error(genai: Genai, request_: str, said: str) -> None:
    done = genai("smoke", "dev", "--request", request_)

    assert done.exit_code == 2
    assert said in done.stderr
