"""The alarms that return an update to the old fleet."""

from collections.abc import Iterator
from typing import Any

import pulumi
from pulumi_aws import cloudwatch

from components.endpoint.args import GenAIEndpointArgs
from components.endpoint.feature_args import RolloutArgs
from components.modes import ASYNC, MAIN_VARIANT, REALTIME

ALARMS_PER_VARIANT = 2
DEFAULT_MAX_ERROR_PERCENT = 5.0
DEFAULT_MAX_LATENCY_SECONDS = 30.0
NAMESPACE = "AWS/SageMaker"
PERIOD_SECONDS = 60
# Two bad minutes of three: one lone error at little traffic is no reason to give up an update.
EVALUATION_PERIODS = 3
BAD_PERIODS = 2
_MICROSECONDS_PER_SECOND = 1_000_000


def wants_rollback(args: GenAIEndpointArgs) -> bool:
    """Whether an update is to be watched at all."""
    rollout = args.get("rollout")
    return rollout is not None and rollout.get("rollback", True)


def make_rollback_alarms(
    name: str, args: GenAIEndpointArgs, parent: pulumi.Resource
) -> list[cloudwatch.MetricAlarm]:
    """Register an alarm on errors and one on latency for every variant that answers callers.

    None if no rollback is wanted, and none on latency without a threshold for it.

    They are made before the endpoint, which names them; so their names and dimensions are made from the
    endpoint's name, not from the endpoint. The names are fixed: the endpoint would be replaced if one changed.
    Their dimensions are the variant's, which the new fleet shares with the old one.
    """
    rollout = args.get("rollout")
    if rollout is None or not wants_rollback(args):
        return []
    alarms: list[cloudwatch.MetricAlarm] = []
    for variant in [MAIN_VARIANT, *args.get("extra_variants", {})]:
        suffix = "" if variant == MAIN_VARIANT else f"-{variant}"
        dimensions = {"EndpointName": args["endpoint_name"], "VariantName": variant}
        for reason, description, condition in _conditions(args, rollout, dimensions):
            alarms.append(
                cloudwatch.MetricAlarm(
                    f"{name}{suffix}-rollback-{reason}",
                    name=pulumi.Output.concat(args["endpoint_name"], f"{suffix}-rollback-{reason}"),
                    alarm_description=f"{description}: roll an update back",
                    comparison_operator="GreaterThanThreshold",
                    evaluation_periods=EVALUATION_PERIODS,
                    datapoints_to_alarm=BAD_PERIODS,
                    # No traffic is no failure.
                    treat_missing_data="notBreaching",
                    tags=args.get("tags"),
                    opts=pulumi.ResourceOptions(parent=parent),
                    **condition,
                )
            )
    return alarms


def latency_threshold_microseconds(seconds: float) -> float:
    """`ModelLatency` is the one place where this library counts in microseconds, because AWS does."""
    return seconds * _MICROSECONDS_PER_SECOND


def _conditions(
    args: GenAIEndpointArgs, rollout: RolloutArgs, dimensions: dict[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What an alarm is named after, what it says, and when it goes off."""
    yield "errors", "Too many requests fail", _error_condition(args, rollout, dimensions)
    seconds = rollout.get("max_latency_seconds", DEFAULT_MAX_LATENCY_SECONDS)
    if seconds is not None:
        yield "latency", "The model is too slow", _latency_condition(seconds, dimensions)


def _latency_condition(seconds: float, dimensions: dict[str, Any]) -> dict[str, Any]:
    return {
        "namespace": NAMESPACE,
        "metric_name": "ModelLatency",
        "dimensions": dimensions,
        "extended_statistic": "p99",
        "period": PERIOD_SECONDS,
        "threshold": latency_threshold_microseconds(seconds),
    }


def _error_condition(
    args: GenAIEndpointArgs, rollout: RolloutArgs, dimensions: dict[str, Any]
) -> dict[str, Any]:
    return {
        "metric_queries": (
            _average_error_queries(dimensions)
            if args.get("mode", REALTIME) == ASYNC
            else _error_share_queries(dimensions)
        ),
        "threshold": rollout.get("max_error_percent", DEFAULT_MAX_ERROR_PERCENT),
    }


def _error_share_queries(dimensions: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _metric("e", "Invocation5XXErrors", "Sum", dimensions),
        _metric("i", "Invocations", "Sum", dimensions),
        _result("IF(i>0,100*e/i,0)"),
    ]


def _average_error_queries(dimensions: dict[str, Any]) -> list[dict[str, Any]]:
    """Asynchronous endpoints publish no `Invocations`, but a 0 or 1 for every request.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html, read 2026-11-24.
    """
    return [_metric("e", "Invocation5XXErrors", "Average", dimensions), _result("100*e")]


def _metric(
    query_id: str, metric_name: str, statistic: str, dimensions: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": query_id,
        "metric": {
            "namespace": NAMESPACE,
            "metric_name": metric_name,
            "dimensions": dimensions,
            "stat": statistic,
            "period": PERIOD_SECONDS,
        },
    }


def _result(expression: str) -> dict[str, Any]:
    return {
        "id": "percent",
        "expression": expression,
        "label": "Failed requests (%)",
        "return_data": True,
    }
