"""The thresholds with their defaults, which are ours: a start, to be tuned to what a model's callers expect."""

from dataclasses import dataclass

DEFAULT_LATENCY_SECONDS = 30.0


@dataclass(frozen=True)
class Thresholds:
    """`ThresholdsArgs`, complete."""

    latency_seconds: float | None = None
    error_percent: float = 5
    model_error_percent: float = 20
    overhead_seconds: float = 2
    gpu_memory_percent: float = 98
    disk_percent: float = 85
    backlog: int = 50
    oldest_request_seconds: float = 900
    failed_requests: int = 5
    idle_hours: int = 24
    failed_reply_percent: float = 5
    function_error_percent: float = 5
    throttled_percent: float = 5
    duration_percent: float = 90
    dead_letters: int = 1

    def latency_seconds_in(self, *, is_async: bool) -> float | None:
        """Return the threshold of the model's time; None where slow work is nobody's harm unless it is said."""
        if self.latency_seconds is None and not is_async:
            return DEFAULT_LATENCY_SECONDS
        return self.latency_seconds
