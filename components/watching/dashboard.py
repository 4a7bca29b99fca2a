"""The dashboard: from what callers feel, over the endpoint and its machines, to queues, function and logs."""

from collections.abc import Iterator, Sequence

import pulumi
from pulumi_aws import cloudwatch

from components.watching.args import ObservabilityArgs
from components.watching.endpoint_graphs import EndpointGraphs
from components.watching.function_graphs import FunctionGraphs
from components.watching.thresholds import Thresholds
from components.watching.watch_alarm import RUNBOOK
from components.watching.widgets import AlarmStates, LogTable, Row, Text, lay_out

NEWEST = "sort @timestamp desc | limit 20"


def make_dashboard(
    name: str,
    args: ObservabilityArgs,
    limits: Thresholds,
    alarm_arns: Sequence[pulumi.Output[str]],
    region: pulumi.Output[str],
    parent: pulumi.Resource,
) -> cloudwatch.Dashboard:
    """Register it under the endpoint's name: CloudWatch makes up none."""
    endpoint = args["endpoint"]
    heading = pulumi.Output.format(
        "# {}\nMode {}. What each alarm means, and what to do first: {}",
        endpoint["endpoint_name"],
        endpoint["mode"],
        RUNBOOK,
    )
    rows: list[Row] = [[Text(heading, height=2)]]
    if alarm_arns:
        rows.append([AlarmStates(alarm_arns)])
    rows += _parts(args, limits)
    return cloudwatch.Dashboard(
        f"{name}-dashboard",
        dashboard_name=endpoint["endpoint_name"],
        dashboard_body=pulumi.Output.json_dumps({"widgets": lay_out(rows, region)}),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _parts(args: ObservabilityArgs, limits: Thresholds) -> Iterator[Row]:
    """Yield each part that the stack has, below its heading."""
    endpoint, name = args["endpoint"], args["endpoint"]["endpoint_name"]
    of_function = FunctionGraphs(args["function"], name, limits)
    of_endpoint = (
        EndpointGraphs(endpoint, limits, args.get("hourly_usd")) if endpoint["enabled"] else None
    )
    parts: tuple[tuple[str, Sequence[Row]], ...] = (
        ("What callers get", of_function.callers()),
        ("The endpoint", of_endpoint.requests() if of_endpoint else []),
        ("Its machines", of_endpoint.machines() if of_endpoint else []),
        ("What waits", [*(of_endpoint.queue() if of_endpoint else []), *of_function.queues()]),
        ("The function", [of_function.runs()]),
        ("The newest errors", [_logs(args)]),
    )
    for title, rows in parts:
        if rows:
            yield [Text(f"## {title}")]
            yield from rows


def _logs(args: ObservabilityArgs) -> Row:
    return [
        LogTable(
            "The function's warnings and errors",
            args["function"]["log_group_name"],
            "fields @timestamp, level, message | filter level in ['WARNING', 'WARN', 'ERROR', 'CRITICAL']"
            f" | {NEWEST}",
        ),
        LogTable(
            "What the container says of errors",
            args["endpoint"]["log_group_name"],
            f"fields @timestamp, @message | filter @message like /(?i)(error|exception|out of memory)/ | {NEWEST}",
        ),
    ]
