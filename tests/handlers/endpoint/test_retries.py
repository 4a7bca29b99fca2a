"""What is asked again, how often, and what it costs."""

from typing import Any

import pytest

from handlers.endpoint.retries import Retries, RetryBudget
from handlers.errors import (
    EndpointThrottledError,
    EndpointUnavailableError,
    EndpointUnreachableError,
    EndpointWakingError,
    HandlerError,
    ModelFailedError,
    ModelRejectedRequestError,
    ModelTimedOutError,
    NoTimeLeftError,
    ReplyCutOffError,
    UnansweredError,
)
from handlers.invocation import Deadline
from tests.handlers.endpoint.calls import AMPLE, NO_CAPACITY, endpoint, failure, retries
from tests.handlers.wire_endpoint import WireEndpoint

PASSING = [
    ("ThrottlingException", 400, {}, EndpointThrottledError, 429),
    ("ServiceUnavailable", 503, {}, EndpointUnavailableError, 503),
    ("InternalFailure", 500, {}, EndpointUnavailableError, 503),
    ("InternalDependencyException", 530, {}, EndpointUnavailableError, 503),
    ("ModelNotReadyException", 429, {}, EndpointUnavailableError, 503),
    ("ModelError", 424, {"OriginalStatusCode": 429}, EndpointThrottledError, 429),
]


@pytest.mark.row("throttled")
@pytest.mark.parametrize(("code", "wire_status", "members", "_condition", "_status"), PASSING)
@pytest.mark.parametrize("times", [1, 2])
def test_what_passes_by_itself_is_asked_again(
    *,
    wire: WireEndpoint,
    code: str,
    wire_status: int,
    members: dict[str, Any],
    _condition: type[HandlerError],
    _status: int,
    times: int,
) -> None:
    wire.fails(code, wire_status, times=times, **members)
    wire.answers(b"reply")

    reply = endpoint().invoke(b"{}", "id-1", {}, AMPLE)

    assert (reply.body, reply.attempts) == (b"reply", times + 1)
    assert len(wire.requests) == times + 1


@pytest.mark.parametrize(("code", "wire_status", "members", "condition", "status"), PASSING)
def test_what_does_not_pass_is_retryable_after_the_last_attempt(
    *,
    wire: WireEndpoint,
    code: str,
    wire_status: int,
    members: dict[str, Any],
    condition: type[HandlerError],
    status: int,
) -> None:
    wire.fails(code, wire_status, **members)

    error = failure()

    assert (type(error), error.status, error.retryable) == (condition, status, True)
    assert error.retry_after_seconds is not None
    assert (error.attempts, len(wire.requests)) == (3, 3)


@pytest.mark.row("model-fails")
def test_a_failure_of_the_container_is_repeated_once(wire: WireEndpoint) -> None:
    wire.fails("ModelError", 424, times=1, OriginalStatusCode=500)
    wire.answers(b"reply")

    assert endpoint().invoke(b"{}", "id-1", {}, AMPLE).attempts == 2


def test_a_failure_of_the_container_is_repeated_no_more_than_once(wire: WireEndpoint) -> None:
    wire.fails("ModelError", 424, OriginalStatusCode=500)

    error = failure(endpoint(how=retries(10)))

    assert isinstance(error, ModelFailedError)
    assert (error.attempts, len(wire.requests)) == (2, 2)


@pytest.mark.parametrize(
    ("code", "wire_status", "members", "condition"),
    [
        ("ModelError", 424, {"OriginalStatusCode": 400}, ModelRejectedRequestError),
        ("ModelError", 424, {"OriginalStatusCode": 413}, ModelRejectedRequestError),
        ("ModelError", 424, {"OriginalStatusCode": 422}, ModelRejectedRequestError),
        ("ValidationError", 400, {"Message": NO_CAPACITY}, EndpointWakingError),
        ("AccessDeniedException", 403, {}, HandlerError),
        ("SomethingNew", 400, {}, HandlerError),
    ],
)
def test_what_would_be_the_same_again_is_asked_once(
    wire: WireEndpoint,
    code: str,
    wire_status: int,
    members: dict[str, Any],
    condition: type[HandlerError],
) -> None:
    wire.fails(code, wire_status, **members)

    error = failure()

    assert isinstance(error, condition)
    assert (error.attempts, len(wire.requests)) == (1, 1)


class Asked:
    """Fails as told, one after the other, and then returns "done"."""

    def __init__(self, *failures: HandlerError) -> None:
        self.failures = list(failures)
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def throttled(times: int) -> list[HandlerError]:
    return [EndpointThrottledError("slow down") for _ in range(times)]


