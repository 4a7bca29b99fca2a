"""Scaling by load, by the clock and from zero."""

from typing import Any

import pulumi
import pytest

from components import GenAIEndpoint, GenAIEndpointArgs
from rehearsal.program import ProgramRun
from tests.components.configurations import (
    BY_MODE,
    CONFIGURATIONS,
    METRICS,
    REALTIME,
    SCHEDULES,
    scaled,
    scaling,
    with_args,
)
from tests.harness import deploy, inputs_of

TARGET = "aws:appautoscaling/target:Target"
POLICY = "aws:appautoscaling/policy:Policy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
ACTION = "aws:appautoscaling/scheduledAction:ScheduledAction"
VARIANT = {"EndpointName": "genai-test", "VariantName": "AllTraffic"}


def run_of(args: GenAIEndpointArgs) -> ProgramRun:
    return deploy(lambda: GenAIEndpoint("m", args))


def named(run: ProgramRun, resource_type: str, name: str) -> dict[str, Any]:
    (found,) = [r for r in run.all(resource_type) if r.name == name]
    return inputs_of(found)


def tracking(run: ProgramRun) -> dict[str, Any]:
    return named(run, POLICY, "m-follow-load")["targetTrackingScalingPolicyConfiguration"]


@pytest.mark.parametrize("mode", BY_MODE)
def test_capacity_is_fixed_unless_scaling_is_asked_for(mode: str) -> None:
    run = run_of(BY_MODE[mode])

    assert [r.type for r in run.registrations if "autoscaling" in r.type] == []
    assert run.all(ALARM) == []


@pytest.mark.parametrize(
    ("mode", "resource_id", "dimension"),
    [
        (
            "realtime",
            "endpoint/genai-test/variant/AllTraffic",
            "sagemaker:variant:DesiredInstanceCount",
        ),
        (
            "async",
            "endpoint/genai-test/variant/AllTraffic",
            "sagemaker:variant:DesiredInstanceCount",
        ),
        (
            "serverless",
            "endpoint/genai-test/variant/AllTraffic",
            "sagemaker:variant:DesiredProvisionedConcurrency",
        ),
        (
            "scale-to-zero",
            "inference-component/genai-test-component",
            "sagemaker:inference-component:DesiredCopyCount",
        ),
    ],
)
def test_each_mode_scales_what_it_is_counted_in(
    mode: str, resource_id: str, dimension: str
) -> None:
    run = run_of(scaled(mode, METRICS[mode][0], schedules=SCHEDULES))

    scaled_by = [inputs_of(r) for kind in (TARGET, POLICY, ACTION) for r in run.all(kind)]
    assert len(scaled_by) == 3
    for inputs in scaled_by:
        assert inputs["serviceNamespace"] == "sagemaker"
        assert inputs["resourceId"] == resource_id
        assert inputs["scalableDimension"] == dimension
    target = inputs_of(run.only(TARGET))
    assert (target["minCapacity"], target["maxCapacity"]) == (1, 4)


@pytest.mark.parametrize(
    ("mode", "metric", "predefined"),
    [
        ("realtime", "concurrency", "SageMakerVariantConcurrentRequestsPerModelHighResolution"),
        ("realtime", "invocations", "SageMakerVariantInvocationsPerInstance"),
        (
            "serverless",
            "provisioned-utilization",
            "SageMakerVariantProvisionedConcurrencyUtilization",
        ),
        (
            "scale-to-zero",
            "concurrency",
            "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
        ),
        ("scale-to-zero", "invocations", "SageMakerInferenceComponentInvocationsPerCopy"),
    ],
)
def test_a_predefined_metric_is_followed(mode: str, metric: str, predefined: str) -> None:
    followed = tracking(run_of(scaled(mode, metric)))

    assert followed["predefinedMetricSpecification"] == {"predefinedMetricType": predefined}
    assert "customizedMetricSpecification" not in followed


@pytest.mark.parametrize(
    ("mode", "metric", "namespace", "name", "dimensions"),
    [
        ("realtime", "cpu", "/aws/sagemaker/Endpoints", "CPUUtilization", VARIANT),
        ("realtime", "gpu", "/aws/sagemaker/Endpoints", "GPUUtilization", VARIANT),
        ("realtime", "gpu-memory", "/aws/sagemaker/Endpoints", "GPUMemoryUtilization", VARIANT),
        (
            "async",
            "backlog",
            "AWS/SageMaker",
            "ApproximateBacklogSizePerInstance",
            {"EndpointName": "genai-test"},
        ),
    ],
)
def test_any_other_metric_is_named_with_its_dimensions(
    mode: str, metric: str, namespace: str, name: str, dimensions: dict[str, str]
) -> None:
    followed = tracking(run_of(scaled(mode, metric)))

    assert "predefinedMetricSpecification" not in followed
    assert followed["customizedMetricSpecification"] == {
        "namespace": namespace,
        "metricName": name,
        "statistic": "Average",
        "dimensions": [{"name": key, "value": value} for key, value in dimensions.items()],
    }


