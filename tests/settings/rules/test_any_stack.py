"""No stack, however odd, makes a rule fail; and each rule only speaks of what the stack says."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from settings import SettingsError, parse_settings
from settings.component_args import bucket_args, endpoint_args, invoker_args
from settings.draft import Draft
from settings.rule_examples import load_examples
from settings.rules import findings
from settings.schema import known_keys, node_at
from settings.secure_value import SecureValue

ROOT = Path(__file__).parents[3]
EXAMPLES = load_examples(ROOT)
STACKS = [stack.config for example in EXAMPLES.values() for stack in (example.bad, example.good)]

ODD = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2_000)
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.just(SecureValue())
    | st.lists(st.text(max_size=3), max_size=2)
    | st.dictionaries(st.text(max_size=3) | st.integers(), st.integers(0, 9), max_size=2)
    | st.just({"prompt": "<<prompt>>"})
    | st.just(["email", {"pattern": "a+"}])
)
NAMES = st.sampled_from(["candidate", "a.b", "", "AllTraffic"]) | st.text(max_size=4)
# Texts that one setting or another takes.
WORDS = st.sampled_from(
    sorted(
        {
            *("realtime", "serverless", "async", "scale-to-zero", "auto", "pipelines", "tei"),
            *("vllm", "lmi", "llamacpp", "huggingface", "pytorch", "custom", "model-package"),
            *("ml.m5.large", "ml.g5.12xlarge", "ml.p3.2xlarge", "ml.inf1.xlarge", "ml.t2.large"),
            *("s3://models/tiny/", "s3://models/tiny.tar.gz", "hf:org/tiny@v1", "./models", "hf:x"),
            *("canary", "linear", "rolling", "all-at-once", "cpu", "gpu", "backlog", "us-east-1"),
            *("arn:aws:kms:eu-west-1:123456789012:key/1234abcd", "arn:aws:iam::1:role/x", "arn:"),
            *("choices[0].text", "template", "input-text", "iam", "queue", "off", "metadata"),
            *("arn:aws:sagemaker:us-east-1:865070037744:model-package/tiny", "4", "max", "0"),
        }
    )
)


def sections(path: tuple[str, ...] = ()) -> SearchStrategy[Any]:
    """Values for the setting at a path: of the right form mostly, or anything."""
    node, keys = node_at(path), known_keys(path)
    if node is None:
        return ODD
    if keys:
        entries = {key: sections((*path, key)) for key in keys}
        return st.fixed_dictionaries({}, optional=entries) | ODD
    if "enum" in node:
        return st.sampled_from(node["enum"]) | ODD
    if isinstance(node.get("additionalProperties"), dict):
        return st.dictionaries(NAMES, sections((*path, "x")), max_size=3) | ODD
    return st.one_of(ODD, WORDS, st.integers(0, 64))


SETTINGS = {name: sections((name,)) for name in known_keys(())}


@pytest.fixture(scope="module")
def empty_dir() -> Iterator[Path]:
    """One folder for all examples: no model lies in it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def refusal_of(config: dict[str, Any], project_dir: Path) -> SettingsError | None:
    """Why a stack is refused; None if it is accepted, and then it means something to every component."""
    try:
        accepted = parse_settings(
            config, project="genai", stack="dev", project_dir=project_dir, source="Pulumi.dev.yaml"
        )
    except SettingsError as error:
        return error
    assert bucket_args(accepted)["record_days"]
    assert endpoint_args(accepted)["endpoint_name"]
    assert invoker_args(accepted)["contract"]
    return None


@settings(max_examples=200, deadline=None)
@given(said=st.fixed_dictionaries({}, optional=SETTINGS))
def test_any_settings_are_accepted_or_refused(said: dict[str, Any], empty_dir: Path) -> None:
    config = {"aws:region": "us-east-1", **{f"genai:{name}": value for name, value in said.items()}}

    refused = refusal_of(config, empty_dir)

    if refused:
        assert all(problem.message and problem.fix for problem in refused.problems)


@settings(max_examples=200, deadline=None)
@given(
    config=st.sampled_from(STACKS),
    other=st.sampled_from(STACKS),
    name=st.sampled_from(known_keys(())),
    data=st.data(),
)
def test_mixtures_of_stacks_with_one_odd_section_are_accepted_or_refused(
    config: dict[str, Any], other: dict[str, Any], name: str, data: st.DataObject, empty_dir: Path
) -> None:
    mixed = {**config, **other, f"genai:{name}": data.draw(SETTINGS[name])}

    refused = refusal_of(mixed, empty_dir)

    if refused:
        assert all(problem.message and problem.fix for problem in refused.problems)


@settings(max_examples=200, deadline=None)
@given(config=st.sampled_from(STACKS), other=st.sampled_from(STACKS), data=st.data())
def test_mixtures_of_stacks_are_refused_or_mean_something_to_every_component(
    config: dict[str, Any], other: dict[str, Any], data: st.DataObject, empty_dir: Path
) -> None:
    kept = data.draw(st.sets(st.sampled_from(sorted(other))))
    mixed = {**config, **{key: other[key] for key in kept}}

    refused = refusal_of(mixed, empty_dir)

    assert refused is None or refused.problems


@pytest.mark.parametrize("config", STACKS)
def test_where_every_section_is_wrong_already_no_rule_adds_anything(
    config: dict[str, Any], empty_dir: Path
) -> None:
    said = {key.removeprefix("genai:"): value for key, value in config.items()}
    wrong = [(name,) for name in known_keys(())]

    draft = Draft(said, wrong, region=None, project="genai", stack="dev", project_dir=empty_dir)

    assert list(findings(draft)) == []
