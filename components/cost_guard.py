"""What watches the costs of a stack: a budget on its tags."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_aws import budgets

DEFAULT_ALERT_PERCENTS = (80.0, 100.0)
DEFAULT_FORECAST_PERCENTS = (100.0,)
MAX_NOTIFICATIONS = 10  # AWS Budgets: "a budget can have up to ten notifications"
MAX_EMAILS = 10  # AWS Budgets: "one SNS subscriber and up to 10 email subscribers"


class CostGuardArgs(TypedDict):
    """What a CostGuard needs."""

    max_monthly_usd: float
    """Limit of the budget, in US dollars a month, above 0."""

    cost_tags: Mapping[str, str]
    """Tags by which the costs of the stack are found, at least one: those that carry all of them count. Somebody has to
    activate each key as a cost allocation tag, in the billing console of the account that pays; until then the budget
    sees nothing."""

    alert_percents: NotRequired[Sequence[float]]
    """Shares of the limit at which real costs are reported, in percent, above 0. Default 80 and 100."""

    forecast_percents: NotRequired[Sequence[float]]
    """Shares of the limit at which the costs that AWS expects are reported, in percent, above 0. Default 100."""

    emails: NotRequired[Sequence[str]]
    """Addresses that are told of the budget, at most 10. Default none."""

    topic_arn: NotRequired[pulumi.Input[str] | None]
    """Topic that is told of the budget. Its policy must let `budgets.amazonaws.com` publish. Default none."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags for every resource that can carry them."""


class CostGuardArgsError(pulumi.RunError):
    """The arguments of a CostGuard contradict each other.

    A `RunError`, so that `pulumi up` ends with the message and without a stack trace.
    """


class CostGuard(pulumi.ComponentResource):
    """A monthly budget with alerts on real and on expected costs.

    A budget tells and does not stop anything; AWS brings it up to date a few times a day, so an alert comes hours
    after the costs. Without `emails` and `topic_arn` nobody is told, and the budget is seen in the console.

    `ignore_changes`, `replace_on_changes` and `depends_on` given to this component do not reach
    its children.
    """

    budget_name: pulumi.Output[str]
    """Name of the budget."""

    def __init__(
        self, name: str, args: CostGuardArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        problems = list(_problems(args))
        if problems:
            raise CostGuardArgsError("\n".join(f"{name}: {problem}" for problem in problems))
        super().__init__("genai:index:CostGuard", name, {**args}, opts)

        self.budget_name = budgets.Budget(
            f"{name}-budget",
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{args['max_monthly_usd']:.2f}",
            limit_unit="USD",
            filter_expression=_filter(args["cost_tags"]),
            metrics="UnblendedCost",
            notifications=list(_notifications(args)),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        ).name
        self.register_outputs({"budget_name": self.budget_name})


def _filter(cost_tags: Mapping[str, str]) -> Any:
    """What carries all of the tags."""
    tags = [{"tags": {"key": key, "values": [value]}} for key, value in sorted(cost_tags.items())]
    return tags[0] if len(tags) == 1 else {"ands": tags}


def _notifications(args: CostGuardArgs) -> Iterator[Any]:
    """One for each share; none without anybody to tell, which AWS refuses."""
    emails, topic = args.get("emails", ()), args.get("topic_arn")
    if not emails and topic is None:
        return
    told: dict[str, Any] = {"subscriber_email_addresses": list(emails)} if emails else {}
    if topic is not None:
        told["subscriber_sns_topic_arns"] = [topic]
    for kind, percents in _percents(args).items():
        for percent in percents:
            yield {
                "notification_type": kind,
                "comparison_operator": "GREATER_THAN",
                "threshold": percent,
                "threshold_type": "PERCENTAGE",
                **told,
            }


def _percents(args: CostGuardArgs) -> dict[str, Sequence[float]]:
    return {
        "ACTUAL": args.get("alert_percents", DEFAULT_ALERT_PERCENTS),
        "FORECASTED": args.get("forecast_percents", DEFAULT_FORECAST_PERCENTS),
    }


def _problems(args: CostGuardArgs) -> Iterator[str]:
    if args["max_monthly_usd"] <= 0:
        yield f"max_monthly_usd must be above 0, got {args['max_monthly_usd']}"
    if not args["cost_tags"]:
        yield "cost_tags must not be empty: a budget without them would count the whole account"
    shares = [percent for percents in _percents(args).values() for percent in percents]
    if len(shares) > MAX_NOTIFICATIONS:
        yield f"alert_percents and forecast_percents must be at most {MAX_NOTIFICATIONS} together, got {len(shares)}"
    if any(percent <= 0 for percent in shares):
        yield f"alert_percents and forecast_percents must be above 0, got {min(shares)}"
    emails = args.get("emails", ())
    if len(emails) > MAX_EMAILS:
        yield f"emails must be at most {MAX_EMAILS}, got {len(emails)}"
