"""What watches the costs of a stack: a budget on its tags, and an alarm on an endpoint that nobody asks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_aws import budgets

from components.idle_alarm import make_idle_alarm
from components.modes import REALTIME, SERVERLESS

DEFAULT_ALERT_PERCENTS = (80.0, 100.0)
DEFAULT_FORECAST_PERCENTS = (100.0,)
MAX_NOTIFICATIONS = 10  # AWS Budgets: "a budget can have up to ten notifications"
MAX_EMAILS = 10  # AWS Budgets: "one SNS subscriber and up to 10 email subscribers"
MAX_IDLE_HOURS = 168  # PutMetricAlarm: seven days


class CostGuardArgs(TypedDict):
    """What a CostGuard needs.

    Which resources exist follows from plain values alone, so that a preview shows all of them.
    """

    endpoint_name: pulumi.Input[str]
    """Name of the endpoint that is watched for being idle."""

    max_monthly_usd: NotRequired[float | None]
    """Limit of the budget, in US dollars a month, above 0. None makes no budget. Default None."""

    cost_tags: NotRequired[Mapping[str, str]]
    """Tags by which the costs of the stack are found: those that carry all of them count. Somebody has to activate each key
    as a cost allocation tag, in the billing console of the account that pays; until then the budget sees nothing.
    Needed with `max_monthly_usd`."""

    alert_percents: NotRequired[Sequence[float]]
    """Shares of the limit at which real costs are reported, in percent, above 0. Default 80 and 100."""

    forecast_percents: NotRequired[Sequence[float]]
    """Shares of the limit at which the costs that AWS expects are reported, in percent, above 0. Default 100."""

    emails: NotRequired[Sequence[str]]
    """Addresses that are told of the budget, at most 10. Default none."""

    topic_arn: NotRequired[pulumi.Input[str] | None]
    """Topic in the same Region that is told of the budget and of an idle endpoint. Its policy must let
    `budgets.amazonaws.com` and `cloudwatch.amazonaws.com` publish. Default none."""

    idle_hours: NotRequired[int | None]
    """After how many hours without a request an alarm goes off, 1 to 168. None makes no alarm. Default None."""

    mode: NotRequired[str]
    """How the endpoint is hosted; serverless has no instances to idle. Default `realtime`."""

    inference_component_name: NotRequired[pulumi.Input[str]]
    """What answers in the mode scale-to-zero."""

    variants: NotRequired[Sequence[str]]
    """Names of the variants besides the main one. Default none."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags for every resource that can carry them."""


class CostGuardArgsError(pulumi.RunError):
    """The arguments of a CostGuard contradict each other.

    A `RunError`, so that `pulumi up` ends with the message and without a stack trace.
    """


class CostGuard(pulumi.ComponentResource):
    """A monthly budget with alerts on real and on expected costs, and an alarm on an idle endpoint.

    A budget tells and does not stop anything; AWS brings it up to date a few times a day, so an alert comes hours
    after the costs. Without `emails` and `topic_arn` nobody is told, and the budget is seen in the console.

    `ignore_changes`, `replace_on_changes` and `depends_on` given to this component do not reach
    its children.
    """

    budget_name: pulumi.Output[str]
    """Name of the budget; empty if there is none."""

    idle_alarm_name: pulumi.Output[str]
    """Name of the alarm on an idle endpoint; empty if there is none."""

    def __init__(
        self, name: str, args: CostGuardArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        problems = list(_problems(args))
        if problems:
            raise CostGuardArgsError("\n".join(f"{name}: {problem}" for problem in problems))
        super().__init__("genai:index:CostGuard", name, {**args}, opts)

        self.budget_name = self._budget(name, args)
        self.idle_alarm_name = self._idle_alarm(name, args)
        self.register_outputs(
            {"budget_name": self.budget_name, "idle_alarm_name": self.idle_alarm_name}
        )

    def _budget(self, name: str, args: CostGuardArgs) -> pulumi.Output[str]:
        limit = args.get("max_monthly_usd")
        if limit is None:
            return pulumi.Output.from_input("")
        return budgets.Budget(
            f"{name}-budget",
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{limit:.2f}",
            limit_unit="USD",
            filter_expression=_filter(args.get("cost_tags", {})),
            metrics="UnblendedCost",
            notifications=list(_notifications(args)),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        ).name

    def _idle_alarm(self, name: str, args: CostGuardArgs) -> pulumi.Output[str]:
        hours, topic = args.get("idle_hours"), args.get("topic_arn")
        if hours is None:
            return pulumi.Output.from_input("")
        return make_idle_alarm(
            name,
            mode=args.get("mode", REALTIME),
            endpoint_name=args["endpoint_name"],
            inference_component_name=args.get("inference_component_name", ""),
            variants=args.get("variants", ()),
            hours=hours,
            actions=[] if topic is None else [topic],
            tags=args.get("tags"),
            parent=self,
        ).name


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
    limit, hours = args.get("max_monthly_usd"), args.get("idle_hours")
    if limit is not None and limit <= 0:
        yield f"max_monthly_usd must be above 0, got {limit}"
    if limit is not None and not args.get("cost_tags"):
        yield "max_monthly_usd needs cost_tags: a budget without them would count the whole account"
    shares = [percent for percents in _percents(args).values() for percent in percents]
    if len(shares) > MAX_NOTIFICATIONS:
        yield f"alert_percents and forecast_percents must be at most {MAX_NOTIFICATIONS} together, got {len(shares)}"
    if any(percent <= 0 for percent in shares):
        yield f"alert_percents and forecast_percents must be above 0, got {min(shares)}"
    emails = args.get("emails", ())
    if len(emails) > MAX_EMAILS:
        yield f"emails must be at most {MAX_EMAILS}, got {len(emails)}"
    if hours is not None and not 1 <= hours <= MAX_IDLE_HOURS:
        yield f"idle_hours must be 1 to {MAX_IDLE_HOURS}, got {hours}"
    if hours is not None and args.get("mode") == SERVERLESS:
        yield "idle_hours is for endpoints with instances, got mode serverless"
