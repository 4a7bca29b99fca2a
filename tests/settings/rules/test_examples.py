"""Every rule has an example that only it refuses, a mended one that nothing refuses, and an entry in docs/rules.md."""

import re
from pathlib import Path

import pytest

from settings import SettingsError, limits, parse_settings
from settings.rule_examples import PROJECT, Stack, load_examples
from settings.rules import RULES
from settings.rules.rule import Rule
from settings.rules_reference import REFERENCE, rules_reference
from tests.settings.stacks import FILE

ROOT = Path(__file__).parents[3]
EXAMPLES = load_examples(ROOT)
# What would need an instance type that AWS has and the catalog lacks; there is none.
UNHEARD_OF = {"GA102": frozenset({"ml.m99.large"})}
LEAST_RULES = 40


def refused_by(stack: Stack, project_dir: Path) -> set[str]:
    """The rules that refuse a stack, read and checked as a whole; empty for a value that is wrong by itself."""
    try:
        _ = parse_settings(
            stack.config, project=PROJECT, stack=stack.name, project_dir=project_dir, source=FILE
        )
    except SettingsError as error:
        return {problem.rule for problem in error.problems}
    return set()


def test_there_are_many_rules_with_unique_numbers_in_order() -> None:
    ids = [rule.id for rule in RULES]

    assert len(ids) >= LEAST_RULES
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
    assert all(re.fullmatch(r"GA[1-9][0-9]{2}", rule_id) for rule_id in ids)


def test_every_rule_has_an_example_in_the_order_of_the_rules() -> None:
    assert list(EXAMPLES) == [rule.id for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_why_in_whole_sentences(rule: Rule) -> None:
    summary = (rule.check.__doc__ or "").partition("\n")[0]

    assert summary.endswith(".")
    assert summary[0].isupper() or summary[0] == "`"
    assert rule.why.startswith(summary)


@pytest.mark.parametrize("rule_id", EXAMPLES)
def test_the_bad_example_is_refused_by_its_rule_alone(
    rule_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = limits.instance_types() | UNHEARD_OF.get(rule_id, frozenset())
    monkeypatch.setattr(limits, "instance_types", lambda: known)
    bad = EXAMPLES[rule_id].bad

    found = list(bad.findings(tmp_path))

    assert {rule.id for rule, _ in found} == {rule_id}
    assert all(finding.message and finding.fix for _, finding in found)
    assert refused_by(bad, tmp_path) == {rule_id}


@pytest.mark.parametrize("rule_id", EXAMPLES)
def test_the_mended_example_is_refused_by_nothing(rule_id: str, tmp_path: Path) -> None:
    good = EXAMPLES[rule_id].good

    assert list(good.findings(tmp_path)) == []
    assert refused_by(good, tmp_path) == set()


def test_the_base_of_the_examples_is_refused_by_nothing(tmp_path: Path) -> None:
    base = EXAMPLES["GA101"].bad.base

    assert refused_by(Stack(name="dev", said={}, base=base, files={}), tmp_path) == set()


def test_the_reference_of_the_rules_is_up_to_date_with_an_entry_for_every_rule() -> None:
    reference = rules_reference(ROOT)
    headings = re.findall(r"^### (GA\d{3})$", reference, flags=re.MULTILINE)

    assert (ROOT / REFERENCE).read_text() == reference, "run make reference"
    assert headings == [rule.id for rule in RULES]
