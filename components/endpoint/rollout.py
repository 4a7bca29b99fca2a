"""How an update reaches an endpoint in service, as SageMaker's DeploymentConfig in snake_case."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi

from components.endpoint.feature_args import RolloutArgs

DEFAULT_CANARY_PERCENT = 10
DEFAULT_STEP_PERCENT = 20
DEFAULT_BATCH_PERCENT = 20
DEFAULT_WAIT_SECONDS = 300

Members = dict[str, Any]


def deployment_config(rollout: RolloutArgs, alarm_names: Sequence[pulumi.Input[str]]) -> Members:
    """Build the deployment configuration, with `alarm_names` to roll back on."""
    config = STRATEGIES[rollout["strategy"]](rollout)
    if alarm_names:
        config["auto_rollback_configuration"] = {
            "alarms": [{"alarm_name": name} for name in alarm_names]
        }
    return config


def _all_at_once(rollout: RolloutArgs) -> Members:
    return _blue_green(rollout, {"type": "ALL_AT_ONCE"})


def _canary(rollout: RolloutArgs) -> Members:
    size = _percent_of_fleet(rollout.get("canary_percent"), DEFAULT_CANARY_PERCENT)
    return _blue_green(rollout, {"type": "CANARY", "canary_size": size})


def _linear(rollout: RolloutArgs) -> Members:
    size = _percent_of_fleet(rollout.get("step_percent"), DEFAULT_STEP_PERCENT)
    return _blue_green(rollout, {"type": "LINEAR", "linear_step_size": size})


def _rolling(rollout: RolloutArgs) -> Members:
    size = _percent_of_fleet(rollout.get("batch_percent"), DEFAULT_BATCH_PERCENT)
    policy = {
        "maximum_batch_size": size,
        "wait_interval_in_seconds": _wait_seconds(rollout),
        "maximum_execution_timeout_in_seconds": rollout.get("max_seconds"),
    }
    return {"rolling_update_policy": _without_none(policy)}


def _blue_green(rollout: RolloutArgs, routing: Members) -> Members:
    policy = {
        "traffic_routing_configuration": {
            **routing,
            "wait_interval_in_seconds": _wait_seconds(rollout),
        },
        "termination_wait_in_seconds": rollout.get("termination_wait_seconds"),
        "maximum_execution_timeout_in_seconds": rollout.get("max_seconds"),
    }
    return {"blue_green_update_policy": _without_none(policy)}


def _percent_of_fleet(percent: int | None, default: int) -> Members:
    return {"type": "CAPACITY_PERCENT", "value": default if percent is None else percent}


def _wait_seconds(rollout: RolloutArgs) -> int:
    seconds = rollout.get("wait_seconds")
    return DEFAULT_WAIT_SECONDS if seconds is None else seconds


def _without_none(members: Members) -> Members:
    return {key: value for key, value in members.items() if value is not None}


STRATEGIES: Mapping[str, Callable[[RolloutArgs], Members]] = {
    "all-at-once": _all_at_once,
    "canary": _canary,
    "linear": _linear,
    "rolling": _rolling,
}
