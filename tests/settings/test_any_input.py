"""Whatever a stack says, it is either accepted or refused with reasons; nothing else can happen."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settings import SettingsError, load_stack, parse_settings
from settings.schema import known_keys
from settings.secure_value import SecureValue
from settings.yaml_reader import YamlError, read_yaml
from tests.settings.stacks import RIGHT

SECTIONS = known_keys(())
KEYS = sorted({key for section in SECTIONS for key in known_keys((section,))})

WORDS = st.sampled_from(
    [
        "s3://models/tiny/",
        "s3://models",
        "./models/tiny",
        "",
        "pytorch",
        "vllm",
        "llamacpp",
        "tei",
        "custom",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1",
        "ml.m5.large",
        "ml.g5.xlarge",
        "ml.c7g.large",
        "auto",
        "INFO",
        "us-east-1",
        "HF_TOKEN",
        "aws:x",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | WORDS
    | st.text()
    | st.binary(max_size=3)
    | st.dates()
    | st.builds(SecureValue)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text() | st.integers() | WORDS, inner, max_size=5
        )
    ),
    max_leaves=20,
)
NAMES = st.sampled_from([*(f"genai:{section}" for section in SECTIONS), "aws:region"]) | st.text()


@pytest.fixture(scope="module")
def empty_dir() -> Iterator[Path]:
    """One folder for all examples: no model lies in it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def outcome(config: dict[str, Any], project_dir: Path) -> SettingsError | None:
    """The refusal of a configuration; None if it is accepted."""
    try:
        _ = parse_settings(
            config, project="genai", stack="dev", project_dir=project_dir, source="Pulumi.dev.yaml"
        )
    except SettingsError as error:
        return error
    return None


@pytest.mark.row("bad-settings")
@settings(max_examples=150, deadline=None)
@given(config=st.dictionaries(NAMES, VALUES, max_size=7))
def test_any_configuration_is_accepted_or_refused_with_reasons(
    config: dict[str, Any], empty_dir: Path
) -> None:
    refused = outcome(config, empty_dir)

    if refused:
        assert refused.problems
        assert all(problem.message and problem.fix for problem in refused.problems)
        assert len({str(problem) for problem in refused.problems}) == len(refused.problems)


@settings(max_examples=150, deadline=None)
@given(section=st.sampled_from(SECTIONS), key=st.sampled_from(KEYS), value=VALUES)
def test_one_odd_value_in_a_right_stack_is_accepted_or_named(
    section: str, key: str, value: object, empty_dir: Path
) -> None:
    config = {**RIGHT, "genai:model": {"source": "s3://models/tiny/"}}
    config[f"genai:{section}"] = {**config.get(f"genai:{section}", {}), key: value}

    refused = outcome(config, empty_dir)

    if refused:
        assert any(problem.key.startswith(f"genai:{section}") for problem in refused.problems) or (
            key == "family"  # a GPU family moves the blame to the instance type
        )


YAML_PIECES = st.sampled_from(
    [
        *("config:", "genai:model:", "aws:region:", "a", "- ", "? ", ": ", "\n", "  ", "\t"),
        *("{", "}", "[", "]", ",", "&x ", "*x", "<<: ", "!!int ", "!!float ", "!t ", "'", '"'),
        *("# ", "---\n", "|\n", ">\n", "%", "1", "0x", "2026-01-01", "~", "true", ".inf"),
        *("\\", "\x85", "\ufeff", "\N{GRINNING FACE}"),
    ]
)
YAML_LIKE = st.lists(YAML_PIECES, max_size=25).map("".join)


def read(text: str) -> object:
    """The value of a text, or why it is refused."""
    try:
        return read_yaml(text.encode())
    except YamlError as error:
        return error


@settings(max_examples=250, deadline=None)
@given(text=YAML_LIKE | st.text(max_size=40))
def test_any_text_is_plain_data_or_refused_with_a_fix(text: str) -> None:
    result = read(text)

    if isinstance(result, YamlError):
        assert str(result)
        assert result.fix
    else:
        assert result is None or isinstance(result, str | int | float | list | dict)


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=60) | YAML_LIKE.map(str.encode))
def test_any_stack_file_is_refused_with_reasons(content: bytes, empty_dir: Path) -> None:
    (empty_dir / "Pulumi.yaml").write_text("name: genai\n")
    (empty_dir / "Pulumi.dev.yaml").write_bytes(content)

    with pytest.raises(SettingsError) as refused:
        load_stack(empty_dir, "dev")

    assert refused.value.problems
