"""The calls that the deployed cases made, as roles, each with the statement that allowed it.

`python -m tests.privileges.recorded` deploys every case into a local account, does with it what its promises say, and writes
what the account noted to recorded_calls.json: about two minutes. A test rehearses them again and compares; the
others hold the file against the program's documents, which takes no account.
"""

import contextlib
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.account.iam.authorization import Call, Principal, decide
from rehearsal.least_privilege import TRUST_POLICY
from rehearsal.local_account import LocalAccount, local_account
from tests.privileges.cases import CASES, REGION, STACK
from tests.privileges.documents import granted
from tests.privileges.lasting_names import lasting
from tests.rehearsal.front_door.promises import Promise
from tests.rehearsal.front_door.stacks import Project, Stack

_TRIES = 6
_PAUSE_SECONDS = 1.0
RECORDED = Path(__file__).with_name("recorded_calls.json")
_TRUSTED = {"genai-role": "lambda.amazonaws.com", "genai-execution": "sagemaker.amazonaws.com"}


@dataclass(frozen=True)
class Recorded:
    """One call that a case's role made, and the statement that allowed it."""

    case: str
    role: str
    policy: str
    sid: str
    action: str
    resource: str
    conditions: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def call(self) -> Call:
        """As the evaluator takes it."""
        return Call(self.action, self.resource, self.conditions)

    @property
    def statement(self) -> tuple[str, str, str, str]:
        """Which one allowed it."""
        return self.case, self.role, self.policy, self.sid

    @property
    def principal(self) -> Principal | None:
        """The service that becomes the role; None for what the role itself does."""
        if self.policy != TRUST_POLICY:
            return None
        return Principal("Service", frozenset({_TRUSTED[self.role]}))

    def is_allowed_by(self, documents: Iterable[Mapping[str, Any]]) -> bool:
        """Whether these documents allow it: a role's policies, or its trust policy."""
        return decide(documents, self.call, self.principal).allowed


def recorded_calls() -> list[Recorded]:
    """Read the file."""
    return [Recorded(**entry) for entry in json.loads(RECORDED.read_text())]


def record(account: LocalAccount, case: str, folder: Path) -> list[Recorded]:
    """Deploy a case, do what its promises say, and return what its roles did, each kind of call once."""
    stack = Project(folder).deploy(account, CASES[case].sections)
    for promise in CASES[case].promises:
        _keep(promise, stack)
    noted = [call for call in account.calls() if _is_of(call, stack)]
    refused = [call for call in noted if not call["allowed"]]
    if refused:
        raise AssertionError(f"{case}: {refused}")
    return sorted(
        {_kind_of(found): found for call in noted for found in _found(case, stack, call)}.values(),
        key=lambda found: (found.statement, found.action, found.resource, str(found.conditions)),
    )


def _keep(promise: Promise, stack: Stack) -> None:
    """A busy machine may take longer than a promise has time, and an endpoint may have gone to sleep meanwhile."""
    for _ in range(_TRIES - 1):
        with contextlib.suppress(AssertionError):
            promise(stack)
            return
        time.sleep(_PAUSE_SECONDS)
    promise(stack)


def _is_of(call: Mapping[str, Any], stack: Stack) -> bool:
    return _name(call["role"]) in stack.role_names


def _found(case: str, stack: Stack, call: Mapping[str, Any]) -> Iterator[Recorded]:
    role, policy = (_lasting(text, stack) for text in (_name(call["role"]), call["policy"]))
    statement: dict[str, Any] = json.loads(_lasting(json.dumps(call["statement"]), stack))
    # Where two policies say the same, either may be asked first.
    twins = [g.policy for g in granted(case) if g.role == role and g.statement == statement]
    for request in call["requests"]:
        kept: dict[str, Any] = json.loads(_lasting(json.dumps(request), stack))
        yield Recorded(
            case,
            role,
            min(twins, default=policy),
            statement.get("Sid", policy),
            call["action"],
            kept["resource"],
            kept["conditions"],
        )


def _name(arn: str | None) -> str:
    return (arn or "").rpartition("/")[2]


def _lasting(text: str, stack: Stack) -> str:
    return lasting(text.replace(stack.settings.stack, STACK))


def _kind_of(found: Recorded) -> tuple[object, ...]:
    return found.statement, found.action, found.resource, str(found.conditions)


def main() -> None:
    """Record every case and write the file."""
    found: list[Recorded] = []
    with local_account(REGION) as account:
        for case in CASES:
            with tempfile.TemporaryDirectory() as folder:
                found += record(account, case, Path(folder))
    lines = ",\n".join(json.dumps(asdict(each)) for each in found)
    RECORDED.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
