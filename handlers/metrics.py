"""One line on the standard output for each request, from which CloudWatch makes metrics.

The embedded metric format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Literal

from handlers.run import Run

Unit = Literal["Count", "Milliseconds"]


def write_metrics(namespace: str, run: Run, status: int) -> None:
    """Write the line. It holds numbers and the endpoint's name, and never a text."""
    metrics = list(metrics_of(run, status))
    line = {
        "_aws": {
            "Timestamp": round(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": namespace,
                    "Dimensions": [["Endpoint"], ["Endpoint", "Status"]],
                    "Metrics": [{"Name": name, "Unit": unit} for name, unit, _ in metrics],
                }
            ],
        },
        "Endpoint": run.model["endpoint"],
        "Status": str(status),
        **{name: value for name, _, value in metrics},
    }
    # In one piece: other threads write too.
    with contextlib.suppress(OSError, ValueError):  # a text is not lost over its numbers
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def metrics_of(run: Run, status: int) -> Iterator[tuple[str, Unit, int]]:
    """Name, unit and value of each metric; without those that this request says nothing of."""
    yield "Requests", "Count", 1
    yield "Failures", "Count", int(status >= HTTPStatus.BAD_REQUEST)
    yield "Retries", "Count", max(0, run.attempts - 1)
    yield "RecordsNotStored", "Count", int(run.is_record_lost)
    yield "TotalLatency", "Milliseconds", run.invocation.elapsed_milliseconds()
    if run.model_milliseconds is not None:
        yield "ModelLatency", "Milliseconds", run.model_milliseconds
    if run.first_text_milliseconds is not None:
        yield "TimeToFirstText", "Milliseconds", run.first_text_milliseconds
    if run.usage is not None:
        if run.usage["prompt_tokens"] is not None:
            yield "PromptTokens", "Count", run.usage["prompt_tokens"]
        yield "CompletionTokens", "Count", run.usage["completion_tokens"]
