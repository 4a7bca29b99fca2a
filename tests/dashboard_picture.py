"""The prod stack's dashboard as a picture: `python -m tests.dashboard_picture` writes docs/dashboard.svg.

It shows what stands where: titles, lines, units and alarm thresholds. No values are drawn, because there are none without
an account. A test fails when it is stale.
"""

import contextlib
import json
import runpy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from settings import read_stack_file
from tests.harness import deploy, inputs_of

PICTURE = Path("docs") / "dashboard.svg"
STACK = "prod"
PROJECT_DIR = Path(__file__).resolve().parents[1]

COLUMN, ROW = 60, 32  # pixels of a cell of CloudWatch's grid
GAP = 4
LETTER = 0.56  # width of an average letter, of its height
SMALL, NORMAL, LARGE = 11, 13, 18
COLOURS = (
    *("#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b"),
    *("#e377c2", "#7f7f7f", "#bcbd22", "#17becf", "#393b79"),
)
ALARM = "#d13212"
Widget = dict[str, Any]


def picture(widgets: Sequence[Widget]) -> str:
    """Return an SVG of a dashboard's widgets."""
    height = max(widget["y"] + widget["height"] for widget in widgets) * ROW
    drawn = "\n".join(line for widget in widgets for line in _widget(widget))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * COLUMN} {height}" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="{SMALL}">\n'
        f'<rect width="100%" height="100%" fill="#f2f3f3"/>\n{drawn}\n</svg>\n'
    )


def widgets_of(stack: str) -> list[Widget]:
    """Return the widgets of a stack's dashboard, as its program registers them."""

    def program() -> None:
        with contextlib.chdir(PROJECT_DIR):
            runpy.run_path("__main__.py", run_name="__main__")

    run = deploy(program, stack=stack, config=read_stack_file(PROJECT_DIR, stack))
    body = inputs_of(run.only("aws:cloudwatch/dashboard:Dashboard"))["dashboardBody"]
    return json.loads(body)["widgets"]


def _widget(widget: Widget) -> Iterator[str]:
    x, y = widget["x"] * COLUMN + GAP, widget["y"] * ROW + GAP
    width, height = widget["width"] * COLUMN - 2 * GAP, widget["height"] * ROW - 2 * GAP
    draw = {"text": _text, "alarm": _alarms, "log": _log, "metric": _graph}[widget["type"]]
    yield f'<g transform="translate({x} {y})">'
    yield from draw(widget["properties"], width, height)
    yield "</g>"


def _text(shown: Widget, width: int, _height: int) -> Iterator[str]:
    for number, line in enumerate(shown["markdown"].split("\n")):
        size = LARGE if line.startswith("#") else NORMAL
        yield _said(line.lstrip("# "), 4, 20 + 24 * number, width, size)


def _alarms(shown: Widget, width: int, height: int) -> Iterator[str]:
    yield from _card(shown["title"], width, height)
    names = [arn.rpartition(":")[2] for arn in shown["alarms"]]
    in_a_row = 8
    box = (width - 2 * GAP) // in_a_row
    for number, name in enumerate(names):
        x, y = GAP + number % in_a_row * box, 28 + number // in_a_row * 22
        yield f'<rect x="{x}" y="{y}" width="{box - GAP}" height="18" fill="#e9f7ec" stroke="#2ca02c"/>'
        yield _said(name, x + 6, y + 13, box - 16, SMALL)


def _log(shown: Widget, width: int, height: int) -> Iterator[str]:
    yield from _card(shown["title"], width, height)
    source, fields, *others = shown["query"].split(" | ")
    yield _line(8, 46, width - 8, 46, "#d5dbdb")
    yield _said(fields.removeprefix("fields "), 10, 40, width - 20, SMALL)
    for number, part in enumerate([source, *others]):
        yield _said(part, 10, 66 + 18 * number, width - 20, SMALL, "#687078")


def _graph(shown: Widget, width: int, height: int) -> Iterator[str]:
    yield from _card(shown["title"], width, height)
    left, top, bottom = 14, 40, height - 10
    units = [axis["label"] for axis in shown["yAxis"].values()]
    yield _said("; ".join(units), left, 34, width - 20, SMALL, "#687078")
    yield _line(left, top, left, bottom, "#aab7b8")
    yield _line(left, bottom, width - 8, bottom, "#aab7b8")
    y = top + 16
    for threshold in shown.get("annotations", {}).get("horizontal", []):
        yield _line(left, y - 4, width - 8, y - 4, ALARM, "5 3")
        said = f"{threshold['label']} {threshold['value']:g}"
        yield _said(said, width - 14 - _width(said, SMALL), y - 8, width, SMALL, ALARM)
        y += 16
    visible = [row[-1]["label"] for row in shown["metrics"] if row[-1].get("visible") is not False]
    for number, label in enumerate(visible):
        yield _line(left + 8, y, left + 28, y, COLOURS[number % len(COLOURS)], width=3)
        yield _said(label, left + 36, y + 4, width - left - 50, SMALL)
        y += min(17, (bottom - top - 20) // max(1, len(visible)))


def _card(title: str, width: int, height: int) -> Iterator[str]:
    yield f'<rect width="{width}" height="{height}" rx="3" fill="#ffffff" stroke="#d5dbdb"/>'
    yield _said(title, 10, 20, width - 20, NORMAL, weight="bold")


def _said(
    text: str,
    x: float,
    y: float,
    width: float,
    size: int,
    colour: str = "#16191f",
    weight: str = "normal",
) -> str:
    longest = int(width / (size * LETTER))
    fitting = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" fill="{colour}">'
        f"{escape(fitting)}</text>"
    )


def _width(text: str, size: int) -> float:
    return round(len(text) * size * LETTER, 1)


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, dashes: str = "none", width: int = 1
) -> str:
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" '
        f'stroke-width="{width}" stroke-dasharray="{dashes}"/>'
    )


def main() -> None:
    """Write the picture below the working folder."""
    PICTURE.write_text(picture(widgets_of(STACK)))


if __name__ == "__main__":
    main()
