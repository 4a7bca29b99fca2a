"""The page of what is survived."""

from pathlib import Path

import pytest

from tests.reliability_reference import REFERENCE, proofs, reliability_reference
from tests.reliability_rows import ROWS

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_tells_what_the_tests_prove_now() -> None:
    assert (ROOT / REFERENCE).read_text() == reliability_reference(ROOT), "run `make reference`"


def test_every_row_is_proven_by_a_test() -> None:
    assert {key for key, _ in proofs(ROOT)} == ROWS.keys()


def test_every_row_says_what_whoever_asked_sees() -> None:
    assert all(len(row.fault) > 10 and len(row.ends) > 20 for row in ROWS.values())


def test_a_mark_that_names_no_row_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    marked = '@pytest.mark.row("meteor")\ndef test_a(): ...\n'
    (tmp_path / "tests" / "test_x.py").write_text(marked)

    with pytest.raises(ValueError, match=r"tests/test_x\.py::test_a: there is no row 'meteor'"):
        list(proofs(tmp_path))


def test_a_proof_becomes_a_link_in_the_line_of_its_row(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    marked = '@pytest.mark.row("denied")\ndef test_it_is_said(): ...\n'
    (tmp_path / "tests" / "test_x.py").write_text(marked)

    assert (
        f"| access denied | {ROWS['denied'].ends} | [it is said](../tests/test_x.py) |"
        in reliability_reference(tmp_path)
    )
