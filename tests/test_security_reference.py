"""The page of what roles may do."""

from pathlib import Path

import pytest

from tests.privileges.cases import CASES
from tests.privileges.documents import granted
from tests.security_reference import REFERENCE, security_reference, why

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_tells_what_the_program_grants_now() -> None:
    assert (ROOT / REFERENCE).read_text() == security_reference(ROOT), "run `make reference`"


@pytest.mark.parametrize("case", CASES)
def test_every_statement_has_a_reason_and_every_action_is_on_the_page(case: str) -> None:
    page = (ROOT / REFERENCE).read_text()

    for grant in granted(case):
        assert why(grant.statement, grant.sid).endswith("."), str(grant)
        assert all(f"`{action}`" in page for action in grant.actions)


def test_a_statement_that_nothing_is_known_to_make_is_no_line_without_a_reason() -> None:
    with pytest.raises(KeyError, match="Unheard"):
        why({"Action": "s3:GetObject", "Resource": "*"}, "Unheard")
