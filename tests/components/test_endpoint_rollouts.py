"""How an update reaches an endpoint in service, and what turns it back."""

import json
from typing import Any

import pytest

from components import GenAIEndpoint, GenAIEndpointArgs
from rehearsal.program import ProgramRun
from tests.components.configurations import (
    ASYNC,
    CONFIGURATIONS,
    REALTIME,
    STRATEGIES,
    rolled_out,
    with_args,
)
from tests.harness import deploy, inputs_of

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
DIMENSIONS = {"EndpointName": "genai-test", "VariantName": "AllTraffic"}


def run_of(args: GenAIEndpointArgs, *, preview: bool = False) -> ProgramRun:
    return deploy(lambda: GenAIEndpoint("m", args), preview=preview)


def deployment(args: GenAIEndpointArgs) -> dict[str, Any]:
    return inputs_of(run_of(args).only(ENDPOINT))["deploymentConfig"]


def alarm(args: GenAIEndpointArgs, name: str) -> dict[str, Any]:
    (found,) = [r for r in run_of(args).all(ALARM) if r.name == name]
    return inputs_of(found)


def percent(value: int) -> dict[str, Any]:
    return {"type": "CAPACITY_PERCENT", "value": value}


def test_without_a_rollout_the_endpoint_has_no_deployment_of_its_own() -> None:
    run = run_of(REALTIME)

    assert "deploymentConfig" not in inputs_of(run.only(ENDPOINT))
    assert run.all(ALARM) == []


@pytest.mark.parametrize(
    ("strategy", "policy"),
    [
        (
            "all-at-once",
            {
                "blueGreenUpdatePolicy": {
                    "trafficRoutingConfiguration": {
                        "type": "ALL_AT_ONCE",
                        "waitIntervalInSeconds": 300,
                    }
                }
            },
        ),
        (
            "canary",
            {
                "blueGreenUpdatePolicy": {
                    "trafficRoutingConfiguration": {
                        "type": "CANARY",
                        "waitIntervalInSeconds": 300,
                        "canarySize": percent(10),
                    }
                }
            },
        ),
        (
            "linear",
            {
                "blueGreenUpdatePolicy": {
                    "trafficRoutingConfiguration": {
                        "type": "LINEAR",
                        "waitIntervalInSeconds": 300,
                        "linearStepSize": percent(20),
                    }
                }
            },
        ),
        (
            "rolling",
            {
                "rollingUpdatePolicy": {
                    "maximumBatchSize": percent(20),
                    "waitIntervalInSeconds": 300,
                }
            },
        ),
    ],
)
def test_each_strategy_and_its_defaults(strategy: str, policy: dict[str, Any]) -> None:
    assert deployment(rolled_out(strategy, rollback=False)) == policy


@pytest.mark.parametrize(
    ("strategy", "chosen", "where", "value"),
    [
        ("canary", "canary_percent", ["trafficRoutingConfiguration", "canarySize"], percent(7)),
        ("linear", "step_percent", ["trafficRoutingConfiguration", "linearStepSize"], percent(7)),
        ("rolling", "batch_percent", ["maximumBatchSize"], percent(7)),
        ("canary", "wait_seconds", ["trafficRoutingConfiguration", "waitIntervalInSeconds"], 7),
        ("rolling", "wait_seconds", ["waitIntervalInSeconds"], 7),
        ("canary", "termination_wait_seconds", ["terminationWaitInSeconds"], 7),
        ("canary", "max_seconds", ["maximumExecutionTimeoutInSeconds"], 7),
        ("rolling", "max_seconds", ["maximumExecutionTimeoutInSeconds"], 7),
    ],
)
def test_every_choice_reaches_the_deployment(
    strategy: str, chosen: str, where: list[str], value: Any
) -> None:
    (found,) = deployment(rolled_out(strategy, rollback=False, **{chosen: 7})).values()
    for key in where:
        found = found[key]

    assert found == value


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_rollback_alarms_are_wired_into_every_strategy(strategy: str) -> None:
    run = run_of(rolled_out(strategy))

    alarms = {inputs_of(r)["name"] for r in run.all(ALARM)}
    assert alarms == {"genai-test-rollback-errors", "genai-test-rollback-latency"}
    endpoint = run.only(ENDPOINT)
    wired = inputs_of(endpoint)["deploymentConfig"]["autoRollbackConfiguration"]["alarms"]
    assert {a["alarmName"] for a in wired} == alarms


def test_the_alarms_exist_before_the_endpoint_and_know_nothing_of_it() -> None:
    run = run_of(rolled_out("canary"))

    waits_for = {urn.rpartition("::")[2] for urn in run.only(ENDPOINT).dependencies}
    assert waits_for >= {"m-rollback-errors", "m-rollback-latency"}
    assert [list(r.dependencies) for r in run.all(ALARM)] == [[], []]


def test_the_alarms_names_and_dimensions_are_known_in_preview() -> None:
    run = run_of(rolled_out("canary"), preview=True)

    errors, latency = (inputs_of(r) for r in run.all(ALARM))
    assert errors["name"] == "genai-test-rollback-errors"
    assert latency["dimensions"] == DIMENSIONS


