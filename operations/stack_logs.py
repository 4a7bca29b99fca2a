"""The logs of a stack's function and container together, in the order in which they were written."""

import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from operations.deployment import Deployment
from operations.log_lines import LogEvent, LogLine, Source, read_line

COMPONENT_VARIABLE = "GENAI_INFERENCE_COMPONENT_NAME"
"""Variable of the function that names the endpoint's inference component; empty if it has none."""
# A container writes nothing about whom it answers: what it wrote this much before and after a request is shown.
_NEARBY_MS = 1_000
_POLL_SECONDS = 1.0
# How long a line may take from being written to being found. Lines wait this long to be shown in order; what comes
# later still is shown when it comes. CloudWatch Logs promises no time.
_SETTLE_MS = 2_000
_LATE_MS = 120_000


class LogGroup(NamedTuple):
    """A group that the stack logs into."""

    name: str
    source: Source


@dataclass(frozen=True)
class Selection:
    """Which lines to show."""

    source: Source | None = None
    request_id: str | None = None
    """A request's whole id or its beginning."""
    pattern: re.Pattern[str] | None = None
    """Searched in the line as it was written."""
    only_trouble: bool = False
    with_metrics: bool = False
    """Whether to show what CloudWatch makes metrics of."""


def log_groups_of(deployment: Deployment) -> list[LogGroup]:
    """Return the groups of the stack's functions and of its container; some may not exist yet.

    Both functions of a stack that streams write into one group. The containers of an inference component
    have a group of their own.
    """
    function = deployment.client("lambda").get_function_configuration(
        FunctionName=deployment.function_name
    )
    logging = function.get("LoggingConfig", {})
    groups = [
        LogGroup(logging.get("LogGroup", f"/aws/lambda/{deployment.function_name}"), "function")
    ]
    groups.append(LogGroup(f"/aws/sagemaker/Endpoints/{deployment.endpoint_name}", "container"))
    if component := inference_component_of(function):
        groups.append(LogGroup(f"/aws/sagemaker/InferenceComponents/{component}", "container"))
    return groups


def inference_component_of(function: dict[str, Any]) -> str | None:
    """Return the name of the inference component that a function asks, from its configuration."""
    return function.get("Environment", {}).get("Variables", {}).get(COMPONENT_VARIABLE) or None


def read_logs(
    deployment: Deployment, selection: Selection, since_ms: int, until_ms: int | None = None
) -> list[LogLine]:
    """Return the lines that were written since a moment, in milliseconds since 1970, in the order of their times."""
    groups = _groups_for(deployment, selection)
    lines = [
        read_line(event)
        for group in groups
        for event in _events(deployment, group, since_ms, until_ms)
    ]
    lines.sort(key=_order)
    return _selected(lines, selection)


def follow_logs(
    deployment: Deployment,
    selection: Selection,
    since_ms: int,
    *,
    now_ms: Callable[[], int] = lambda: int(time.time() * 1000),
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[LogLine]:
    """Give the lines since a moment and then each new one once, in order, without an end.

    A line waits for others that were written before it and are found later. One that comes too late even for
    that is given when it comes.
    """
    groups = _groups_for(deployment, selection)
    seen: dict[tuple[str, str], int] = {}
    waiting: list[LogLine] = []
    oldest_ms = since_ms
    while True:
        for group in groups:
            for event in _events(deployment, group, oldest_ms, None):
                if (group.name, event.id) not in seen:
                    seen[group.name, event.id] = event.at_ms
                    waiting.append(read_line(event))
        waiting.sort(key=_order)
        settled_ms = now_ms() - _SETTLE_MS
        ready = [line for line in waiting if line.event.at_ms <= settled_ms]
        waiting = waiting[len(ready) :]
        yield from _selected(ready, selection)
        oldest_ms = max(since_ms, now_ms() - _LATE_MS)
        seen = {key: at for key, at in seen.items() if at >= oldest_ms}
        sleep(_POLL_SECONDS)


def _groups_for(deployment: Deployment, selection: Selection) -> list[LogGroup]:
    return [
        group
        for group in log_groups_of(deployment)
        # What a container wrote near a request is known by the function's lines.
        if selection.source in {None, group.source} or selection.request_id
    ]


def _events(
    deployment: Deployment, group: LogGroup, since_ms: int, until_ms: int | None
) -> Iterator[LogEvent]:
    logs = deployment.client("logs")
    until = {} if until_ms is None else {"endTime": until_ms}
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group.name, startTime=max(0, since_ms), **until
    )
    try:
        for page in pages:
            for event in page["events"]:
                yield LogEvent(
                    event["eventId"],
                    event["timestamp"],
                    group.source,
                    group.name,
                    event["logStreamName"],
                    event["message"],
                )
    except logs.exceptions.ResourceNotFoundException:
        return  # nothing was written yet


def _order(line: LogLine) -> tuple[int, str]:
    return line.event.at_ms, line.event.source


def _selected(lines: Sequence[LogLine], selection: Selection) -> list[LogLine]:
    if selection.request_id:
        lines = _near(lines, selection.request_id)
    return [line for line in lines if _is_wanted(line, selection)]


def _near(lines: Sequence[LogLine], request_id: str) -> list[LogLine]:
    """The function's lines of a request, and what containers wrote while it was answered."""
    own = [line for line in lines if line.is_about(request_id)]
    if not own:
        return []
    begin = min(line.event.at_ms - _took_ms(line) for line in own) - _NEARBY_MS
    end = max(line.event.at_ms for line in own) + _NEARBY_MS
    return [
        line
        for line in lines
        if line.is_about(request_id)
        or (line.event.source == "container" and begin <= line.event.at_ms <= end)
    ]


def _took_ms(line: LogLine) -> int:
    """How long before the line the request began: the function writes it at the end, with the time taken."""
    took = line.fields.get("latency_ms")
    return int(took) if isinstance(took, (int, float)) and took > 0 else 0


def _is_wanted(line: LogLine, selection: Selection) -> bool:
    return (
        selection.source in {None, line.event.source}
        and (selection.with_metrics or line.kind != "metrics")
        and (not selection.only_trouble or line.is_trouble)
        and (selection.pattern is None or selection.pattern.search(line.event.text) is not None)
    )
