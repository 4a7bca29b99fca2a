"""What is recorded is what the cases do: each is deployed again, and its roles make the same calls."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.local_account import LocalAccount, local_account
from tests.privileges.cases import CASES, REGION
from tests.privileges.lasting_names import lasting
from tests.privileges.recorded import Recorded, record, recorded_calls


@pytest.fixture(scope="module")
def account() -> Iterator[LocalAccount]:
    with local_account(REGION) as running:
        yield running


def kinds(calls: list[Recorded]) -> set[tuple[str, str, str, str]]:
    """Which role did what by which statement; how often, and to which object, is up to the moment."""
    return {(call.role, call.policy, call.sid, call.action) for call in calls}


@pytest.mark.matrix
@pytest.mark.parametrize("case", CASES)
def test_a_stack_still_makes_the_calls_that_are_recorded(
    case: str, account: LocalAccount, tmp_path: Path
) -> None:
    """If it fails for a good reason: `python -m tests.privileges.recorded`."""
    recorded = [call for call in recorded_calls() if call.case == case]

    assert kinds(record(account, case, tmp_path)) == kinds(recorded)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("genai-bucket-d5bf7fe", "genai-bucket"),
        ("genai-bucket-d5bf7fe/records/a", "genai-bucket/records/a"),
        (
            "records/dt=2026-01-31/73f07bab-c9c1-4b6e-8f10-0123456789ab.json",
            "records/dt=2026-11-25/00000000-0000-4000-8000-000000000000.json",
        ),
        ("capture/2026/01/31/05/a", "capture/2026/11/25/a"),
        ("models/19d190045e8f941f/model.tar.gz", "models/0000000000000000/model.tar.gz"),
        ("inputs/file-0123456789ab", "inputs/file-000000000000"),
        (
            "key/44444444-1111-2222-3333-444444444444",
            "key/44444444-1111-2222-3333-444444444444",
        ),
        ("genai-execution-permissions", "genai-execution-permissions"),
    ],
)
def test_names_are_evened_but_not_confused(text: str, kept: str) -> None:
    assert lasting(text) == kept
