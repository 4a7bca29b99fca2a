"""docs/function.md: every example is a stack that this project accepts, and a function that can be made."""

import json
import re
from pathlib import Path

import pytest

from components import InvokerFunction
from settings import StackSettings, parse_settings
from settings.component_args import invoker_args
from settings.yaml_reader import read_yaml
from tests.harness import deploy

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "function.md").read_text()
EXAMPLES = dict(
    re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
)


def settings_of(title: str) -> StackSettings:
    config = read_yaml(EXAMPLES[title].encode())["config"]
    return parse_settings(
        config, project="genai", stack="docs", project_dir=ROOT, source="docs/function.md"
    )


def exports_of(title: str) -> set[str]:
    ways_in: set[str] = set()

    def program() -> None:
        invoker = InvokerFunction(
            "genai",
            {
                **invoker_args(settings_of(title)),
                "endpoint_name": "genai-docs",
                "bucket_name": "genai-bucket",
                "model_uri": "s3://models/story.tar.gz",
            },
        )
        ways_in.update(invoker.ways_in())

    deploy(program)
    return ways_in


def test_every_section_has_an_example() -> None:
    assert list(EXAMPLES) == re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_is_a_sound_stack_and_a_function_can_be_made_from_it(title: str) -> None:
    assert settings_of(title).region == "us-east-1"
    assert "function_alias" in exports_of(title)


def test_the_outputs_that_its_commands_name_are_there() -> None:
    of_every_stack = {"function_name"}
    exported = set().union(*(exports_of(title) for title in EXAMPLES))
    named = set(re.findall(r"pulumi stack output (\w+)", PAGE))

    assert len(named) >= 6
    assert named <= exported | of_every_stack


def test_the_policy_for_callers_is_a_statement() -> None:
    text, _ = re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)

    assert json.loads(text)["Action"] == ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]


def test_the_statements_for_the_policy_of_a_key_name_the_services_that_use_it() -> None:
    _, text = re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)

    assert {statement["Principal"]["Service"] for statement in json.loads(text)} == {
        "s3.amazonaws.com",
        "logs.us-east-1.amazonaws.com",
    }
