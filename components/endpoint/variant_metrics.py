"""What SageMaker publishes of a variant, or of an inference component, that tells how its requests fare.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html, read 2026-11-24.
"""

from components.metrics import INVOCATIONS, Dimensions, Math, Metric

FAILED_LABEL = "Failed requests (%)"


def failed_percent(dimensions: Dimensions, *, is_async: bool) -> Math:
    """Return the share of requests that ended with a 5xx status, in percent."""
    return share_of_requests(
        Metric(INVOCATIONS, "Invocation5XXErrors", dimensions), FAILED_LABEL, is_async=is_async
    )


def share_of_requests(events: Metric, label: str, *, is_async: bool) -> Math:
    """Return in how many of a hundred requests something happened that SageMaker counts.

    Asynchronous endpoints publish no `Invocations`, but a 0 or 1 of `events` for every request.
    """
    if is_async:
        return Math("100*e", label, {"e": events.by("Average")})
    requests = Metric(INVOCATIONS, "Invocations", events.dimensions)
    return Math("IF(i>0,100*e/i,0)", label, {"e": events.by("Sum"), "i": requests.by("Sum")})


def model_latency(dimensions: Dimensions) -> Metric:
    """Return the time that the container takes, which SageMaker tells in microseconds."""
    return Metric(INVOCATIONS, "ModelLatency", dimensions)
