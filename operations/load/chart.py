"""Draw a load: each request's latency at the moment when it was due, and how many were answered each second.

SVG by our own hand: a picture of circles, lines and words needs no plotting library.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from operations.errors import OperationError
from operations.load.report import LoadReport
from operations.load.sample import Sample

_WIDTH, _HEIGHT = 960, 560
_LEFT, _RIGHT = 76, 104
_TOP, _MIDDLE, _GAP, _BOTTOM = 76, 380, 48, 52
_INK, _GRID, _DOT, _FIRST, _ERROR, _BAR = (
    "#1f2933", "#d9e2ec", "#2b6cb0", "#2f9e72", "#c53030", "#9fb3c8",
)  # fmt: skip
_LINES = {"p50": "#2f855a", "p90": "#b7791f", "p99": "#9b2c2c"}
_TICKS = 5
_MOST_DOTS = 20_000
_CLOSEST_LABELS = 14


@dataclass(frozen=True)
class _Scale:
    """From values to pixels."""

    most: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        return self.begin + (self.end - self.begin) * min(value, self.most) / self.most

    def ticks(self) -> Iterator[float]:
        step = _round_step(self.most / _TICKS)
        return (number * step for number in range(int(self.most / step + 1e-9) + 1))


def chart_of(samples: Sequence[Sample], report: LoadReport, title: str) -> str:
    """Return a load as an SVG picture.

    Args:
        samples: its requests; of very many only every so manieth is drawn, and the slowest.
        report: its numbers.
        title: what stands above.
    """
    seconds = max((max(s.due_at, s.ended_at) for s in samples), default=1.0) or 1.0
    across = _Scale(seconds, _LEFT, _WIDTH - _RIGHT)
    slowest = max((sample.latency for sample in samples), default=1.0) or 1.0
    up = _Scale(slowest * 1.05, _MIDDLE, _TOP)
    width = max(0.2, _round_step(seconds / 40))
    answered = Counter(int(s.ended_at / width) for s in samples if not s.error)
    most = max(answered.values(), default=1) / width
    high = _Scale(most * 1.1, _HEIGHT - _BOTTOM, _MIDDLE + _GAP)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="system-ui, sans-serif" font-size="12">'
    )
    return "\n".join(
        [
            opening,
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
            _text(_LEFT, 28, title, size=16, weight="bold"),
            _text(_LEFT, 48, _summary(report)),
            *_grid(up, across, "latency, seconds", lambda value: f"{value:g}"),
            *_bars(answered, width, across, high),
            *_grid(high, across, "answered a second", lambda value: f"{value:g}"),
            *_dots(samples, across, up),
            *_percentile_lines(report, across, up),
            *_seconds_axis(across),
            *_key(report),
            "</svg>\n",
        ]
    )


def write_chart(file: Path, picture: str) -> None:
    """Write a picture.

    Raises:
        OperationError: the file cannot be written.
    """
    try:
        file.write_text(picture, encoding="utf-8")
    except OSError as failure:
        raise OperationError(f"{file} cannot be written: {failure}") from failure


def _summary(report: LoadReport) -> str:
    words = [f"{report.answered} of {report.sent} answered in {report.seconds:.1f} s"]
    words.append(f"{report.answered_a_second:.1f} a second")
    if report.tokens_a_second is not None:
        words.append(f"{report.tokens_a_second:.0f} tokens a second")
    words += [f"{count} x {error}" for error, count in list(report.errors.items())[:3]]
    return ", ".join(words)


def _grid(up: _Scale, across: _Scale, name: str, said: Callable[[float], str]) -> Iterator[str]:
    for value in up.ticks():
        y = up(value)
        yield f'<line x1="{across.begin}" x2="{across.end}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>'
        yield _text(_LEFT - 8, y + 4, said(round(value, 9)), anchor="end")
    middle = (up.begin + up.end) / 2
    yield (
        f'<text x="20" y="{middle}" text-anchor="middle" fill="{_INK}" '
        f'transform="rotate(-90 20 {middle})">{escape(name)}</text>'
    )


def _seconds_axis(across: _Scale) -> Iterator[str]:
    for value in across.ticks():
        yield _text(across(value), _HEIGHT - _BOTTOM + 18, f"{round(value, 9):g}", anchor="middle")
    yield _text(
        (across.begin + across.end) / 2,
        _HEIGHT - 12,
        "seconds since the beginning; a request stands where it was due",
        anchor="middle",
    )


def _bars(answered: Counter[int], width: float, across: _Scale, high: _Scale) -> Iterator[str]:
    for number, count in sorted(answered.items()):
        x, end = across(number * width), across((number + 1) * width)
        top = high(count / width)
        yield (
            f'<rect x="{x:.1f}" y="{top:.1f}" width="{max(0.5, end - x - 1):.1f}" '
            f'height="{high.begin - top:.1f}" fill="{_BAR}"/>'
        )


def _dots(samples: Sequence[Sample], across: _Scale, up: _Scale) -> Iterator[str]:
    for sample in _some_of(samples):
        x = across(sample.due_at)
        if sample.first_text is not None and not sample.error:
            yield _dot(x, up(sample.first_text), _FIRST)
        yield _dot(x, up(sample.latency), _ERROR if sample.error else _DOT)


def _some_of(samples: Sequence[Sample]) -> Iterable[Sample]:
    every = math.ceil(len(samples) / _MOST_DOTS)
    if every <= 1:
        return samples
    slowest_first = sorted(samples, key=lambda sample: sample.latency, reverse=True)
    return [*slowest_first[: _MOST_DOTS // 10], *slowest_first[_MOST_DOTS // 10 :: every]]


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}" fill-opacity="0.6"/>'


def _percentile_lines(report: LoadReport, across: _Scale, up: _Scale) -> Iterator[str]:
    if report.latency is None:
        return
    label = math.inf
    for name, colour in _LINES.items():
        seconds = getattr(report.latency, name)
        y = up(seconds)
        label = min(
            y + 4, label - _CLOSEST_LABELS
        )  # those of percentiles that are close stand apart
        yield (
            f'<line x1="{across.begin}" x2="{across.end}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{colour}" stroke-dasharray="6 4"/>'
        )
        yield _text(across.end + 8, label, f"{name} {_seconds(seconds)}", colour=colour)


def _key(report: LoadReport) -> Iterator[str]:
    entries = [("answered", _DOT)]
    if report.first_text is not None:
        entries.append((f"first text, p50 {_seconds(report.first_text.p50)}", _FIRST))
    if report.errors:
        entries.append(("failed", _ERROR))
    x = float(_LEFT)
    for name, colour in entries:
        yield _dot(x + 3, 63, colour).replace('r="2.2"', 'r="4"')
        yield _text(x + 12, 67, name)
        x += 34 + 6.5 * len(name)


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: int = 12,
    weight: str = "normal",
    colour: str = _INK,
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor={quoteattr(anchor)} font-size="{size}" '
        f'font-weight="{weight}" fill="{colour}">{escape(text)}</text>'
    )


def _round_step(step: float) -> float:
    """The next of 1, 2, 5, 10, 20 ... or their tenths that is not smaller."""
    power = 10 ** math.floor(math.log10(step))
    return next(each * power for each in (1, 2, 5, 10) if each * power >= step * (1 - 1e-9))
