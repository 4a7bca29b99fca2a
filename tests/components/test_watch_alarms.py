"""Which alarms a stack has, when they go off, and who is told."""

from dataclasses import fields
from typing import Any

import pytest

from components.watching.args import DEFAULT_NOTIFYING, ThresholdsArgs
from components.watching.thresholds import Thresholds
from components.watching.watch_alarm import FIRST_STEPS, KEYS
from tests.components.configurations import ASYNC, REALTIME, TAGS, with_args
from tests.components.requests import requests_of
from tests.components.watching import (
    COMPOSITE,
    ENDPOINTS,
    GPU,
    STACKS,
    alarms_of,
    run_of,
    watch,
)
from tests.harness import inputs_of

TOPIC = "arn:mock:aws:sns/topic:Topic:w-alarms"
OF_REQUESTS = {"latency", "errors", "model-errors", "overhead"}
OF_INSTANCES = {"disk", "idle"}
OF_A_FUNCTION = {"function-errors", "throttles", "duration"}
OF_EVERYTHING = {
    *OF_A_FUNCTION,
    *(f"{key}-streaming" for key in OF_A_FUNCTION),
    *("failed-replies", "dead-letters", "failed-events"),
}
OF_A_QUEUE = {"backlog", "oldest-request", "failed-requests"}


def alarm(name: str, **args: Any) -> dict[str, Any]:
    return alarms_of(watch(**args))[name]


def rule_of(stack: str) -> set[str]:
    rule = inputs_of(run_of(stack).only(COMPOSITE))["alarmRule"]
    return {
        part.removeprefix('ALARM("genai-test-').removesuffix('")') for part in rule.split(" OR ")
    }


@pytest.mark.parametrize(
    ("stack", "of_endpoint"),
    [
        ("realtime", OF_REQUESTS | OF_INSTANCES),
        ("realtime-gpu", OF_REQUESTS | OF_INSTANCES | {"gpu-memory"}),
        ("serverless", OF_REQUESTS),
        ("async", {"errors", "model-errors"} | OF_INSTANCES | OF_A_QUEUE),
        ("async-gpu", {"errors", "model-errors", "gpu-memory"} | OF_INSTANCES | OF_A_QUEUE),
        ("scale-to-zero", OF_REQUESTS | OF_INSTANCES | {"gpu-memory"}),
        ("disabled", set[str]()),
    ],
)
def test_a_stack_has_the_alarms_of_its_mode(stack: str, of_endpoint: set[str]) -> None:
    assert alarms_of(run_of(f"{stack}/everything")).keys() == of_endpoint | OF_EVERYTHING
    assert alarms_of(run_of(f"{stack}/plain")).keys() == of_endpoint | OF_A_FUNCTION


def test_every_variant_has_its_own_and_only_those_with_gpus_one_on_their_memory() -> None:
    found = alarms_of(run_of("variants/plain")).keys() - OF_A_FUNCTION

    each = OF_REQUESTS | OF_INSTANCES
    of_variants = {f"{key}-{variant}" for key in each for variant in ("candidate", "twin")}
    assert found == each | of_variants | {"gpu-memory-candidate"}


def test_the_runbook_has_a_first_step_for_every_alarm() -> None:
    assert FIRST_STEPS.keys() == set(KEYS)


@pytest.mark.parametrize("stack", STACKS)
def test_a_description_says_what_it_means_and_what_to_do_within_what_cloudwatch_keeps(
    stack: str,
) -> None:
    for name, found in alarms_of(run_of(stack)).items():
        key = max((key for key in KEYS if name.startswith(key)), key=len)
        said = found["alarmDescription"]
        assert said.endswith(f"{FIRST_STEPS[key]} More: docs/watching.md#{key}")
        assert len(said) <= 1024


