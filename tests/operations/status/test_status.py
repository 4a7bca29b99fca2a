"""`genai status`, on deployed stacks."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from catalog.metrics import published_dimensions
from cli.commands import status as status_command
from cli.main import app
from operations.deployment import Deployment, find_deployment
from operations.status import stack_status
from operations.status.stack_status import StackStatus, look_at_stack
from operations.status.traffic import FUNCTION_METRICS, METRICS, Metric
from rehearsal.local_account import LocalAccount
from tests.rehearsal.front_door.stacks import Project, Stack
from tests.rehearsal.tenant import poll

EVERY_METRIC = [*FUNCTION_METRICS, *(metric for each in METRICS.values() for metric in each)]


@pytest.mark.parametrize(
    "metric", EVERY_METRIC, ids=lambda metric: f"{metric.name}-{metric.statistic}"
)
def test_each_metric_is_asked_for_as_aws_publishes_it(metric: Metric) -> None:
    assert metric.dimensions in published_dimensions(metric.namespace, metric.name)


def looked(deployment: Deployment) -> StackStatus:
    return look_at_stack(deployment)


def test_a_stack_in_service_has_nothing_wrong(dev: Deployment, dev_stack: Stack) -> None:
    dev_stack.ask({"prompt": "say hello"})
    status = poll(
        lambda: (found := looked(dev)).traffic and found.traffic.figures.get("requests") and found,
        "the metrics are published",
    )

    assert status.problems == []
    assert status.unseen == {}
    assert status.endpoint.mode == "realtime"
    assert [
        (each.name, each.instance_type, each.current_instances) for each in status.endpoint.variants
    ] == [("AllTraffic", "ml.m5.large", 1)]
    assert status.function.reads_its_queue == "Enabled"
    assert [queue.purpose for queue in status.queues] == ["inputs", "dead letters", "failed events"]
    assert status.traffic.figures["latency_p99_ms"] > 0
    assert status.traffic.figures["function_invocations"] >= 1


@pytest.mark.parametrize(
    "endpoint",
    [
        {"mode": "serverless", "instanceType": None},
        {"mode": "async", "instances": {"min": 0, "max": 2}},
        {"mode": "scale-to-zero", "instances": {"min": 0, "max": 2}},
    ],
    ids=lambda endpoint: endpoint["mode"],
)
def test_every_mode_can_be_looked_at(
    account: LocalAccount, tmp_path: Path, endpoint: dict[str, Any]
) -> None:
    stack = Project(tmp_path).deploy(account, {"endpoint": endpoint})
    mode = endpoint["mode"]
    account.publish(stack.settings.stack, stack.exports)
    deployment = find_deployment(stack.settings.stack, project_dir=None, account_url=account.url)

    status = looked(deployment)

    assert status.unseen == {}
    assert status.endpoint is not None
    assert status.endpoint.mode == mode
    assert (status.endpoint.component is not None) == (mode == "scale-to-zero")
    assert all(alarm.is_for_scaling for alarm in status.alarms)
    assert bool(status.alarms) == (mode != "serverless")


def test_an_alarm_that_went_off_and_a_dead_letter_are_told(
    account: LocalAccount, tmp_path: Path
) -> None:
    stack = Project(tmp_path).deploy(account, {"invoker": {"inputs": {"enabled": True}}})
    account.publish(stack.settings.stack, stack.exports)
    deployment = find_deployment(stack.settings.stack, project_dir=None, account_url=account.url)
    deployment.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{deployment.endpoint_name}-errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "EndpointName", "Value": deployment.endpoint_name}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="breaching",
    )
    stack.dead_letters.send("{}")
    poll(lambda: [alarm.state for alarm in looked(deployment).alarms] == ["ALARM"], "it goes off")

    done = genai_status(account, stack.settings.stack)

    assert done.exit_code == 1
    assert "1 in the queue of dead letters" in done.output
    assert f"✗ the alarm {deployment.endpoint_name}-errors went off" in done.output


def test_what_cannot_be_seen_hides_nothing_else(
    dev: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeAlarms")

    monkeypatch.setattr(stack_status, "look_at_alarms", denied)
    status = looked(dev)

    assert status.endpoint is not None
    assert status.alarms == []
    assert "DescribeAlarms" in status.unseen["alarms"]


def test_an_endpoint_that_is_gone_is_told(account: LocalAccount, tmp_path: Path) -> None:
    stack = Project(tmp_path).deploy(account, {})
    account.publish(stack.settings.stack, stack.exports)
    deployment = find_deployment(stack.settings.stack, project_dir=None, account_url=account.url)
    deployment.client("sagemaker").delete_endpoint(EndpointName=deployment.endpoint_name)

    assert [
        problem.what for problem in poll(lambda: looked(deployment).problems, "it is gone")
    ] == ["there is no endpoint: callers are told endpoint_missing"]


def genai_status(account: LocalAccount, stack: str, *arguments: str) -> Any:
    environment = {"GENAI_ACCOUNT": account.url, "COLUMNS": "200"}
    return CliRunner().invoke(app, ["status", stack, *arguments], env=environment)


def test_one_screen_tells_everything(dev_stack: Stack) -> None:
    done = genai_status(dev_stack.account, "dev")

    assert done.exit_code == 0, done.output
    assert "genai-dev  InService  realtime" in done.output
    assert "AllTraffic: 1 of 1 x ml.m5.large" in done.output
    assert "0.115 USD an hour" in done.output
    assert "✓ nothing is wrong" in done.output


def test_failures_are_counted_by_kind_and_quote_nobody(dev_stack: Stack) -> None:
    asked = dev_stack.ask({"prompt": "refuse my secret"})
    request_id = asked["error"]["request_id"]
    poll(lambda: any(request_id in line for line in dev_stack.log()), "the log tells of it")

    done = genai_status(dev_stack.account, "dev", "--json")

    told = json.loads(done.stdout)
    kinds = {failure["kind"]: failure for failure in told["failures"]}
    assert kinds["model_rejected_request"]["request_id"] == request_id
    assert "secret" not in done.stdout


def test_watching_looks_again_until_it_is_interrupted(
    dev_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(status_command.time, "sleep", sleep)
    done = genai_status(dev_stack.account, "dev", "--watch", "--interval", "3")

    assert waits == [3, 3]
    assert done.exit_code == 130
    assert "genai-dev  InService" in done.output


def test_json_and_watch_are_a_usage_error(dev_stack: Stack) -> None:
    assert genai_status(dev_stack.account, "dev", "--watch", "--json").exit_code == 2


def test_a_stack_that_there_is_not_ends_with_code_3(dev_stack: Stack) -> None:
    done = genai_status(dev_stack.account, "nope")

    assert done.exit_code == 3
    assert "no stack nope was rehearsed" in done.output
