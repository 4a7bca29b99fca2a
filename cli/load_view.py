"""Show a load: while it runs, and what it came to."""

import json
from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from operations.load.plan import LoadPlan
from operations.load.report import LoadReport, Percentiles, percentiles, report_of
from operations.load.run import LoadRun
from operations.load.sample import Sample

_LOOK_SECONDS = 0.25
_LATELY_SECONDS = 5.0
_COLUMNS = 44
_BLOCKS = " ▁▂▃▄▅▆▇█"
_LATE_SECONDS = 0.1


def watch(run: LoadRun, plan: LoadPlan, console: Console) -> bool:
    """Show a load until it ends; say if Ctrl-C ended it."""
    run.start()
    try:
        if not console.is_terminal:
            while run.wait(_LOOK_SECONDS):
                pass
            return False
        with Live(console=console, transient=True, auto_refresh=False) as live:
            while run.wait(_LOOK_SECONDS):
                live.update(_now(run, plan), refresh=True)
    except KeyboardInterrupt:
        return True
    finally:
        run.stop()
    return False


def show_report(report: LoadReport, *, as_json: bool) -> None:
    """Print what a load came to."""
    if as_json:
        print(json.dumps(report.as_data(), indent=2))
        return
    console = Console(highlight=False)
    console.print(_sentence(report), soft_wrap=True)
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("", "p50", "p90", "p99", "longest"):
        table.add_column(name, justify="right" if name else "left")
    for name, times in (("latency", report.latency), ("to the first text", report.first_text)):
        if times:
            table.add_row(name, *map(in_words, vars(times).values()))
    if table.row_count:
        console.print(table)
    for error, count in report.errors.items():
        console.print(Text(f"{count} x {error}", "red"))
    if report.latest_start > _LATE_SECONDS:
        told = (
            f"requests were sent up to {in_words(report.latest_start)} after their moment, which their latency "
            "includes: the stack was slower than the rate, or --concurrency is too low for it"
        )
        console.print(Text(told, "yellow"), soft_wrap=True)
    cost = "not known" if report.usd is None else f"{report.usd:.6f} USD"
    console.print(Text(f"the endpoint's instances meanwhile: {cost}", "dim"))


def in_words(seconds: float) -> str:
    """Return a time as a person reads it."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _sentence(report: LoadReport) -> Text:
    words = [
        f"{report.answered:,} of {report.sent:,} requests answered in {report.seconds:.1f} s",
        f"{report.answered_a_second:.1f} a second",
    ]
    if report.tokens_a_second is not None:
        words.append(f"{report.tokens_a_second:,.0f} tokens a second")
    if report.is_interrupted:
        words.append(f"ended early with {report.left_under_way} under way")
    return Text(", ".join(words), "bold green" if not report.errors else "bold yellow")


def _now(run: LoadRun, plan: LoadPlan) -> RenderableType:
    samples, elapsed = run.samples(), run.elapsed
    report = report_of(samples)
    lately = [s for s in samples if s.ended_at > elapsed - _LATELY_SECONDS]
    rate = len([s for s in lately if not s.error]) / min(elapsed, _LATELY_SECONDS)
    done = min(1.0, max(len(samples) / plan.most_requests, elapsed / plan.seconds))
    failed = sum(report.errors.values())
    times = percentiles([s.latency for s in lately if not s.error])
    return Group(
        Text.assemble(
            (f"{done:4.0%} ", "bold"),
            f"{elapsed:.0f} s, {report.answered:,} answered, {run.under_way} under way, ",
            (f"{failed:,} failed", "red" if failed else ""),
        ),
        Text(f"lately {rate:.1f} a second, {_percentiles(times)}", "dim"),
        Text.assemble(("latency  ", "dim"), (_latency_line(samples, elapsed), "cyan")),
        Text.assemble(("answers  ", "dim"), (_rate_line(samples, elapsed), "green")),
    )


def _percentiles(times: Percentiles | None) -> str:
    return f"p50 {in_words(times.p50)}, p99 {in_words(times.p99)}" if times else "nothing answered"


def _latency_line(samples: Sequence[Sample], elapsed: float) -> str:
    """The longest latency of each moment."""
    width = _width(elapsed)
    longest = [0.0] * _COLUMNS
    for sample in samples:
        column = min(_COLUMNS - 1, int(sample.ended_at / width))
        longest[column] = max(longest[column], sample.latency)
    return f"{_bars(longest)} at most {in_words(max(longest))}"


def _rate_line(samples: Sequence[Sample], elapsed: float) -> str:
    """How many were answered in each moment."""
    width = _width(elapsed)
    counts = [0.0] * _COLUMNS
    for sample in samples:
        if not sample.error:
            counts[min(_COLUMNS - 1, int(sample.ended_at / width))] += 1
    return f"{_bars(counts)} at most {max(counts) / width:.0f} a second"


def _width(elapsed: float) -> float:
    return max(elapsed, _COLUMNS / 4) / _COLUMNS


def _bars(values: Iterable[float]) -> str:
    values = list(values)
    most = max(values) or 1.0
    return "".join(_BLOCKS[round(value / most * (len(_BLOCKS) - 1))] for value in values)
