"""Draw a load: each request's latency at the moment when it was due, and how many were answered each second."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from operations.errors import OperationError
from operations.load.report import LoadReport
from operations.load.sample import Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = (".png", ".svg")
"""Endings of the files that a chart can be written to."""

_ANSWERED, _FIRST_TEXT, _FAILED, _BARS = "#2b6cb0", "#2f9e72", "#c53030", "#9fb3c8"
_PERCENTILES = {"p50": "#2f855a", "p90": "#b7791f", "p99": "#9b2c2c"}
_MOST_VECTORS = 5_000
"""More dots than this are pixels in an SVG too: it would have megabytes, and a browser no end of work."""
_BARS_ACROSS = 40


def write_chart(file: Path, samples: Sequence[Sample], report: LoadReport, title: str) -> None:
    """Draw a load into a PNG or SVG file, as its name ends.

    Args:
        file: where to.
        samples: its requests.
        report: its numbers.
        title: what stands above.

    Raises:
        OperationError: the file cannot be written, or matplotlib is missing.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - half a second, for who wants a chart
    except ImportError as missing:
        raise OperationError(
            "charts are drawn with matplotlib, which is not installed",
            'install it: pip install "genai-endpoint[charts]"',
        ) from missing
    figure = Figure(figsize=(9.6, 5.6), dpi=150, layout="constrained")
    _draw(figure, samples, report, title)
    try:
        figure.savefig(file, format=file.suffix.lower().removeprefix("."))
    except OSError as failure:
        raise OperationError(f"{file} cannot be written: {failure}") from failure


def _draw(figure: "Figure", samples: Sequence[Sample], report: LoadReport, title: str) -> None:
    figure.suptitle(title, fontweight="bold", x=0.01, ha="left", parse_math=False)
    latency, answered = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    latency.set_title(_summary(report), loc="left", fontsize="medium", parse_math=False)
    _dots(latency, samples)
    _percentile_lines(latency, report)
    latency.set_ylabel("latency, seconds")
    _bars(answered, samples)
    answered.set_ylabel("answered a second")
    answered.set_xlabel("seconds since the beginning; a request stands where it was due")
    for axes in (latency, answered):
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
        axes.grid(visible=True, color="#d9e2ec")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)


def _summary(report: LoadReport) -> str:
    words = [f"{report.answered} of {report.sent} answered in {report.seconds:.1f} s"]
    words.append(f"{report.answered_a_second:.1f} a second")
    if report.tokens_a_second is not None:
        words.append(f"{report.tokens_a_second:.0f} tokens a second")
    words += [f"{count} x {error}" for error, count in list(report.errors.items())[:3]]
    return ", ".join(words)


def _dots(axes: "Axes", samples: Sequence[Sample]) -> None:
    answered = [sample for sample in samples if not sample.error]
    drawn = {
        "answered": (_ANSWERED, [(each.due_at, each.latency) for each in answered]),
        "first text": (
            _FIRST_TEXT,
            [(each.due_at, each.first_text) for each in answered if each.first_text is not None],
        ),
        "failed": (_FAILED, [(each.due_at, each.latency) for each in samples if each.error]),
    }
    for name, (colour, dots) in drawn.items():
        if dots:
            axes.plot(
                *zip(*dots, strict=True),
                linestyle="none",
                marker="o",
                markersize=3,
                alpha=0.6,
                color=colour,
                label=name,
                rasterized=len(dots) > _MOST_VECTORS,
            )
    if samples:
        axes.legend(loc="upper right", ncols=len(drawn))


def _percentile_lines(axes: "Axes", report: LoadReport) -> None:
    if report.latency is None:
        return
    for name, colour in _PERCENTILES.items():
        seconds: float = getattr(report.latency, name)
        axes.axhline(seconds, color=colour, linestyle="--", linewidth=1)
        axes.annotate(
            f"{name} {_seconds(seconds)}",
            (1.005, seconds),
            xycoords=("axes fraction", "data"),
            verticalalignment="center",
            color=colour,
        )


def _bars(axes: "Axes", samples: Sequence[Sample]) -> None:
    ended = [sample.ended_at for sample in samples if not sample.error]
    if not ended:
        return
    width = max(0.2, max(ended) / _BARS_ACROSS)
    edges = [number * width for number in range(int(max(ended) / width) + 2)]
    axes.hist(ended, bins=edges, weights=[1 / width] * len(ended), color=_BARS, rwidth=0.9)


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
