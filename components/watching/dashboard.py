"""The dashboard: from what callers feel, over the endpoint and its machines, to queues, function and logs."""

from collections.abc import Iterator, Sequence

import pulumi
from pulumi_aws import cloudwatch

from components.endpoint.variant_metrics import failed_percent, model_latency, share_of_requests
from components.metrics import (
    FUNCTIONS,
    INSTANCES,
    INVOCATIONS,
    MICROSECONDS_PER_SECOND,
    MILLISECONDS_PER_SECOND,
    QUEUES,
    Math,
    Metric,
)
from components.modes import ASYNC, MAIN_VARIANT, SCALE_TO_ZERO, SERVERLESS
from components.watching.args import ObservabilityArgs
from components.watching.endpoint_alarms import (
    gpu_memory,
    request_dimensions,
    variant_dimensions,
)
from components.watching.function_alarms import failed_replies, failure_queues
from components.watching.thresholds import Thresholds
from components.watching.watch_alarm import RUNBOOK
from components.watching.widgets import (
    AlarmStates,
    Graph,
    Line,
    LogTable,
    Row,
    Text,
    Threshold,
    lay_out,
)

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
    shown = _Shown(args, limits)
    heading = pulumi.Output.format(
        "# {}\nMode {}. What each alarm means, and what to do first: {}",
        shown.endpoint["endpoint_name"],
        shown.endpoint["mode"],
        RUNBOOK,
    )
    rows: list[Row] = [[Text(heading, height=2)]]
    if alarm_arns:
        rows.append([AlarmStates(alarm_arns)])
    rows += shown.rows()
    return cloudwatch.Dashboard(
        f"{name}-dashboard",
        dashboard_name=args["endpoint"]["endpoint_name"],
        dashboard_body=pulumi.Output.json_dumps({"widgets": lay_out(rows, region)}),
        opts=pulumi.ResourceOptions(parent=parent),
    )