def test_the_error_alarm_is_the_share_of_requests_that_failed() -> None:
    found = alarm(rolled_out("canary", max_error_percent=2.5), "m-rollback-errors")

    def query(query_id: str, metric: str) -> dict[str, Any]:
        return {
            "id": query_id,
            "metric": {
                "namespace": "AWS/SageMaker",
                "metricName": metric,
                "dimensions": DIMENSIONS,
                "stat": "Sum",
                "period": 60,
            },
        }

    assert found["metricQueries"] == [
        query("e", "Invocation5XXErrors"),
        query("i", "Invocations"),
        {
            "id": "result",
            "expression": "IF(i>0,100*e/i,0)",
            "label": "Failed requests (%)",
            "returnData": True,
        },
    ]
    assert (found["comparisonOperator"], found["threshold"]) == ("GreaterThanThreshold", 2.5)
    assert (found["evaluationPeriods"], found["datapointsToAlarm"]) == (3, 2)
    assert found["treatMissingData"] == "notBreaching"


def test_an_async_endpoint_counts_failures_without_a_count_of_requests() -> None:
    found = alarm(with_args(ASYNC, rollout={"strategy": "canary"}), "m-rollback-errors")

    metric, result = found["metricQueries"]
    assert metric["metric"]["metricName"] == "Invocation5XXErrors"
    assert metric["metric"]["stat"] == "Average"
    assert result["expression"] == "100*e"


def test_the_latency_alarm_is_a_percentile_in_microseconds() -> None:
    found = alarm(rolled_out("canary", max_latency_seconds=1.5), "m-rollback-latency")

    assert found["metricName"] == "ModelLatency"
    assert found["namespace"] == "AWS/SageMaker"
    assert found["dimensions"] == DIMENSIONS
    assert found["extendedStatistic"] == "p99"
    assert "statistic" not in found
    assert found["threshold"] == 1_500_000
    assert found["treatMissingData"] == "notBreaching"


def test_seconds_become_the_microseconds_that_sagemaker_counts_in() -> None:
    args = rolled_out("canary", max_latency_seconds=0.25)

    assert alarm(args, "m-rollback-latency")["threshold"] == 250_000


def test_thresholds_have_defaults() -> None:
    args = rolled_out("canary")

    assert alarm(args, "m-rollback-errors")["threshold"] == 5
    assert alarm(args, "m-rollback-latency")["threshold"] == 30_000_000


def test_without_rollback_there_is_no_alarm_and_nothing_wired() -> None:
    args = rolled_out("canary", rollback=False)

    assert run_of(args).all(ALARM) == []
    assert "autoRollbackConfiguration" not in deployment(args)


def test_every_variant_that_answers_callers_is_watched() -> None:
    run = run_of(CONFIGURATIONS["variants"])

    watched = {
        inputs_of(r)["name"]: inputs_of(r)["dimensions"]["VariantName"]
        for r in run.all(ALARM)
        if "dimensions" in inputs_of(r)
    }
    assert watched == {
        "genai-test-rollback-latency": "AllTraffic",
        "genai-test-novelist-rollback-latency": "novelist",
        "genai-test-bigger-rollback-latency": "bigger",
    }
    assert len(run.all(ALARM)) == 6


def test_retained_capacity_goes_through_cloud_control_with_the_rollout() -> None:
    run = run_of(CONFIGURATIONS["retained"])

    endpoint = run.only("aws:cloudcontrol/resource:Resource")
    assert run.all(ENDPOINT) == []
    assert endpoint.name == "m-endpoint"
    assert inputs_of(endpoint)["typeName"] == "AWS::SageMaker::Endpoint"
    assert json.loads(inputs_of(endpoint)["desiredState"]) == {
        "EndpointName": "genai-test",
        "EndpointConfigName": "m-configuration",
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [
            {"VariantPropertyType": "DesiredWeight"},
            {"VariantPropertyType": "DataCaptureConfig"},
        ],
        "DeploymentConfig": {
            "RollingUpdatePolicy": {
                "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 20},
                "WaitIntervalInSeconds": 300,
            },
            "AutoRollbackConfiguration": {
                "Alarms": [
                    {"AlarmName": "genai-test-rollback-errors"},
                    {"AlarmName": "genai-test-rollback-latency"},
                ]
            },
        },
        "Tags": [{"Key": "Project", "Value": "genai"}, {"Key": "Stack", "Value": "test"}],
    }
    timeouts = endpoint.customTimeouts
    assert (timeouts.create, timeouts.update, timeouts.delete) == ("60m", "60m", "60m")


def test_a_retained_endpoint_tells_name_and_arn_only_once_it_exists() -> None:
    args = CONFIGURATIONS["retained"]
    known = run_of(args).outputs_of["genai:index:GenAIEndpoint::m"]
    previewed = run_of(args, preview=True).outputs_of["genai:index:GenAIEndpoint::m"]

    assert known["endpoint_name"] == "genai-test"
    assert known["endpoint_arn"] == "arn:aws:sagemaker:us-east-1:123456789012:endpoint/genai-test"
    assert previewed["endpoint_name"] != "genai-test"
    assert previewed["endpoint_arn"] != known["endpoint_arn"]


def test_without_a_threshold_there_is_no_alarm_on_latency() -> None:
    run = run_of(rolled_out("canary", max_latency_seconds=None))

    assert [alarm.name for alarm in run.all(ALARM)] == ["m-rollback-errors"]
