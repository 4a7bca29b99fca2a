"""The alarms, registered: each by itself, and `users-hurt` over those that callers feel."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pulumi
from pulumi_aws import cloudwatch

from components.watching.args import ObservabilityArgs
from components.watching.checks import notifying
from components.watching.endpoint_alarms import endpoint_alarms
from components.watching.function_alarms import function_alarms
from components.watching.thresholds import Thresholds
from components.watching.watch_alarm import RUNBOOK, WatchAlarm

USERS_HURT = "users-hurt"


class Alarms(NamedTuple):
    """What was registered."""

    users_hurt: cloudwatch.CompositeAlarm | None
    """None if no alarm of its kind was wanted."""

    each: Sequence[cloudwatch.MetricAlarm]

    def arns(self) -> list[pulumi.Output[str]]:
        """Return the ARNs of all of them, the one over the others first."""
        first = [self.users_hurt.arn] if self.users_hurt else []
        return first + [alarm.arn for alarm in self.each]


def thresholds_of(args: ObservabilityArgs) -> Thresholds:
    """Return the thresholds, with a default for each that is not given."""
    return Thresholds(**args.get("thresholds", {}))


def wanted_alarms(args: ObservabilityArgs) -> Iterator[WatchAlarm]:
    """Every alarm that there is something to watch for, and that is not left out."""
    endpoint, limits = args["endpoint"], thresholds_of(args)
    without = {*args.get("without", ())}
    found = [
        *endpoint_alarms(endpoint, limits),
        *function_alarms(args["function"], endpoint["endpoint_name"], limits),
    ]
    return (alarm for alarm in found if alarm.key not in without)


def make_alarms(
    name: str, args: ObservabilityArgs, topic_arn: pulumi.Output[str], parent: pulumi.Resource
) -> Alarms:
    """Register every alarm, and the one that tells people of them.

    Their names are fixed, so that whoever is woken reads which stack it is. Those that notify say so when it is over, too.
    """
    own_voice = notifying(args)
    each: list[cloudwatch.MetricAlarm] = []
    hurting: list[pulumi.Output[str]] = []
    for alarm in wanted_alarms(args):
        told = [topic_arn] if alarm.key in own_voice else None
        made = cloudwatch.MetricAlarm(
            f"{name}-{alarm.suffix}",
            name=_physical_name(args, alarm.suffix),
            alarm_description=alarm.description,
            alarm_actions=told,
            ok_actions=told,
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=parent),
            **alarm.condition.members(),
        )
        each.append(made)
        if alarm.hurts_users:
            hurting.append(made.name)
    return Alarms(_make_users_hurt(name, args, hurting, topic_arn, parent), each)


def _make_users_hurt(
    name: str,
    args: ObservabilityArgs,
    hurting: Sequence[pulumi.Output[str]],
    topic_arn: pulumi.Output[str],
    parent: pulumi.Resource,
) -> cloudwatch.CompositeAlarm | None:
    if not hurting:
        return None
    return cloudwatch.CompositeAlarm(
        f"{name}-{USERS_HURT}",
        alarm_name=_physical_name(args, USERS_HURT),
        alarm_description="Callers wait too long, get errors or get nothing. The alarms that this one is made of say "
        f"which; start with the one that went off first. More: {RUNBOOK}#{USERS_HURT}",
        alarm_rule=pulumi.Output.all(*hurting).apply(
            lambda names: " OR ".join(f'ALARM("{alarm_name}")' for alarm_name in names)
        ),
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _physical_name(args: ObservabilityArgs, suffix: str) -> pulumi.Output[str]:
    return pulumi.Output.concat(args["endpoint"]["endpoint_name"], f"-{suffix}")
