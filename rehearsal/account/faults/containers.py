"""Faults of a container's answer: an error, lateness, a stream that breaks off."""

import time
from collections.abc import Iterator, Mapping

from rehearsal.account.faults.calls import current_target, is_serving
from rehearsal.account.faults.injector import Struck, injector
from rehearsal.account.sagemaker.container_exchange import ContainerReply
from rehearsal.account.sagemaker.event_stream import model_stream_error

_INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"
_WORDS = {
    "500": "out of memory",
    "503": "no worker is free",
    "400": "the parameters do not suit this model",
    "422": "the input is longer than the model's context",
}


def failure_of_container(log_group: str, headers: Mapping[str, str]) -> ContainerReply | None:
    """Return the error that a container answers now, without its having been asked; None if it is well."""
    struck = _struck(log_group, headers)
    stroke = injector.draw("model-error") if struck else None
    if struck is None or stroke is None or stroke.kind is None:
        return None
    injector.note(stroke, struck)
    words = iter([f"{_WORDS[stroke.kind]} (a fault that was asked for)".encode()])
    return ContainerReply(int(stroke.kind), {"Content-Type": "text/plain"}, words)


def hold_back(log_group: str, headers: Mapping[str, str], limit_seconds: float) -> None:
    """Let a container's answer come late.

    Raises:
        TimeoutError: later than SageMaker waits.
    """
    struck = _struck(log_group, headers)
    stroke = injector.draw("slow") if struck else None
    if struck is None or stroke is None:
        return
    injector.note(stroke, struck)
    time.sleep(min(stroke.delay_seconds, limit_seconds))
    if stroke.delay_seconds >= limit_seconds:
        raise TimeoutError


def broken(events: Iterator[bytes]) -> Iterator[bytes]:
    """Let a stream of events break off before its end, if it is its turn."""
    struck = current_target()
    stroke = injector.draw("cut-stream") if struck else None
    if struck is None or stroke is None:
        return events
    injector.note(stroke, struck)
    return _broken(events, stroke.kind or "")


def _broken(events: Iterator[bytes], kind: str) -> Iterator[bytes]:
    first, second = next(events, b""), next(events, None)
    if second is not None:
        yield first
    if kind == "within":
        last = first if second is None else second
        yield last[: len(last) // 2]
    elif kind == "error-event":
        yield model_stream_error("The model's stream broke.", "StreamBroken")


def _struck(log_group: str, headers: Mapping[str, str]) -> Struck | None:
    """What a container is asked for: by this thread's request, or by one that has waited in a queue."""
    if is_serving():
        return current_target()
    request_id = headers.get(_INFERENCE_ID)
    is_of_queue = request_id is not None  # a copy for a shadow variant has none
    return (
        Struck("sagemaker-runtime", "async work", log_group.rpartition("/")[2], request_id)
        if is_of_queue
        else None
    )