@pytest.mark.parametrize("stack", STACKS)
def test_cloudwatch_takes_every_one_of_them(stack: str) -> None:
    """By its service model; and 10 metrics in an expression, a day or a week in all: PutMetricAlarm's own words."""
    requests = requests_of(run_of(stack))

    alarms = [request for name, request in requests.items() if name.startswith("MetricAlarm ")]
    assert [request.violations() for request in alarms] == [[]] * len(alarms)
    for found in alarms_of(run_of(stack)).values():
        queries = found.get("metricQueries", [])
        assert len([query for query in queries if "metric" in query]) <= 10
        period = queries[0]["metric"]["period"] if queries else found["period"]
        longest = 7 * 86_400 if period >= 3600 else 86_400
        assert period * found["evaluationPeriods"] <= longest


# When they go off


@pytest.mark.parametrize(
    ("name", "threshold", "value"),
    [
        ("latency", "latency_seconds", 1.5),
        ("overhead", "overhead_seconds", 1.5),
    ],
)
def test_seconds_become_the_microseconds_of_sagemaker(
    name: str, threshold: str, value: float
) -> None:
    found = alarm(name, thresholds={threshold: value})

    assert (found["threshold"], found["extendedStatistic"]) == (1_500_000, "p99")
    assert "statistic" not in found


def test_the_longest_run_is_compared_with_a_part_of_the_timeout_in_milliseconds() -> None:
    found = alarm("duration", thresholds={"duration_percent": 80})

    assert (found["metricName"], found["statistic"]) == ("Duration", "Maximum")
    assert found["threshold"] == 60_000  # of 75 seconds


@pytest.mark.parametrize(
    ("name", "endpoint", "thresholds", "threshold"),
    [
        ("latency", REALTIME, {}, 30_000_000),
        ("errors", REALTIME, {"error_percent": 1}, 1),
        ("model-errors", REALTIME, {"model_error_percent": 3}, 3),
        ("disk", REALTIME, {"disk_percent": 70}, 70),
        ("gpu-memory", ENDPOINTS["realtime-gpu"], {"gpu_memory_percent": 90}, 360),
        ("gpu-memory", ENDPOINTS["scale-to-zero"], {"gpu_memory_percent": 90}, 90),
        ("latency", ASYNC, {"latency_seconds": 600}, 600_000_000),
        ("backlog", ASYNC, {"backlog": 7}, 7),
        ("oldest-request", ASYNC, {"oldest_request_seconds": 7}, 7),
        ("failed-requests", ASYNC, {"failed_requests": 7}, 7),
        ("failed-replies", REALTIME, {"failed_reply_percent": 7}, 7),
        ("function-errors", REALTIME, {"function_error_percent": 7}, 7),
        ("throttles", REALTIME, {"throttled_percent": 7}, 7),
        ("dead-letters", REALTIME, {"dead_letters": 7}, 7),
        ("failed-events", REALTIME, {"dead_letters": 7}, 7),
    ],
)
def test_a_threshold_reaches_its_alarm(
    name: str, endpoint: Any, thresholds: dict[str, float], threshold: float
) -> None:
    assert alarm(name, endpoint=endpoint, thresholds=thresholds)["threshold"] == threshold


def test_every_threshold_is_an_argument_and_has_a_default() -> None:
    assert {field.name for field in fields(Thresholds)} == ThresholdsArgs.__annotations__.keys()


@pytest.mark.parametrize(
    ("name", "endpoint", "expression"),
    [
        ("errors", REALTIME, "IF(i>0,100*e/i,0)"),
        ("errors", ASYNC, "100*e"),
        ("model-errors", REALTIME, "IF(i>0,100*e/i,0)"),
        ("failed-requests", ASYNC, "SUM([f,x])"),
        ("failed-replies", REALTIME, "100*SUM([s429,s500,s502,s503,s504,s507])/r"),
        ("function-errors", REALTIME, "IF(i>0,100*e/i,0)"),
        ("throttles", REALTIME, "100*t/SUM([i,t])"),
        ("idle", REALTIME, "SUM([r,z])"),
    ],
)
def test_shares_and_sums_are_of_what_there_is(name: str, endpoint: Any, expression: str) -> None:
    *_, result = alarm(name, endpoint=endpoint)["metricQueries"]

    assert result["expression"] == expression
    assert result["returnData"] is True


def test_no_traffic_is_no_failure() -> None:
    """SageMaker and Lambda publish nothing of requests while there are none."""
    for stack in STACKS:
        treated = {found["treatMissingData"] for found in alarms_of(run_of(stack)).values()}
        assert treated == {"notBreaching"}


