"""Alarms change their state here as on AWS: they begin without data, remember what they were, and act on it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse

from rehearsal.account.cloudwatch.alarm_history import note_in_history
from rehearsal.account.cloudwatch.alarm_verdict import INSUFFICIENT_DATA
from rehearsal.account.cloudwatch.metric_store import metrics_in

Changed = Callable[[Alarm, str], None]
"""Told of an alarm in its new state, and the one that it was in."""

_put_metric_alarm = CloudWatchBackend.put_metric_alarm
_KEPT = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history")


def follow_states(tell: Changed) -> None:
    """Replace moto's own, for the whole process: whoever changes a state, `tell` is called."""

    def put_metric_alarm(self: CloudWatchBackend, name: str, *rest: Any, **more: Any) -> Alarm:
        metrics_in(self.region_name)  # from now on its minutes pass
        known = self.alarms.get(name)
        alarm = _put_metric_alarm(self, name, *rest, **more)
        if known is None:
            alarm.state_value = INSUFFICIENT_DATA
            note_in_history(alarm, "ConfigurationUpdate", f'Alarm "{name}" created', {})
        else:
            for member in _KEPT:
                setattr(alarm, member, getattr(known, member))
            note_in_history(alarm, "ConfigurationUpdate", f'Alarm "{name}" updated', {})
        return alarm

    def update_state(self: Alarm, reason: str, reason_data: str, state_value: str) -> None:
        was = self.state_value
        old = {"stateValue": was, "stateReason": self.state_reason}
        self.state_reason = reason
        self.state_reason_data = reason_data or "{}"
        self.state_value = state_value
        if state_value == was:
            return
        self.state_updated_timestamp = datetime.now(UTC).replace(tzinfo=None)  # as moto's own
        note_in_history(
            self,
            "StateUpdate",
            f"Alarm updated from {was} to {state_value}",
            {"oldState": old, "newState": {"stateValue": state_value, "stateReason": reason}},
        )
        tell(self, was)

    CloudWatchBackend.put_metric_alarm = put_metric_alarm
    # moto knows the rule of a composite alarm, but not the operation that puts one.
    CloudWatchResponse.put_composite_alarm = CloudWatchResponse.put_metric_alarm  # pyright: ignore[reportAttributeAccessIssue] - moto looks operations up by name
    Alarm.update_state = update_state
