"""What tells people that a stack does not do what its callers need: alarms, a topic and a dashboard."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.watching.alarms import make_alarms, thresholds_of
from components.watching.args import ObservabilityArgs
from components.watching.checks import check
from components.watching.dashboard import make_dashboard
from components.watching.topic import make_topic

# docs.aws.amazon.com/general/latest/gr/console.html; other partitions have hosts of their own.
CONSOLE_HOSTS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
DEFAULT_CONSOLE_HOST = "console.aws.amazon.com"


class Observability(pulumi.ComponentResource):
    """Alarms on an endpoint and its function, a topic that is told of them, and a dashboard.

    There is an alarm for everything that the mode publishes and that somebody can do something about. Most of them stay
    silent: `users-hurt`, which goes off with any alarm that callers feel, tells the topic, and so do those in `notify`. All
    are named after the endpoint, and their descriptions say what to do first.

    `ignore_changes`, `replace_on_changes` and `depends_on` given to this component do not reach
    its children.
    """

    topic_arn: pulumi.Output[str]
    """ARN of the topic that is told."""

    users_hurt_alarm_arn: pulumi.Output[str]
    """ARN of the alarm over those that callers feel; empty if every one of them is left out."""

    dashboard_url: pulumi.Output[str]
    """The dashboard in AWS's console; empty if there is none."""

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        check(name, args)
        super().__init__("genai:index:Observability", name, {**args}, opts)
        within = pulumi.InvokeOutputOptions(parent=self)
        region = aws.get_region_output(opts=within).region

        self.topic_arn = make_topic(name, args, self)
        alarms = make_alarms(name, args, self.topic_arn, self)
        over_all = alarms.users_hurt
        self.users_hurt_alarm_arn = over_all.arn if over_all else pulumi.Output.from_input("")
        self.dashboard_url = pulumi.Output.from_input("")
        self._has_dashboard = args.get("dashboard", True)
        if self._has_dashboard:
            limits = thresholds_of(args)
            dashboard = make_dashboard(name, args, limits, alarms.arns(), region, self)
            host = aws.get_partition_output(opts=within).partition.apply(
                lambda partition: CONSOLE_HOSTS.get(partition, DEFAULT_CONSOLE_HOST)
            )
            self.dashboard_url = pulumi.Output.format(
                "https://{0}.{1}/cloudwatch/home?region={0}#dashboards/dashboard/{2}",
                region,
                host,
                dashboard.dashboard_name,
            )
        self.register_outputs(
            {output: getattr(self, output) for output in Observability.__annotations__}
        )

    def exports(self) -> Mapping[str, pulumi.Output[str]]:
        """Return what a stack tells of how it is watched."""
        told = {"alarm_topic_arn": self.topic_arn}
        return {**told, "dashboard_url": self.dashboard_url} if self._has_dashboard else told