class _Shown:
    """What there is to see of one stack."""

    def __init__(self, args: ObservabilityArgs, limits: Thresholds) -> None:
        self._args = args
        self._limits = limits
        self.endpoint = args["endpoint"]
        self._function = args["function"]
        self._is_async = self.endpoint["mode"] == ASYNC
        self._variants = tuple(self.endpoint["gpus_by_variant"])

    def rows(self) -> Iterator[Row]:
        """Yield each part that the stack has, below its heading."""
        has_endpoint = self.endpoint["enabled"]
        parts: tuple[tuple[str, Sequence[Row]], ...] = (
            ("What callers get", self._callers()),
            ("The endpoint", self._requests() if has_endpoint else []),
            ("Its machines", self._machines() if has_endpoint else []),
            ("What waits", self._queues()),
            ("The function", [self._runs()]),
            ("The newest errors", [self._logs()]),
        )
        for title, rows in parts:
            if rows:
                yield [Text(f"## {title}")]
                yield from rows

    def _callers(self) -> list[Row]:
        namespace = self._function.get("metrics_namespace")
        if not namespace:
            return []
        name = self.endpoint["endpoint_name"]

        def line(metric: str, statistic: str, label: str, divisor: int = 1) -> Line:
            series = Metric(namespace, metric, {"Endpoint": name}).by(statistic)
            return Line(label, series, divisor)

        failed = Line("failed replies", failed_replies(namespace, name))
        threshold = Threshold("failed-replies", self._limits.failed_reply_percent)
        in_seconds = MILLISECONDS_PER_SECOND
        return [
            [
                Graph(
                    "Requests and failures in a minute",
                    "count",
                    [
                        line("Requests", "Sum", "requests"),
                        line("Failures", "Sum", "failures, with callers' own"),
                        line("Retries", "Sum", "repeated calls of the endpoint"),
                        line("RecordsNotStored", "Sum", "records not stored"),
                    ],
                ),
                Graph(
                    "Time until the answer",
                    "seconds",
                    [
                        line("TotalLatency", "p50", "whole answer, half of them", in_seconds),
                        line("TotalLatency", "p99", "whole answer, 99 of 100", in_seconds),
                        line("TimeToFirstText", "p50", "first text, half of them", in_seconds),
                        line("TimeToFirstText", "p99", "first text, 99 of 100", in_seconds),
                    ],
                ),
                Graph("Failed replies", "percent", [failed], [threshold]),
                Graph(
                    "Tokens in a minute",
                    "tokens",
                    [
                        line("PromptTokens", "Sum", "read"),
                        line("CompletionTokens", "Sum", "written"),
                    ],
                ),
            ]
        ]

    def _requests(self) -> list[Row]:
        answered = [
            Line(
                self._label("requests", variant),
                model_latency(dimensions).by("SampleCount")
                if self._is_async
                else Metric(INVOCATIONS, "Invocations", dimensions).by("Sum"),
            )
            for variant, dimensions in self._counted()
        ]
        seconds = self._limits.latency_seconds_in(is_async=self._is_async)
        return [
            [
                Graph("Requests in a minute", "count", answered),
                Graph(
                    "Time that the model takes",
                    "seconds",
                    list(self._times()),
                    [] if seconds is None else [Threshold("latency", seconds)],
                ),
                Graph(
                    "Requests that fail",
                    "percent",
                    list(self._failures()),
                    [Threshold("errors", self._limits.error_percent)],
                ),
            ]
        ]

    def _counted(self) -> Iterator[tuple[str, dict[str, pulumi.Input[str]]]]:
        for variant in self._variants:
            yield variant, {**request_dimensions(self.endpoint, variant)}

    def _times(self) -> Iterator[Line]:
        for variant, dimensions in self._counted():
            for statistic, said in {"p50": "half of them", "p99": "99 of 100"}.items():
                label = self._label(f"model, {said}", variant)
                series = model_latency(dimensions).by(statistic)
                yield Line(label, series, MICROSECONDS_PER_SECOND)
            if not self._is_async:
                overhead = Metric(INVOCATIONS, "OverheadLatency", dimensions).by("p99")
                label = self._label("SageMaker's own, 99 of 100", variant)
                yield Line(label, overhead, MICROSECONDS_PER_SECOND)
            if self.endpoint["mode"] == SERVERLESS:
                setup = Metric(INVOCATIONS, "ModelSetupTime", dimensions).by("p99")
                yield Line("cold start, 99 of 100", setup, MICROSECONDS_PER_SECOND)

    def _failures(self) -> Iterator[Line]:
        for variant, dimensions in self._counted():
            failed = failed_percent(dimensions, is_async=self._is_async)
            yield Line(self._label("status 5xx", variant), failed)
            errors = Metric(INVOCATIONS, "InvocationModelErrors", dimensions)
            label = self._label("no status 2xx", variant)
            yield Line(label, share_of_requests(errors, label, is_async=self._is_async))

    def _machines(self) -> list[Row]:
        if self.endpoint["mode"] == SERVERLESS:
            return []
        graphs = [
            Graph(
                "Utilisation: a percent for each core or GPU, 100 for memory and disk",
                "percent",
                list(self._utilisation()),
                [Threshold("disk", self._limits.disk_percent)],
            ),
            self._capacity(),
        ]
        if not self._is_async:
            graphs.insert(1, Graph("Requests at once", "count", list(self._at_once())))
        return [graphs]

    def _utilisation(self) -> Iterator[Line]:
        for variant, gpus in self.endpoint["gpus_by_variant"].items():
            dimensions = variant_dimensions(self.endpoint, variant)
            metrics = {"CPUUtilization": "CPU", "MemoryUtilization": "memory"}
            metrics["DiskUtilization"] = "disk"
            if gpus:
                metrics["GPUUtilization"] = "GPU"
            for metric, label in metrics.items():
                series = Metric(INSTANCES, metric, dimensions).by("Average")
                yield Line(self._label(label, variant), series)
            if gpus:
                memory, _ = gpu_memory(self.endpoint, variant)
                yield Line(self._label("GPU memory", variant), memory.by("Maximum"))

    def _at_once(self) -> Iterator[Line]:
        metric = (
            "ConcurrentRequestsPerCopy"
            if self.endpoint["mode"] == SCALE_TO_ZERO
            else "ConcurrentRequestsPerModel"
        )
        for variant, dimensions in self._counted():
            series = Metric(INVOCATIONS, metric, dimensions).by("Maximum")
            yield Line(self._label("of an instance or copy, at most", variant), series)

    def _capacity(self) -> Graph:
        """Each instance tells of its CPU once a minute: that is how many there are, as nothing else says."""
        hourly_usd = self._args.get("hourly_usd")
        running = {
            variant: Metric(
                INSTANCES, "CPUUtilization", variant_dimensions(self.endpoint, variant)
            ).by("SampleCount")
            for variant in self._variants
        }
        lines = [Line(self._label("instances", name), series) for name, series in running.items()]
        if hourly_usd is None:
            return Graph("Instances", "count", lines)
        cost = Math(f"n*{hourly_usd:g}", "USD an hour", {"n": running[MAIN_VARIANT]})
        lines.append(Line(self._label("USD an hour", MAIN_VARIANT), cost, on_the_right=True))
        title = f"Instances, at {hourly_usd:g} USD an hour each (on demand)"
        return Graph(title, "count", lines, right_unit="USD an hour")

    def _queues(self) -> list[Row]:
        rows: list[Row] = []
        if self._is_async and self.endpoint["enabled"]:
            rows.append(self._async_queue())
        inputs = self._function.get("inputs_queue_name")
        failed = {
            key: Metric(QUEUES, "ApproximateNumberOfMessagesVisible", {"QueueName": queue})
            for key, queue in failure_queues(self._function).items()
        }
        graphs: list[Graph] = []
        if inputs is not None:
            queue = {"QueueName": inputs}
            states = {"Visible": "waiting", "NotVisible": "being worked on"}
            lines = [
                Line(
                    said, Metric(QUEUES, f"ApproximateNumberOfMessages{state}", queue).by("Maximum")
                )
                for state, said in states.items()
            ]
            graphs.append(Graph("Inputs", "count", lines))
            age = Metric(QUEUES, "ApproximateAgeOfOldestMessage", queue).by("Maximum")
            graphs.append(Graph("Oldest input", "seconds", [Line("age", age)]))
        if failed:
            lines = [Line(key, metric.by("Maximum")) for key, metric in failed.items()]
            threshold = Threshold("alarm", self._limits.dead_letters)
            graphs.append(Graph("Failed for good", "count", lines, [threshold]))
        return [*rows, graphs] if graphs else rows

    def _async_queue(self) -> Row:
        queue = {"EndpointName": self.endpoint["endpoint_name"]}
        waiting = Metric(INVOCATIONS, "ApproximateBacklogSize", queue).by("Maximum")
        oldest = Metric(INVOCATIONS, "ApproximateAgeOfOldestRequest", queue).by("Maximum")
        lost = {"InvocationFailures": "failed", "ExpiredRequests": "expired"}
        lines = [
            Line(self._label(said, variant), Metric(INVOCATIONS, metric, dimensions).by("Sum"))
            for variant, dimensions in self._counted()
            for metric, said in lost.items()
        ]
        return [
            Graph(
                "Requests that wait",
                "count",
                [Line("waiting", waiting)],
                [Threshold("backlog", self._limits.backlog)],
            ),
            Graph(
                "Oldest request",
                "seconds",
                [Line("age", oldest)],
                [Threshold("oldest-request", self._limits.oldest_request_seconds)],
            ),
            Graph("Requests without an answer", "count", lines),
        ]

    def _runs(self) -> Row:
        functions = self._function["function_names"].items()

        def lines(metric: str, statistic: str, label: str, divisor: int = 1) -> list[Line]:
            return [
                Line(
                    f"{label} ({of})" if of else label,
                    Metric(FUNCTIONS, metric, {"FunctionName": name}).by(statistic),
                    divisor,
                )
                for of, name in functions
            ]

        return [
            Graph(
                "Runs in a minute",
                "count",
                [
                    *lines("Invocations", "Sum", "runs"),
                    *lines("Errors", "Sum", "failed"),
                    *lines("Throttles", "Sum", "refused"),
                ],
            ),
            Graph(
                "Length of a run",
                "seconds",
                [
                    *lines("Duration", "p50", "half of them", MILLISECONDS_PER_SECOND),
                    *lines("Duration", "Maximum", "the longest", MILLISECONDS_PER_SECOND),
                ],
                [Threshold("timeout", self._function["timeout_seconds"])],
            ),
            Graph("Runs at once", "count", lines("ConcurrentExecutions", "Maximum", "at most")),
        ]

    def _logs(self) -> Row:
        return [
            LogTable(
                "The function's warnings and errors",
                self._function["log_group_name"],
                "fields @timestamp, level, message | filter level in ['WARNING', 'WARN', 'ERROR', 'CRITICAL']"
                f" | {NEWEST}",
            ),
            LogTable(
                "What the container says of errors",
                self.endpoint["log_group_name"],
                f"fields @timestamp, @message | filter @message like /(?i)(error|exception|out of memory)/ | {NEWEST}",
            ),
        ]

    def _label(self, text: str, variant: str) -> str:
        return text if len(self._variants) == 1 else f"{text} ({variant})"
