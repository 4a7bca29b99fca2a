"""What SageMaker does in its own time is waited for; any other refusal is not."""

from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError

from rehearsal.deployer import waiting
from rehearsal.deployer.waiting import once_settled, wait_until_gone

CHANGING = 'Cannot update in-progress endpoint "arn".'
GONE = 'Could not find endpoint "arn".'


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0)


def answering(*answers: str) -> tuple[Callable[[], str], list[str]]:
    """Something to ask: a message is a refusal, `ok` an answer; and what was given so far."""
    coming: Iterator[str] = iter(answers)
    given: list[str] = []

    def ask() -> str:
        given.append(next(coming))
        if given[-1] != "ok":
            error = {"Code": "ValidationException", "Message": given[-1]}
            raise ClientError({"Error": error}, "UpdateEndpoint")
        return "ok"

    return ask, given


def test_a_change_is_asked_for_again_until_no_other_is_under_way() -> None:
    ask, given = answering(CHANGING, CHANGING, "ok")

    assert once_settled(ask) == "ok"
    assert given == [CHANGING, CHANGING, "ok"]


def test_another_refusal_of_a_change_is_final() -> None:
    ask, given = answering("1 validation error detected", "ok")

    with pytest.raises(ClientError, match=r"1 validation error detected$"):
        once_settled(ask)
    assert len(given) == 1


def test_what_never_settles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "SETTLED_LIMIT_SECONDS", -1)
    ask, given = answering(CHANGING, "ok")

    with pytest.raises(ClientError, match="in-progress"):
        once_settled(ask)
    assert len(given) == 1


def test_what_is_deleted_is_waited_for_until_it_cannot_be_found() -> None:
    ask, given = answering("ok", "ok", GONE)

    wait_until_gone(ask)

    assert given == ["ok", "ok", GONE]


def test_a_description_that_is_refused_does_not_mean_gone() -> None:
    ask, _ = answering("Rate exceeded", GONE)

    with pytest.raises(ClientError, match=r"Rate exceeded$"):
        wait_until_gone(ask)
