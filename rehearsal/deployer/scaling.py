"""Application Auto Scaling: targets, policies and scheduled actions."""

from typing import Any

from rehearsal.deployer.kind import (
    Created,
    Inputs,
    Kind,
    call,
    physical_name,
    put_again,
    tags_by,
)
from rehearsal.deployer.requests import to_request
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount


def _target(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    request = to_request("application-autoscaling", "RegisterScalableTarget", inputs)
    answer = account.client("application-autoscaling").register_scalable_target(**request)
    return Created(inputs["resourceId"], {"arn": answer["ScalableTargetARN"]})


def _update_target(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    """Registered already, it takes tags only from TagResource."""
    untagged = {key: value for key, value in inputs.items() if key != "tags"}
    return _target(account, was.name, untagged).outputs


def _policy(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    policy_name = physical_name(name, inputs)
    members = {key: value for key, value in inputs.items() if key != "name"}
    request = to_request(
        "application-autoscaling", "PutScalingPolicy", {**members, "policyName": policy_name}
    )
    answer = account.client("application-autoscaling").put_scaling_policy(**request)
    alarms = [alarm["AlarmARN"] for alarm in answer["Alarms"]]
    return Created(
        policy_name, {"name": policy_name, "arn": answer["PolicyARN"], "alarmArns": alarms}
    )


def _scheduled_action(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    action_name = physical_name(name, inputs)
    members = {key: value for key, value in inputs.items() if key != "name"}
    request = to_request(
        "application-autoscaling",
        "PutScheduledAction",
        {**members, "scheduledActionName": action_name},
    )
    client = account.client("application-autoscaling")
    client.put_scheduled_action(**request)
    (made,) = client.describe_scheduled_actions(
        ServiceNamespace=inputs["serviceNamespace"],
        ResourceId=inputs["resourceId"],
        ScheduledActionNames=[action_name],
    )["ScheduledActions"]
    return Created(
        f"{action_name}-{inputs['serviceNamespace']}-{inputs['resourceId']}",
        {"name": action_name, "arn": made["ScheduledActionARN"]},
    )


_SERVICE = "application-autoscaling"
_SCALED = {
    "ServiceNamespace": "serviceNamespace",
    "ResourceId": "resourceId",
    "ScalableDimension": "scalableDimension",
}

KINDS = {
    "aws:appautoscaling/target:Target": Kind(
        create=_target,
        update=_update_target,
        delete=call(_SERVICE, "deregister_scalable_target", **_SCALED),
        tag=tags_by(_SERVICE, "ResourceARN", as_list=False),
    ),
    "aws:appautoscaling/policy:Policy": Kind(
        create=_policy,
        update=put_again(_policy, "name"),
        delete=call(_SERVICE, "delete_scaling_policy", PolicyName="name", **_SCALED),
    ),
    "aws:appautoscaling/scheduledAction:ScheduledAction": Kind(
        create=_scheduled_action,
        update=put_again(_scheduled_action, "name"),
        delete=call(_SERVICE, "delete_scheduled_action", ScheduledActionName="name", **_SCALED),
    ),
}
