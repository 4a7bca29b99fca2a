"""What an alarm does in a new state: it tells topics and functions, and lets scaling policies act.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html. A policy is asked again each minute for
as long as the alarm stays where it is; the others are told once.
"""

from collections.abc import Callable
from typing import Any

from moto.cloudwatch.models import Alarm
from moto.sns.exceptions import TopicNotFound
from moto.sns.models import sns_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.cloudwatch.alarm_history import note_in_history
from rehearsal.account.cloudwatch.alarm_message import event_of, message_of, subject_of
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.resource_policies import lets_anyone, lets_service
from rehearsal.account.wire_errors import AwsError

_TO_TOPICS = "cloudwatch.amazonaws.com"
_TO_FUNCTIONS = "lambda.alarms.cloudwatch.amazonaws.com"
AcceptEvent = Callable[[str, dict[str, Any]], None]
"""`(function's ARN, event)`: takes an asynchronous invocation."""
ActOnAlarm = Callable[[str, Alarm], None]
"""`(policy's ARN, alarm)`: lets a scaling policy act; an `AwsError` says why it does not."""


class AlarmActions:
    """Carries out what alarms are to do."""

    def __init__(self, accept_event: AcceptEvent, act_on_alarm: ActOnAlarm) -> None:
        self._accept_event = accept_event
        self._act_on_alarm = act_on_alarm

    def run(self, alarm: Alarm, was: str) -> None:
        """Do everything that an alarm does when it has come into its state from another one."""
        for arn in _actions_of(alarm):
            try:
                self._run_one(arn, alarm, was)
            except AwsError as refused:
                _note(alarm, f"Failed to execute action {arn}", arn, refused.message)
            except Exception as failure:  # noqa: BLE001 - whatever it is, the next action and alarm go on
                _note(alarm, f"Failed to execute action {arn}", arn, repr(failure))
            else:
                _note(alarm, f"Successfully executed action {arn}", arn, None)

    def repeat(self, alarm: Alarm) -> None:
        """Let policies act again; not noted, or nothing else would be in the history."""
        for arn in filter(_is_policy, _actions_of(alarm)):
            try:
                self._act_on_alarm(arn, alarm)
            except Exception:  # noqa: BLE001, S112 - noted when the alarm changed, and next time it does
                continue

    def _run_one(self, arn: str, alarm: Alarm, was: str) -> None:
        if _is_policy(arn):
            self._act_on_alarm(arn, alarm)
        elif ":sns:" in arn:
            _publish(arn, alarm, was)
        elif ":lambda:" in arn:
            _require(_TO_FUNCTIONS, "lambda:InvokeFunction", arn, alarm)
            self._accept_event(arn, event_of(alarm, was))
        else:
            raise AwsError("Unplayed", "The local account plays topics, functions and policies.")


def has_policies(alarm: Alarm) -> bool:
    """Whether an alarm asks a scaling policy to act in the state that it is in."""
    return any(map(_is_policy, _actions_of(alarm)))


def _actions_of(alarm: Alarm) -> list[str]:
    if not alarm.actions_enabled:
        return []
    return {
        "OK": alarm.ok_actions,
        "ALARM": alarm.alarm_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }.get(alarm.state_value, [])


def _is_policy(arn: str) -> bool:
    return ":scalingPolicy:" in arn


def _publish(arn: str, alarm: Alarm, was: str) -> None:
    _require(_TO_TOPICS, "sns:Publish", arn, alarm)
    try:
        topics = sns_backends[ACCOUNT_ID][arn.split(":")[3]]
        topics.publish(message_of(alarm, was), arn=arn, subject=subject_of(alarm))
    except TopicNotFound as missing:
        raise AwsError("NotFound", f"The topic {arn} does not exist.") from missing


def _require(service: str, action: str, arn: str, alarm: Alarm) -> None:
    context = {
        "aws:SourceArn": alarm.alarm_arn,
        "aws:SourceAccount": ACCOUNT_ID,
        "aws:SourceOwner": ACCOUNT_ID,  # what the policy that a topic is born with asks for
        "aws:SecureTransport": "true",
    }
    call = Call(action, arn, context)
    if not (lets_service(service, call) or lets_anyone(call)):
        raise AwsError("AccessDenied", f"{arn} does not let {service} perform {action}.")


def _note(alarm: Alarm, summary: str, arn: str, error: str | None) -> None:
    data = {"actionState": "Failed" if error else "Succeeded", "notificationResource": arn}
    note_in_history(alarm, "Action", summary, {**data, **({"error": error} if error else {})})
