"""What is noted for CloudWatch about each invocation."""

import contextlib
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import pytest

from rehearsal.account.cloudwatch import metrics
from rehearsal.account.functions import concurrency, function_metrics
from rehearsal.account.functions.function_lookup import Target
from rehearsal.account.functions.function_stream import FunctionStream, ReplyHead
from rehearsal.account.functions.functions import Functions
from rehearsal.account.functions.runtime_api import Event, Outcome
from rehearsal.account.functions.sandbox import Ran
from rehearsal.account.wire_errors import AwsError

ARN = "arn:aws:lambda:eu-west-3:123456789012:function:f"
FAILED = Outcome(b'{"errorType": "E"}', "Unhandled", "error")


class Sandbox:
    """Takes 12.5 ms for everything."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def run(self, _event: Event) -> Ran:
        return Ran(self._outcome, "", 12.5)

    @contextlib.contextmanager
    def stream(self, _event: Event) -> Generator[FunctionStream]:
        failure = self._outcome if self._outcome.error else None
        yield FunctionStream(ReplyHead(200), iter([]), failure, milliseconds=12.5)


def target(qualifier: str = "") -> Target:
    function: Any = SimpleNamespace(
        function_name="f", package_type="Zip", layers=[], run_time="python3.13", environment_vars={}
    )
    return Target(function, f"{ARN}{qualifier}", "eu-west-3")


def functions(monkeypatch: pytest.MonkeyPatch, outcome: Outcome, reserved: int = 10) -> Functions:
    monkeypatch.setattr(concurrency, "reservations", lambda _region: {"f": reserved})
    made = Functions("http://unused")
    monkeypatch.setattr(made.pool, "one_for", lambda _: contextlib.nullcontext(Sandbox(outcome)))
    metrics.collected()
    return made


def noted(qualifier: str | None = None) -> dict[str, float]:
    """What is noted about the function, or one version or alias of it, by name and unit."""
    dimensions = {"FunctionName": "f", **({"Resource": f"f:{qualifier}"} if qualifier else {})}
    return {
        f"{each.name} {each.unit}": each.value
        for each in metrics.collected()
        if each.dimensions == dimensions
        and (each.namespace, each.region) == ("AWS/Lambda", "eu-west-3")
    }


@pytest.mark.fact(
    "§10 CloudWatch: AWS/Lambda Invocations, Errors, Throttles, Duration (ms), ConcurrentExecutions"
)
@pytest.mark.parametrize(("outcome", "errors"), [(Outcome(b"1"), 0), (FAILED, 1)])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_an_invocation_is_counted(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome, errors: int, *, is_streamed: bool
) -> None:
    made, event = functions(monkeypatch, outcome), Event("id", b"{}", ARN)

    if is_streamed:
        with made.stream(target(), event):
            pass
    else:
        made.run(target(), event)

    assert noted() == {
        "ConcurrentExecutions Count": 1,
        "Invocations Count": 1,
        "Errors Count": errors,
        "Throttles Count": 0,
        "Duration Milliseconds": 12.5,
    }


@pytest.mark.fact("§10 CloudWatch: AWS/Lambda dimensions FunctionName (, Resource)")
def test_an_alias_is_counted_by_itself_and_with_its_function(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = functions(monkeypatch, Outcome(b"1"))

    made.run(target(":live"), Event("id", b"{}", ARN))
    by_alias = noted("live")
    made.run(target(":live"), Event("id", b"{}", ARN))

    assert by_alias == noted()
    assert by_alias["Invocations Count"] == 1


@pytest.mark.fact("§10 CloudWatch: a throttled call is no invocation and no error")
def test_a_throttled_call_is_counted_as_that_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made = functions(monkeypatch, Outcome(b"1"), reserved=0)

    with pytest.raises(AwsError, match="Rate Exceeded"):
        made.run(target(), Event("id", b"{}", ARN))

    assert noted() == {"Throttles Count": 1}


@pytest.mark.fact("§10 CloudWatch: DeadLetterErrors, DestinationDeliveryFailures")
def test_what_befalls_an_event_is_counted_by_name() -> None:
    metrics.collected()

    function_metrics.count_event(target(), "DeadLetterErrors")

    assert noted() == {"DeadLetterErrors Count": 1}
