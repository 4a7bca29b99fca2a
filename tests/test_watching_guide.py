"""The runbook has a place for every alarm, where its description sends people, and names every threshold."""

import re
from pathlib import Path

import pytest
import yaml

from components.watching.alarms import USERS_HURT
from components.watching.watch_alarm import KEYS, RUNBOOK
from settings.sections.watch import ThresholdSettings
from tests.settings.stacks import problems_of, right_but

GUIDE = (Path(__file__).resolve().parents[1] / RUNBOOK).read_text()


@pytest.mark.parametrize("alarm", [USERS_HURT, *KEYS])
def test_every_alarm_has_a_section_of_its_own(alarm: str) -> None:
    assert f"\n### {alarm}\n\n" in GUIDE


@pytest.mark.parametrize("alarm", KEYS)
def test_every_alarm_has_a_row_with_its_threshold_and_default(alarm: str) -> None:
    (row,) = re.findall(rf"^\| `{alarm}`(?: \*)? \|.*\|$", GUIDE, re.MULTILINE)

    *_, setting, default, _ = (cell.strip() for cell in row.split("|"))
    thresholds = {field.alias: field.default for field in ThresholdSettings.model_fields.values()}
    known = thresholds[setting.strip("`")]
    assert default == ("30; async none" if known is None else f"{known:g}")


def test_its_example_is_a_sound_stack(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    package = {"source": "s3://my-models/tiny.tar.gz"}

    stack = {**right_but({"genai:model": package}), **yaml.safe_load(example)}

    assert problems_of(stack, tmp_path) == []


def test_every_link_within_it_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) <= headings
    docs = Path(__file__).resolve().parents[1] / "docs"
    files = re.findall(r"\]\((?!http|#)([^)#]+)", GUIDE)
    assert [name for name in files if not (docs / name).exists()] == []
