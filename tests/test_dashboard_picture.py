"""The picture of the dashboard in the documentation shows what the program makes."""

import re
from xml.etree import ElementTree as ET

from tests.dashboard_picture import PICTURE, PROJECT_DIR, STACK, picture, widgets_of


def test_it_is_up_to_date() -> None:
    drawn = picture(widgets_of(STACK))

    assert (PROJECT_DIR / PICTURE).read_text() == drawn, (
        "run `make reference` and commit what it writes"
    )


def test_every_title_and_every_threshold_is_on_it() -> None:
    widgets = widgets_of(STACK)

    drawn = picture(widgets)

    texts = re.findall(r">([^<]+)</text>", drawn)
    graphs = [widget["properties"] for widget in widgets if widget["type"] == "metric"]
    thresholds = [
        f"{each['label']} {each['value']:g}"
        for graph in graphs
        for each in graph.get("annotations", {}).get("horizontal", [])
    ]
    assert len(graphs) > 10
    assert len(thresholds) > 4
    assert {*thresholds, *(graph["title"] for graph in graphs)} <= set(texts)


def test_it_is_well_formed_and_as_large_as_the_grid() -> None:
    widgets = widgets_of(STACK)

    root = ET.fromstring(picture(widgets))  # noqa: S314 - our own

    rows = max(widget["y"] + widget["height"] for widget in widgets)
    assert root.attrib["viewBox"] == f"0 0 1440 {rows * 32}"
