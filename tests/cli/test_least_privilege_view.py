"""`genai rehearse --least-privilege`: what a person reads."""

import io
import json
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli import main
from cli.least_privilege_view import show_least_privilege
from rehearsal import rehearse as rehearsing
from rehearsal.least_privilege import LeastPrivilege, RolePolicies, least_privilege
from rehearsal.rehearse import Afterwards
from rehearsal.transcript import Failure, Transcript

ROLE = "arn:aws:iam::123456789012:role/invoker"
READ = {
    "Sid": "Read",
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:GetObjectVersion"],
    "Resource": "arn:aws:s3:::b/records/*",
    "Condition": {"StringEquals": {"aws:SourceAccount": "1"}},
}
SEND = {"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1:1:q"}


def call(action: str, statement: Any, count: int, **more: Any) -> dict[str, Any]:
    common = {"principal": "me", "role": ROLE, "policy": "own", "reason": ""}
    told = {"action": action, "allowed": True, "statement": statement, "count": count}
    return {**common, **told, "resources": {"arn:x": count}, **more}


def report() -> LeastPrivilege:
    role = RolePolicies("invoker", ROLE, {"own": {"Statement": [READ, SEND]}})
    return least_privilege(
        [role],
        [
            call("s3:GetObject", READ, 2),
            call("sqs:SendMessage", SEND, 1),
            call("s3:PutObject", None, 3, allowed=False, policy=None, reason="not allowed"),
        ],
    )


def shown(told: LeastPrivilege) -> str:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    show_least_privilege(told, console)
    return console.file.getvalue()  # pyright: ignore[reportAttributeAccessIssue] - it is the StringIO


def test_it_reads_from_the_role_to_how_often_an_action_was_used() -> None:
    lines = [line.strip() for line in shown(report()).splitlines()]

    first = lines.index("role invoker")
    assert lines[first + 1 : first + 8] == [
        "own",
        "Read: Allow on arn:aws:s3:::b/records/* if aws:SourceAccount (wildcard)",
        "used 2 times    s3:GetObject",
        "never used      s3:GetObjectVersion",
        "statement 2: Allow on arn:aws:sqs:eu-west-1:1:q (wildcard)",
        "used 1 time     sqs:* (of it: sqs:SendMessage 1)",
        "denied 3 times: s3:PutObject on arn:x (not allowed)",
    ]


def test_it_sums_up_and_does_not_claim_more_than_it_knows() -> None:
    text = shown(report())

    assert "2 of 3 granted actions were used, 1 never; 3 calls denied." in text
    assert "may still be needed by what this rehearsal did not do" in text


def test_it_says_if_nothing_was_denied() -> None:
    text = shown(LeastPrivilege([], []))

    assert "0 of 0 granted actions were used, 0 never; nothing was denied." in text


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What each rehearsal was asked for; none really runs."""
    found: list[bool] = []

    def rehearse(*_: object, afterwards: Afterwards, **__: object) -> Transcript:
        is_wanted = afterwards.reports_on_roles
        found.append(is_wanted)
        return Transcript("dev", "x", least_privilege=report() if is_wanted else None)

    monkeypatch.setattr(rehearsing, "rehearse", rehearse)
    return found


def test_the_report_is_there_only_if_it_is_asked_for(wanted: list[bool]) -> None:
    without = CliRunner().invoke(main.app, ["rehearse"])
    asked = CliRunner().invoke(main.app, ["rehearse", "--least-privilege"])

    assert wanted == [False, True]
    assert (without.exit_code, asked.exit_code) == (
        0,
        0,
    )  # also with unused grants and denied calls
    assert "granted" not in without.output
    assert "role invoker" in asked.output


def test_as_json_it_is_a_member_of_the_transcript(wanted: list[bool]) -> None:
    done = CliRunner().invoke(main.app, ["rehearse", "--least-privilege", "--json"])

    told = json.loads(done.stdout)["least_privilege"]
    assert wanted == [True]
    assert told["roles"][0]["policies"][0]["statements"][0]["actions"][1] == {
        "action": "s3:GetObjectVersion",
        "used": 0,
        "actions_used": {},
    }
    assert [call["statement"] for call in told["calls"]] == [READ, SEND, None]


def test_it_is_told_after_a_failure_too(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Transcript(
        "dev", "x", least_privilege=report(), failure=Failure("invoke", "no", "fix")
    )

    def rehearse(*_: object, **__: object) -> Transcript:
        return failed

    monkeypatch.setattr(rehearsing, "rehearse", rehearse)
    done = CliRunner().invoke(main.app, ["rehearse", "--least-privilege"])

    assert done.exit_code == 1
    assert "denied 3 times: s3:PutObject" in done.output
