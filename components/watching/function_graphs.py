"""Graphs of a function: what callers get from it, its runs and its queues."""

import pulumi

from components.metrics import FUNCTIONS, MILLISECONDS_PER_SECOND, QUEUES, Metric
from components.watching.args import WatchedFunctionArgs
from components.watching.function_alarms import failed_replies, failure_queues
from components.watching.thresholds import Thresholds
from components.watching.widgets import Graph, Line, Row, Threshold


class FunctionGraphs:
    """What there is to see of a function."""

    def __init__(
        self,
        function: WatchedFunctionArgs,
        endpoint_name: pulumi.Input[str],
        limits: Thresholds,
    ) -> None:
        """`endpoint_name`: what the function's own metrics are counted by."""
        self._function = function
        self._endpoint_name = endpoint_name
        self._limits = limits

    def callers(self) -> list[Row]:
        """Return what the function itself counts; nothing if it does not."""
        namespace = self._function.get("metrics_namespace")
        if not namespace:
            return []
        name = self._endpoint_name

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

    def queues(self) -> list[Row]:
        """Return what waits in its queues; nothing where it has none."""
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
        return [graphs] if graphs else []

    def runs(self) -> Row:
        """Return how many runs there are, how long they take, and how many at once."""
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