def test_one_bad_minute_wakes_nobody() -> None:
    found = alarm("errors")

    assert (found["evaluationPeriods"], found["datapointsToAlarm"]) == (3, 2)
    assert found["metricQueries"][0]["metric"]["period"] == 60


def test_idle_are_hours_with_an_instance_and_without_a_request() -> None:
    found = alarm("idle", thresholds={"idle_hours": 12})

    requests, running, nothing, _ = found["metricQueries"]
    assert (requests["metric"]["metricName"], requests["metric"]["stat"]) == ("Invocations", "Sum")
    assert running["metric"]["metricName"] == "CPUUtilization"
    assert nothing == {"id": "z", "expression": "0*c", "returnData": False}
    assert requests["metric"]["period"] == 3600
    assert (found["evaluationPeriods"], found["datapointsToAlarm"]) == (12, 12)
    assert (found["comparisonOperator"], found["threshold"]) == ("LessThanThreshold", 1)


def test_an_asynchronous_endpoint_that_counts_no_invocations_is_idle_by_its_latencies() -> None:
    requests, *_ = alarm("idle", endpoint=ASYNC)["metricQueries"]

    metric = requests["metric"]
    assert (metric["metricName"], metric["stat"]) == ("ModelLatency", "SampleCount")


def test_an_instance_type_that_is_not_known_yet_or_not_to_the_catalog_has_no_gpu() -> None:
    unknown = with_args(REALTIME, instance_type="ml.z99.large")

    assert "gpu-memory" not in alarms_of(watch(unknown))
    assert "gpu-memory" in alarms_of(watch(with_args(REALTIME, instance_type=GPU)))


# Who is told


@pytest.mark.parametrize(
    ("stack", "hurting"),
    [
        ("realtime", {"latency", "errors"}),
        ("serverless", {"latency", "errors"}),
        ("scale-to-zero", {"latency", "errors"}),
        ("async", {"errors", "oldest-request", "failed-requests"}),
        ("disabled", set[str]()),
        (
            "variants",
            {f"{key}{of}" for key in ("latency", "errors") for of in ("", "-candidate", "-twin")},
        ),
    ],
)
def test_users_are_hurt_by_what_they_feel_while_it_lasts(stack: str, hurting: set[str]) -> None:
    of_function = {"function-errors", "throttles"}

    assert rule_of(f"{stack}/plain") == hurting | of_function
    of_both = {*of_function, *(f"{key}-streaming" for key in of_function), "failed-replies"}
    assert rule_of(f"{stack}/everything") == hurting | of_both


def test_users_hurt_tells_the_topic_when_it_begins_and_when_it_is_over() -> None:
    found = inputs_of(run_of("realtime/everything").only(COMPOSITE))

    assert found["alarmName"] == "genai-test-users-hurt"
    assert (found["alarmActions"], found["okActions"]) == ([TOPIC], [TOPIC])
    assert found["tags"] == TAGS


def test_the_others_are_silent_but_for_what_stays_until_somebody_sees_to_it() -> None:
    found = alarms_of(run_of("realtime/everything"))

    told = {name for name, each in found.items() if each.get("alarmActions") == [TOPIC]}
    assert told == set(DEFAULT_NOTIFYING)
    assert told == {name for name, each in found.items() if each.get("okActions") == [TOPIC]}


def test_a_stack_says_which_alarms_notify_and_which_are_not_made() -> None:
    found = alarms_of(watch(notify=["disk"], without=["overhead", "idle", "errors"]))

    assert not found.keys() & {"overhead", "idle", "errors"}
    assert {name for name, each in found.items() if "alarmActions" in each} == {"disk"}


def test_without_any_alarm_that_callers_feel_there_is_none_over_them() -> None:
    felt = ["latency", "errors", "failed-replies", "function-errors", "throttles"]

    run = watch(without=felt)

    assert run.all(COMPOSITE) == []
    assert run.outputs_of["genai:index:Observability::w"]["users_hurt_alarm_arn"] == ""
