"""The alarms of an AutoRollbackConfiguration, looked at while a deployment bakes."""

from collections.abc import Iterable
from datetime import datetime

from moto.cloudwatch.models import cloudwatch_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.cloudwatch.alarm_history import went_off_since


def tripped_alarms(names: Iterable[str], region: str, since: datetime) -> list[str]:
    """Return which alarms are in ALARM, or were since then, evaluated or set so; one that was deleted is not.

    A minute is so short here that an alarm may be set off and be over between two looks.
    """
    alarms = cloudwatch_backends[ACCOUNT_ID][region].alarms
    return [
        name
        for name in names
        if name in alarms
        and (alarms[name].state_value == "ALARM" or went_off_since(alarms[name], since))
    ]
