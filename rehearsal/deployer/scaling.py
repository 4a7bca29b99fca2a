"""Application Auto Scaling: targets, policies and scheduled actions."""

from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name
from rehearsal.deployer.requests import to_request
from rehearsal.local_account import LocalAccount


def _target(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    request = to_request("application-autoscaling", "RegisterScalableTarget", inputs)
    answer = account.client("application-autoscaling").register_scalable_target(**request)
    return Created(inputs["resourceId"], {"arn": answer["ScalableTargetARN"]})


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


CREATORS: dict[str, Creator] = {
    "aws:appautoscaling/target:Target": _target,
    "aws:appautoscaling/policy:Policy": _policy,
    "aws:appautoscaling/scheduledAction:ScheduledAction": _scheduled_action,
}
