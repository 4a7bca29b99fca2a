"""What the settings mean for `CostGuard`."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from settings.stack_settings import StackSettings
from settings.tags import STANDARD_TAGS


class GuardArgs(TypedDict):
    """For `CostGuard`."""

    max_monthly_usd: float
    cost_tags: Mapping[str, str]
    alert_percents: Sequence[float]
    forecast_percents: Sequence[float]
    emails: Sequence[str]
    topic_arn: str | None
    tags: Mapping[str, str]


def guard_args(settings: StackSettings) -> GuardArgs | None:
    """Map the settings to the arguments of `CostGuard`; None without a limit to guard."""
    guard, tags = settings.guard, settings.all_tags
    if guard.max_monthly_usd is None:
        return None
    return {
        "max_monthly_usd": guard.max_monthly_usd,
        "cost_tags": {key: tags[key] for key in STANDARD_TAGS},
        "alert_percents": guard.alert_percents,
        "forecast_percents": guard.forecast_percents,
        "emails": guard.emails,
        "topic_arn": guard.topic_arn,
        "tags": tags,
    }
