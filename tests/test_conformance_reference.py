"""The page of what the account is held to."""

from pathlib import Path

import pytest

from tests.conformance_reference import REFERENCE, SECTIONS, conformance_reference, facts

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_tells_what_the_tests_say_now() -> None:
    assert (ROOT / REFERENCE).read_text() == conformance_reference(ROOT), "run `make reference`"


def test_every_part_of_aws_that_the_account_plays_has_facts_that_it_is_held_to() -> None:
    played = set(SECTIONS) - {4, 5, 11, 12, 13}  # not services of AWS, or told with those that are

    assert {fact.section for fact in facts(ROOT)} >= played


@pytest.mark.parametrize("told", ["ModelError is HTTP 424", "§14 something", "§ 2 something"])
def test_a_mark_that_names_no_section_is_refused(told: str, tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_x.py").write_text(f"@pytest.mark.fact({told!r})\ndef test_a(): ...\n")

    with pytest.raises(ValueError, match=r"test_x\.py::test_a: a fact begins with its section"):
        list(facts(tmp_path))


def test_a_fact_becomes_a_line_that_leads_to_its_test(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    marked = '@pytest.mark.fact("§2 Errors: a | b\\n is 424")\ndef test_model_errors(): ...\n'
    (tests / "test_x.py").write_text(marked)

    assert "| Errors: a \\| b is 424 | [model errors](../tests/test_x.py) |" in (
        conformance_reference(tmp_path)
    )
