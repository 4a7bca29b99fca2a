"""What a load came to, in numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import quantiles
from typing import Any

from operations.load.sample import Sample

_SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Percentiles:
    """Seconds that so many of a hundred requests took at most, linearly between two that were measured."""

    p50: float
    p90: float
    p99: float
    longest: float


@dataclass(frozen=True, kw_only=True)
class LoadReport:
    """A load in numbers. Times are in seconds, and those of requests that were answered."""

    sent: int
    answered: int
    errors: Mapping[str, int]
    """How often each error came, the most frequent first."""
    seconds: float
    """From the beginning to the last answer."""
    answered_a_second: float
    latency: Percentiles | None
    first_text: Percentiles | None
    """Of streams."""
    tokens: int | None
    """Generated in all; None if the container counts none."""
    tokens_a_second: float | None
    latest_start: float
    """How long after its moment a request was sent at worst: more callers at once may be needed."""
    usd: float | None
    """What the endpoint's instances cost meanwhile; None where their price is not known."""
    left_under_way: int = 0
    """Sent, and not waited for when the load was ended early."""
    is_interrupted: bool = False

    def as_data(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def report_of(
    samples: Sequence[Sample],
    usd_per_hour: float | None = None,
    *,
    left_under_way: int = 0,
    is_interrupted: bool = False,
) -> LoadReport:
    """Return the numbers of a load.

    Args:
        samples: one for each request that ended.
        usd_per_hour: what the endpoint's instances cost.
        left_under_way: how many more were sent, and not waited for.
        is_interrupted: it was ended early.
    """
    answered = [sample for sample in samples if not sample.error]
    seconds = max((sample.ended_at for sample in samples), default=0.0)
    counted = [sample.tokens for sample in answered if sample.tokens is not None]
    return LoadReport(
        sent=len(samples) + left_under_way,
        answered=len(answered),
        errors=dict(Counter(sample.error for sample in samples if sample.error).most_common()),
        seconds=seconds,
        answered_a_second=_rate(len(answered), seconds),
        latency=percentiles([sample.latency for sample in answered]),
        first_text=percentiles(
            [sample.first_text for sample in answered if sample.first_text is not None]
        ),
        tokens=sum(counted) if counted else None,
        tokens_a_second=_rate(sum(counted), seconds) if counted else None,
        latest_start=max((sample.late for sample in samples), default=0.0),
        usd=None if usd_per_hour is None else usd_per_hour * seconds / _SECONDS_AN_HOUR,
        left_under_way=left_under_way,
        is_interrupted=is_interrupted,
    )


def percentiles(seconds: Sequence[float]) -> Percentiles | None:
    """Return the percentiles of some times; None of none."""
    if not seconds:
        return None
    if len(seconds) == 1:
        return Percentiles(*(seconds[0],) * 4)
    cuts = quantiles(seconds, n=100, method="inclusive")
    return Percentiles(cuts[49], cuts[89], cuts[98], max(seconds))


def _rate(count: int, seconds: float) -> float:
    return count / seconds if seconds else 0.0
