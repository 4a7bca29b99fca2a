"""Graphs of an endpoint: its requests, its machines, and the queue of mode async."""

from collections.abc import Iterator

import pulumi

from components.endpoint.variant_metrics import failed_percent, model_latency, share_of_requests
from components.metrics import INSTANCES, INVOCATIONS, MICROSECONDS_PER_SECOND, Math, Metric
from components.modes import ASYNC, MAIN_VARIANT, SCALE_TO_ZERO, SERVERLESS
from components.watching.args import WatchedEndpointArgs
from components.watching.endpoint_alarms import gpu_memory, request_dimensions, variant_dimensions
from components.watching.thresholds import Thresholds
from components.watching.widgets import Graph, Line, Row, Threshold


class EndpointGraphs:
    """What there is to see of an endpoint that exists."""

    def __init__(
        self, endpoint: WatchedEndpointArgs, limits: Thresholds, hourly_usd: float | None
    ) -> None:
        """`hourly_usd`: price of one instance of the main variant; None if it is not known."""
        self._endpoint = endpoint
        self._limits = limits
        self._hourly_usd = hourly_usd
        self._is_async = endpoint["mode"] == ASYNC
        self._variants = tuple(endpoint["gpus_by_variant"])

    def requests(self) -> list[Row]:
        """Return how many there are, how long they take, and how many fail."""
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

    def machines(self) -> list[Row]:
        """Return how busy instances are and how many run; nothing where there are none."""
        if self._endpoint["mode"] == SERVERLESS:
            return []
        graphs = [
            Graph(
                "Utilisation: 100 for each core and GPU",
                "percent",
                list(self._utilisation()),
                [Threshold("disk", self._limits.disk_percent)],
            ),
            self._capacity(),
        ]
        if not self._is_async:
            graphs.insert(1, Graph("Requests at once", "count", list(self._at_once())))
        return [graphs]

    def queue(self) -> list[Row]:
        """Return what waits in front of an asynchronous endpoint; nothing in another mode."""
        if not self._is_async:
            return []
        queue = {"EndpointName": self._endpoint["endpoint_name"]}
        waiting = Metric(INVOCATIONS, "ApproximateBacklogSize", queue).by("Maximum")
        oldest = Metric(INVOCATIONS, "ApproximateAgeOfOldestRequest", queue).by("Maximum")
        lost = {"InvocationFailures": "failed", "ExpiredRequests": "expired"}
        lines = [
            Line(self._label(said, variant), Metric(INVOCATIONS, metric, dimensions).by("Sum"))
            for variant, dimensions in self._counted()
            for metric, said in lost.items()
        ]
        return [
            [
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
        ]

    def _counted(self) -> Iterator[tuple[str, dict[str, pulumi.Input[str]]]]:
        for variant in self._variants:
            yield variant, {**request_dimensions(self._endpoint, variant)}

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
            if self._endpoint["mode"] == SERVERLESS:
                setup = Metric(INVOCATIONS, "ModelSetupTime", dimensions).by("p99")
                yield Line("cold start, 99 of 100", setup, MICROSECONDS_PER_SECOND)

    def _failures(self) -> Iterator[Line]:
        for variant, dimensions in self._counted():
            failed = failed_percent(dimensions, is_async=self._is_async)
            yield Line(self._label("status 5xx", variant), failed)
            errors = Metric(INVOCATIONS, "InvocationModelErrors", dimensions)
            label = self._label("no status 2xx", variant)
            yield Line(label, share_of_requests(errors, label, is_async=self._is_async))

    def _utilisation(self) -> Iterator[Line]:
        for variant, gpus in self._endpoint["gpus_by_variant"].items():
            dimensions = variant_dimensions(self._endpoint, variant)
            metrics = {"CPUUtilization": "CPU", "MemoryUtilization": "memory"}
            metrics["DiskUtilization"] = "disk"
            if gpus:
                metrics["GPUUtilization"] = "GPU"
            for metric, label in metrics.items():
                series = Metric(INSTANCES, metric, dimensions).by("Average")
                yield Line(self._label(label, variant), series)
            if gpus:
                memory, _ = gpu_memory(self._endpoint, variant)
                yield Line(self._label("GPU memory", variant), memory.by("Maximum"))

    def _at_once(self) -> Iterator[Line]:
        metric = (
            "ConcurrentRequestsPerCopy"
            if self._endpoint["mode"] == SCALE_TO_ZERO
            else "ConcurrentRequestsPerModel"
        )
        for variant, dimensions in self._counted():
            series = Metric(INVOCATIONS, metric, dimensions).by("Maximum")
            yield Line(self._label("of an instance or copy, at most", variant), series)

    def _capacity(self) -> Graph:
        """Each instance tells of its CPU once a minute: that is how many there are, as nothing else says."""
        hourly_usd = self._hourly_usd
        running = {
            variant: Metric(
                INSTANCES, "CPUUtilization", variant_dimensions(self._endpoint, variant)
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

    def _label(self, text: str, variant: str) -> str:
        return text if len(self._variants) == 1 else f"{text} ({variant})"
