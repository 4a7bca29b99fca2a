"""`genai:guard`: what the stack may cost, who is told, and when its endpoint may run."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from costs.load import DEFAULT_LOAD, LIMITS
from settings import limits
from settings.arns import check_topic_arn
from settings.field_checks import check_clock_time, check_email, check_timezone
from settings.sections.section import Section

Days = Literal["MON-FRI", "MON-SAT", "*"]
_PERCENTS = Annotated[float, Field(gt=0, le=limits.ALERT_PERCENT)]


class LoadSettings(Section):
    """`genai:guard.load`: what is asked on an average day, for what is billed by the request."""

    requests_per_day: float = Field(
        default=DEFAULT_LOAD.requests_per_day,
        ge=LIMITS["requests_per_day"].least,
        le=LIMITS["requests_per_day"].most,
        description="how many requests",
    )
    tokens_per_request: float = Field(
        default=DEFAULT_LOAD.tokens_per_request,
        ge=LIMITS["tokens_per_request"].least,
        le=LIMITS["tokens_per_request"].most,
        description="tokens of prompt and answer together, of four bytes each",
    )
    seconds_per_request: float = Field(
        default=DEFAULT_LOAD.seconds_per_request,
        gt=LIMITS["seconds_per_request"].least,
        le=LIMITS["seconds_per_request"].most,
        description="how long the container works on a request, which nobody knows but who has measured it",
    )
    hours_per_day: float = Field(
        default=DEFAULT_LOAD.hours_per_day,
        gt=LIMITS["hours_per_day"].least,
        le=LIMITS["hours_per_day"].most,
        description="hours of the day in which they come; `genai cost` compares the modes by it",
    )
    at_once: float = Field(
        default=DEFAULT_LOAD.at_once,
        ge=LIMITS["at_once"].least,
        le=LIMITS["at_once"].most,
        description="how many requests an instance answers at a time; `genai cost` compares the modes by it",
    )


class WorkHoursSettings(Section):
    """`genai:guard.workHours`: when instances may run; outside there are none."""

    from_: Annotated[str, AfterValidator(check_clock_time)] = Field(
        description="when the day begins, on a clock of 24 hours", examples=['"07:00"']
    )
    to: Annotated[str, AfterValidator(check_clock_time)] = Field(
        description="when it ends, later than it begins", examples=['"19:30"']
    )
    days: Days = Field(
        default="MON-FRI", description="the days of the week: MON-FRI, MON-SAT or * for all"
    )
    timezone: Annotated[str, AfterValidator(check_timezone)] = Field(
        default="UTC", description="the time zone of the clock, such as Europe/Berlin"
    )


class GuardSettings(Section):
    """`genai:guard`: what the stack may cost a month, who is told, and when its endpoint may run."""

    max_monthly_usd: float | None = Field(
        default=None,
        gt=0,
        le=limits.MONTHLY_USD,
        description="the most that the stack may cost a month. A stack whose settings allow more is refused before anything "
        "is made (docs/costs.md), and a budget of AWS watches what is really billed; neither without it",
        examples=[200],
    )
    alert_percents: list[_PERCENTS] = Field(
        default=[80.0, 100.0],
        max_length=limits.ALERTS_OF_A_KIND,
        description="shares of maxMonthlyUsd, in percent, at which the real costs of a month are reported",
    )
    forecast_percents: list[_PERCENTS] = Field(
        default=[100.0],
        max_length=limits.ALERTS_OF_A_KIND,
        description="the same for what AWS expects the month to cost",
    )
    emails: list[Annotated[str, AfterValidator(check_email)]] = Field(
        default_factory=list,
        max_length=limits.BUDGET_EMAILS,
        description="who is told of the budget, by e-mail; nobody unless given, and the budget is seen in the console",
        examples=["[team@example.com]"],
    )
    topic_arn: Annotated[str, AfterValidator(check_topic_arn)] | None = Field(
        default=None,
        description="a topic of yours that is told of the budget; its policy has to let budgets.amazonaws.com publish",
        examples=["arn:aws:sns:us-east-1:123456789012:costs"],
    )
    work_hours: WorkHoursSettings | None = Field(
        default=None,
        description="when instances may run; outside of it scaling keeps none. For the modes async and scale-to-zero: behind a "
        "realtime endpoint at least one instance runs, which only endpoint.enabled: false takes away",
    )
    load: LoadSettings = Field(
        default=LoadSettings(),
        description="what is asked on an average day, for what is billed by the request",
    )
