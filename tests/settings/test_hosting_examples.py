"""docs/hosting.md: every example is a stack that this project accepts."""

import re
from pathlib import Path

import pytest

from settings import parse_settings
from settings.yaml_reader import read_yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "hosting.md").read_text()
EXAMPLES = dict(
    re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
)


def test_every_section_has_an_example() -> None:
    assert list(EXAMPLES) == re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_is_a_sound_stack(title: str) -> None:
    config = read_yaml(EXAMPLES[title].encode())["config"]

    settings = parse_settings(
        config, project="genai", stack="docs", project_dir=ROOT, source="docs/hosting.md"
    )

    assert settings.region == "us-east-1"


def test_the_examples_show_every_mode() -> None:
    modes = {
        read_yaml(text.encode())["config"]["genai:endpoint"].get("mode", "realtime")
        for text in EXAMPLES.values()
    }

    assert modes == {"realtime", "serverless", "async", "scale-to-zero"}