def test_the_pauses_grow_and_have_an_end() -> None:
    pauses: list[float] = []

    retries(8, pauses=pauses).run(Asked(*throttled(7)), Deadline(lambda: 900_000))

    assert pauses == [0.5, 1, 2, 4, 4, 4, 4]  # the half of 1, 2, 4, 8, 8, ...


@pytest.mark.row("throttled")
def test_a_pause_is_anything_up_to_its_longest() -> None:
    pauses: list[float] = []
    chances = iter([0.0, 1.0])
    how = Retries(sleep=pauses.append, random=lambda: next(chances), budget=RetryBudget())

    how.run(Asked(*throttled(2)), AMPLE)

    assert pauses == [0, 2]


def test_a_pause_that_would_leave_no_time_to_ask_is_not_made() -> None:
    pauses: list[float] = []
    asked = Asked(*throttled(2))

    with pytest.raises(EndpointThrottledError) as caught:
        # 5.5 s are kept back, the model needs one, and the pause would be 0.5.
        retries(pauses=pauses).run(asked, Deadline(lambda: 6_999))

    assert (caught.value.attempts, asked.times, pauses) == (1, 1, [])


def test_when_the_pause_took_the_time_the_failure_before_it_is_what_counts() -> None:
    asked = Asked(*throttled(1), NoTimeLeftError("Nothing was sent."))

    with pytest.raises(EndpointThrottledError) as caught:
        retries().run(asked, AMPLE)

    assert (caught.value.attempts, asked.times) == (1, 2)


def test_one_attempt_is_no_repeat() -> None:
    asked = Asked(*throttled(1))

    with pytest.raises(EndpointThrottledError):
        retries(1).run(asked, AMPLE)

    assert asked.times == 1


@pytest.mark.parametrize(
    "error", [ModelTimedOutError("late"), ReplyCutOffError("cut"), NoTimeLeftError("none")]
)
def test_what_may_have_been_generated_is_not_asked_again(error: HandlerError) -> None:
    asked = Asked(error)

    with pytest.raises(type(error)):
        retries(10).run(asked, AMPLE)

    assert asked.times == 1


def test_an_unanswered_request_is_asked_again() -> None:
    assert retries().run(Asked(UnansweredError("reset")), AMPLE) == ("done", 2)


@pytest.mark.parametrize("error", [UnansweredError("reset"), ModelTimedOutError("late")])
def test_what_may_have_generated_the_one_text_there_may_be_is_not_asked_again(
    error: HandlerError,
) -> None:
    asked = Asked(error)

    with pytest.raises(type(error)) as caught:
        retries(repeats_after_timeout=True).run(asked, AMPLE, is_once=True)

    assert (caught.value.attempts, asked.times) == (1, 1)


@pytest.mark.parametrize(
    "error", [EndpointUnreachableError("refused"), EndpointThrottledError("t")]
)
def test_what_was_not_taken_is_asked_again_though_one_text_is_all_there_may_be(
    error: HandlerError,
) -> None:
    assert retries().run(Asked(error), AMPLE, is_once=True) == ("done", 2)


def test_after_a_timeout_it_is_asked_again_only_when_told_so() -> None:
    how = retries(repeats_after_timeout=True)

    assert how.run(Asked(ModelTimedOutError("late")), AMPLE) == ("done", 2)


def test_a_budget_ends_the_repeats_of_a_whole_process() -> None:
    budget = RetryBudget(capacity=3)
    asked = Asked(*throttled(100))

    for _ in range(10):
        with pytest.raises(EndpointThrottledError):
            retries(3, budget=budget).run(asked, AMPLE)

    assert asked.times == 10 + 3


def test_a_repeat_that_helped_costs_nothing() -> None:
    budget = RetryBudget(capacity=1)
    how = retries(2, budget=budget)

    for _ in range(5):
        assert how.run(Asked(EndpointUnreachableError("reset")), AMPLE) == ("done", 2)


def test_successes_earn_repeats_up_to_the_capacity() -> None:
    budget = RetryBudget(capacity=1)
    how = retries(2, budget=budget)
    assert budget.take()
    assert not budget.take()

    for _ in range(5):
        how.run(Asked(), AMPLE)

    assert budget.take()
    assert not budget.take()
    for _ in range(50):
        how.run(Asked(), AMPLE)
    assert budget.take()
    assert not budget.take()


def test_the_budget_is_one_for_the_whole_process() -> None:
    assert Retries().budget is Retries().budget