def test_target_and_cooldowns_have_defaults_and_can_be_chosen() -> None:
    default = tracking(run_of(scaled("realtime", "concurrency")))
    chosen = tracking(
        run_of(
            scaled(
                "realtime",
                "concurrency",
                target=2.5,
                scale_in_cooldown_seconds=600,
                scale_out_cooldown_seconds=30,
            )
        )
    )

    def values(of: dict[str, Any]) -> tuple[float, float, float]:
        return of["targetValue"], of["scaleInCooldown"], of["scaleOutCooldown"]

    assert values(default) == (5, 300, 60)
    assert values(chosen) == (2.5, 600, 30)


def test_schedules_set_bounds_by_the_clock() -> None:
    run = run_of(scaled("realtime", "concurrency", schedules=SCHEDULES))

    action = named(run, ACTION, "m-schedule-night")
    assert action["schedule"] == "cron(0 20 ? * MON-FRI *)"
    assert action["timezone"] == "Europe/Berlin"
    assert action["scalableTargetAction"] == {"minCapacity": 1, "maxCapacity": 1}


@pytest.mark.parametrize(
    ("mode", "waits_for"), [("realtime", "endpoint"), ("scale-to-zero", "component")]
)
def test_scaling_waits_for_what_it_scales_and_goes_with_it(mode: str, waits_for: str) -> None:
    run = run_of(scaled(mode, "concurrency", schedules=SCHEDULES))

    for registration in [*run.all(TARGET), *run.all(POLICY), *run.all(ACTION)]:
        assert registration.deletedWith.endswith(f"::m-{waits_for}")
        assert registration.deletedWith in registration.dependencies
        # AWS forgets the registration with what it scales, so Pulumi must make it again.
        assert list(registration.replace_with) == [registration.deletedWith]
        assert registration.deleteBeforeReplace


@pytest.mark.parametrize(
    ("mode", "alarm", "step"),
    [
        (
            "async",
            {
                "metricName": "HasBacklogWithoutCapacity",
                "dimensions": {"EndpointName": "genai-test"},
                "statistic": "Average",
                "evaluationPeriods": 2,
                "datapointsToAlarm": 2,
            },
            {"cooldown": 300, "metricAggregationType": "Average"},
        ),
        (
            "scale-to-zero",
            {
                "metricName": "NoCapacityInvocationFailures",
                "dimensions": {"InferenceComponentName": "genai-test-component"},
                "statistic": "Sum",
                "evaluationPeriods": 1,
                "datapointsToAlarm": 1,
            },
            {"cooldown": 60, "metricAggregationType": "Maximum"},
        ),
    ],
)
def test_one_request_without_capacity_wakes_the_first(
    mode: str, alarm: dict[str, Any], step: dict[str, Any]
) -> None:
    run = run_of(scaled(mode, METRICS[mode][0], at_least=0))

    found = named(run, ALARM, "m-wake-up")
    assert found == {
        **alarm,
        "namespace": "AWS/SageMaker",
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "threshold": 1,
        "period": 60,
        "treatMissingData": "notBreaching",
        "alarmActions": ["arn:mock:aws:appautoscaling/policy:Policy:m-wake-up"],
        "alarmDescription": "A request found no capacity: start the first",
        "tags": REALTIME.get("tags"),
    }
    policy = named(run, POLICY, "m-wake-up")
    assert policy["policyType"] == "StepScaling"
    assert policy["stepScalingPolicyConfiguration"] == {
        **step,
        "adjustmentType": "ChangeInCapacity",
        "stepAdjustments": [{"scalingAdjustment": 1, "metricIntervalLowerBound": "0"}],
    }
    assert len(run.all(POLICY)) == 2


@pytest.mark.parametrize("mode", ["async", "scale-to-zero"])
def test_what_sleeps_by_the_clock_only_is_woken_as_well(mode: str) -> None:
    night = {**SCHEDULES["night"], "min_capacity": 0}
    run = run_of(scaled(mode, METRICS[mode][0], at_least=1, schedules={"night": night}))

    assert [r.name for r in run.all(POLICY)] == ["m-follow-load", "m-wake-up"]
    assert [r.name for r in run.all(ALARM)] == ["m-wake-up"]


@pytest.mark.parametrize("mode", BY_MODE)
def test_what_never_sleeps_needs_no_waking(mode: str) -> None:
    run = run_of(scaled(mode, METRICS[mode][0], at_least=1))

    assert [r.name for r in run.all(POLICY)] == ["m-follow-load"]
    assert run.all(ALARM) == []


def test_only_the_main_variant_scales() -> None:
    args = with_args(
        REALTIME,
        scaling=scaling("concurrency"),
        extra_variants={"other": {"instance_type": "ml.m5.xlarge"}},
    )
    run = run_of(args)

    assert inputs_of(run.only(TARGET))["resourceId"].endswith("/variant/AllTraffic")


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, **_: said.append(message))
    return said


def test_the_scale_in_trap_is_told_once_with_the_way_out(warnings: list[str]) -> None:
    run_of(scaled("realtime", "concurrency"))

    (said,) = warnings
    assert said.startswith(
        "m: every new configuration returns the endpoint to initial_instance_count"
    )
    assert "Set retain_scaled_capacity" in said


@pytest.mark.parametrize(
    "configuration",
    [
        "realtime",
        "retained",
        "async-scaled-by-backlog",
        "scale-to-zero-from-zero",
        "serverless-scaled-by-provisioned-utilization",
    ],
)
def test_nothing_is_told_where_there_is_no_trap(configuration: str, warnings: list[str]) -> None:
    run_of(CONFIGURATIONS[configuration])

    assert warnings == []
