"""The alarms of an AutoRollbackConfiguration, looked at while a deployment bakes."""

from collections.abc import Iterable

from moto.cloudwatch.models import cloudwatch_backends

from rehearsal.account import ACCOUNT_ID


def tripped_alarms(names: Iterable[str], region: str) -> list[str]:
    """Return which alarms are in ALARM, evaluated or set so; one that has been deleted is not."""
    alarms = cloudwatch_backends[ACCOUNT_ID][region].alarms
    return [name for name in names if name in alarms and alarms[name].state_value == "ALARM"]
