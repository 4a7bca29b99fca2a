"""Changes as `--then` spells them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.changes import Change, ChangeError, parse_assignments, parse_changes
from settings import SettingsError

PROJECT_DIR = Path(__file__).resolve().parents[3]
CONFIG: dict[str, Any] = {
    "aws:region": "us-east-1",
    "genai:model": {"source": "./models/storyteller"},
    "genai:image": {"family": "pytorch"},
    "genai:endpoint": {"instanceType": "ml.m5.large"},
}
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}", fullmatch=True)
VALUES = st.recursive(
    st.booleans() | st.integers(-9999, 9999) | st.text("abc :=\"'é", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def changes(*texts: str) -> list[Change]:
    return parse_changes(texts, CONFIG, project="genai", stack="dev", project_dir=PROJECT_DIR)


def test_one_option_may_change_several_settings_at_once() -> None:
    found = parse_assignments("genai:endpoint.instanceType=ml.c5.large; invoker.memoryMib = 1024;")

    assert found == [
        ("genai", ("endpoint", "instanceType"), "ml.c5.large"),
        (None, ("invoker", "memoryMib"), 1024),
    ]


def test_a_semicolon_in_a_value_parts_nothing() -> None:
    assert parse_assignments("genai:tags.Note='one; two'") == [
        ("genai", ("tags", "Note"), "one; two")
    ]


def test_nothing_is_a_deployment_of_the_same() -> None:
    assert parse_assignments("") == []
    (change,) = changes("")
    assert change.config == CONFIG


@given(st.lists(st.tuples(NAMES, NAMES, VALUES), min_size=1, max_size=3))
def test_values_are_yaml(assigned: list[tuple[str, str, Any]]) -> None:
    def flow(value: Any) -> str:
        dumped = yaml.safe_dump(value, default_flow_style=True, width=10**6)
        return dumped.removesuffix("...\n").strip()

    text = "; ".join(f"genai:{section}.{key}={flow(value)}" for section, key, value in assigned)

    found = parse_assignments(text)

    assert [(each.path, each.value) for each in found] == [
        ((section, key), value) for section, key, value in assigned
    ]


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_assignments(text)
    except ChangeError:
        return
    assert all(each.path for each in found)


@pytest.mark.parametrize("text", ["endpoint", "=x", "a b=c", "genai:=x", "genai:endpoint.=x"])
def test_what_is_no_assignment_is_told(text: str) -> None:
    with pytest.raises(
        ChangeError, match=r"expected KEY=VALUE such as genai:endpoint.instanceType=ml.c5.large"
    ):
        parse_assignments(text)


def test_a_value_that_is_no_yaml_is_told() -> None:
    with pytest.raises(ChangeError, match=r"the value of genai:endpoint is no YAML: "):
        parse_assignments("genai:endpoint={instanceType: ")


def test_changes_build_on_each_other_and_leave_the_stack_file_alone() -> None:
    first, second = changes("endpoint.instanceType=ml.c5.large", "genai:invoker.memoryMib=1024")

    assert first.settings.endpoint.instance_type == "ml.c5.large"
    assert second.settings.endpoint.instance_type == "ml.c5.large"
    assert (first.settings.invoker.memory_mib, second.settings.invoker.memory_mib) != (1024, 1024)
    assert second.settings.invoker.memory_mib == 1024
    assert CONFIG["genai:endpoint"] == {"instanceType": "ml.m5.large"}


def test_a_setting_without_a_value_is_taken_away() -> None:
    _, second = changes("invoker.memoryMib=1024", "invoker.memoryMib=")

    assert second.config["genai:invoker"] == {}


def told(*texts: str) -> str:
    with pytest.raises(SettingsError) as caught:
        changes(*texts)
    return str(caught.value)


def test_an_unknown_key_is_told_as_in_a_stack_file() -> None:
    said = told("genai:endpoint.instanceTyp=ml.c5.large")

    assert '--then "genai:endpoint.instanceTyp=ml.c5.large": genai:endpoint.instanceTyp' in said
    assert "Fix: did you mean instanceType?" in said


def test_a_wrong_value_is_told_as_in_a_stack_file() -> None:
    assert "genai:endpoint.instanceType" in told("genai:endpoint.instanceType=ml.c9.large")


def test_another_namespace_is_refused() -> None:
    assert (
        '--then "aws:region=eu-west-1": aws:region\n'
        "    is no setting of this project, and a rehearsal cannot change it: its are genai:..."
    ) in told("aws:region=eu-west-1")


def test_a_key_below_a_plain_value_is_refused() -> None:
    said = told("genai:endpoint.instanceType.size=large")

    assert (
        'genai:endpoint.instanceType\n    expected settings by name, found the text "ml.m5.large"'
        in said
    )
