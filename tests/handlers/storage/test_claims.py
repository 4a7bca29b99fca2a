"""One client token, at most one generation: who asks the model, and what the others get."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.answer import Answer, Deferred
from handlers.aws import clients
from handlers.aws.errors import NotConnectedError
from handlers.contracts.contract import Generated
from handlers.endpoint.async_endpoint import QueuedRequest
from handlers.endpoint.modes import ASYNC
from handlers.errors import (
    AccessDeniedError,
    AlreadyAnsweredError,
    BadRequestError,
    EndpointThrottledError,
    EndpointWakingError,
    HandlerError,
    InProgressError,
    ModelRejectedRequestError,
    ModelTimedOutError,
    NotConfirmedError,
    OutcomeUnknownError,
    ReplyCutOffError,
    StorageUnavailableError,
    StreamBrokenError,
    UnansweredError,
)
from handlers.generation_request import GenerationRequest
from handlers.invocation import Deadline, Invocation
from handlers.storage.bucket import Bucket
from handlers.storage.claims import Claims, HeldClaim
from tests.handlers.doubles import (
    BUCKET_NAME,
    MODEL_URI,
    STORY,
    FakeEndpoint,
    FakeReply,
    FakeS3,
    FakeStream,
    S3Call,
    generator,
    invocation,
    s3_error,
)

ASKING = GenerationRequest(prompt="Once upon a time", client_token="token-1")


@dataclass
class Clock:
    """A clock that only pauses move."""

    now: float = 1_000_000.0
    pauses: list[float] = field(default_factory=list[float])

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def run(self, request_id: str, seconds: float = 60) -> Invocation:
        """A run of the function that starts now."""
        ends = self.now + seconds
        return Invocation(request_id, Deadline(lambda: round((ends - self.now) * 1000)))


@dataclass
class World:
    """A bucket, a model and a clock, as several runs of the function share them."""

    s3: FakeS3 = field(default_factory=FakeS3)
    clock: Clock = field(default_factory=Clock)

    @property
    def claims(self) -> Claims:
        return Claims(
            Bucket(BUCKET_NAME, lambda: self.s3),
            pause=self.clock.pause,
            clock=lambda: self.clock.now,
        )

    def hold(
        self, request_id: str, token: str = ASKING.client_token or "", seconds: float = 60
    ) -> HeldClaim | Answer:
        return self.claims.hold(token, ASKING, self.clock.run(request_id, seconds))


def text_of(answer: Answer) -> str:
    assert isinstance(answer.outcome, Generated)
    return answer.outcome.text


def claims_in(s3: FakeS3) -> list[Any]:
    return [s3.value(key) for key in s3.list_keys(BUCKET_NAME, "claims/", seconds=1)]


@pytest.mark.row("token-twice")
def test_the_same_token_later_gets_the_first_answer() -> None:
    endpoint, s3 = FakeEndpoint(), FakeS3()
    made = generator(endpoint, s3)

    first = made.generate(ASKING, invocation(request_id="run-1"))
    second = made.generate(ASKING, invocation(request_id="run-2"))

    assert len(endpoint.calls) == 1
    assert (first.replayed, second.replayed) == (False, True)
    assert second.outcome == first.outcome
    assert (second.model, second.model_milliseconds) == (first.model, first.model_milliseconds)
    assert (second.record_uri, second.warnings) == (first.record_uri, [])
    assert first.record_uri is not None
    assert first.record_uri.endswith("/run-1.json")


def test_a_token_costs_one_put_before_and_one_beside_the_record() -> None:
    s3 = FakeS3()
    at_the_call: list[int] = []
    puts_meet = threading.Barrier(2, timeout=5)

    def together(call: S3Call) -> None:
        if at_the_call and call.operation == "put":
            puts_meet.wait()

    s3.before = together
    endpoint = FakeEndpoint(before=lambda _call: at_the_call.append(len(s3.calls)))

    answer = generator(endpoint, s3).generate(ASKING, invocation())

    assert at_the_call == [1]
    assert [call.operation for call in s3.calls] == ["put", "put", "put"]
    assert answer.warnings == []


def test_a_claim_says_nothing_of_the_request_and_the_record_names_the_token() -> None:
    s3 = FakeS3()

    generator(FakeEndpoint(), s3).generate(ASKING, invocation())

    [claim] = claims_in(s3)
    assert "Once upon" not in str(claim)
    assert "token-1" not in " ".join(key for key in s3.objects if "claims/" in key)
    assert claim["record"]["client_token"] == "token-1"
    [record_key] = [key for key in s3.called("put") if key.startswith("records/")]
    assert s3.value(record_key)["client_token"] == "token-1"


@pytest.mark.row("token-twice")
def test_two_at_once_generate_once_and_get_the_same() -> None:
    s3 = FakeS3()
    both_are_here = threading.Event()
    conflicts: list[str] = []

    def note(call: S3Call) -> None:
        if call.operation == "get":
            conflicts.append(call.key)
            both_are_here.set()

    s3.before = note
    endpoint = FakeEndpoint(before=lambda _call: both_are_here.wait(5))
    made = generator(endpoint, s3)

    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(made.generate, ASKING, invocation(request_id=f"run-{n}")) for n in range(2)
        ]
        answers = [run.result() for run in runs]

    assert conflicts
    assert len(endpoint.calls) == 1
    assert [text_of(answer) for answer in answers] == [STORY, STORY]
    assert sorted(answer.replayed for answer in answers) == [False, True]
    assert answers[0].record_uri == answers[1].record_uri


def test_many_at_once_generate_once() -> None:
    s3, endpoint = FakeS3(), FakeEndpoint()
    made = generator(endpoint, s3)

    with ThreadPoolExecutor(8) as pool:
        runs = [
            pool.submit(made.generate, ASKING, invocation(request_id=f"run-{n}")) for n in range(8)
        ]
        texts = {text_of(run.result()) for run in runs}

    assert (len(endpoint.calls), texts) == (1, {STORY})


def test_whoever_cannot_wait_any_longer_is_told_that_it_is_in_progress() -> None:
    world = World()
    assert isinstance(world.hold("run-1", seconds=900), HeldClaim)

    with pytest.raises(InProgressError) as caught:
        world.hold("run-2")

    assert (caught.value.status, caught.value.retryable) == (409, True)
    assert caught.value.message == (
        "A request with the same client token is being answered at this moment. Send this one again"
        " to get the same answer."
    )
    assert world.clock.pauses[:6] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0]
    assert 50 < sum(world.clock.pauses) < 60


def test_a_run_that_died_leaves_an_unknown_outcome_once_it_must_be_dead() -> None:
    world = World()
    assert isinstance(world.hold("run-1", seconds=20), HeldClaim)

    with pytest.raises(OutcomeUnknownError) as caught:
        world.hold("run-2")

    assert sum(world.clock.pauses) >= 25  # its own 20 seconds, and what clocks may differ by
    assert (caught.value.status, caught.value.retryable) == (409, False)
    assert caught.value.message == (
        "The run run-1 had this client token and ended without saying how: it may have generated a"
        " text. To generate one again, send another token."
    )


def test_the_same_event_delivered_again_takes_over_from_a_run_that_died() -> None:
    world = World()
    assert isinstance(world.hold("message-1", token="message-1"), HeldClaim)
    world.clock.now += 100

    again = world.hold("message-1", token="message-1")

    assert isinstance(again, HeldClaim)
    assert again.finish(ANSWERED, None, 3, is_redacted=False) is None
    third = world.hold("message-1", token="message-1")
    assert isinstance(third, Answer)
    assert text_of(third) == "a fox"


ANSWERED: Any = {
    "request_id": "run-1",
    "status": 200,
    "reply": {"text": "a fox", "finish_reason": None, "usage": None},
    "error": None,
    "model": {"endpoint": "e", "variant": None, "uri": MODEL_URI},
    "latency_ms": {"model": 5, "total": 6, "first_text": 2},
    "attempts": 1,
    "request": {"prompt": "Once", "parameters": {}},
}


def test_two_that_take_over_at_once_do_not_both_get_it() -> None:
    world = World()
    world.hold("message-1", token="message-1")
    world.clock.now += 100

    held = [world.hold("message-1", token="message-1")]
    with pytest.raises(InProgressError):
        world.hold("message-1", token="message-1", seconds=30)

    assert isinstance(held[0], HeldClaim)


@pytest.mark.row("lambda-retries")
def test_every_request_is_claimed_by_its_id_if_so_deployed() -> None:
    endpoint, s3 = FakeEndpoint(), FakeS3()
    made = generator(endpoint, s3, claims_every_request=True)
    request = GenerationRequest(prompt="Once")

    made.generate(request, invocation(request_id="run-1"))
    again = made.generate(request, invocation(request_id="run-1"))
    made.generate(request, invocation(request_id="run-2"))

    assert again.replayed
    assert len(endpoint.calls) == 2
    records = [key for key in s3.called("put") if key.startswith("records/")]
    assert ["client_token" in s3.value(key) for key in records] == [False, False]


@pytest.mark.parametrize(
    "changed",
    [
        {"prompt": "Twice"},
        {"parameters": {"seed": 1}},
        {"prompt": None, "messages": ({"role": "user", "content": "Once upon a time"},)},
        {"options": {"target_variant": "blue"}},
    ],
)
def test_a_token_names_one_request(changed: dict[str, Any]) -> None:
    endpoint, s3 = FakeEndpoint(), FakeS3()
    made = generator(endpoint, s3)
    made.generate(ASKING, invocation())

    with pytest.raises(BadRequestError) as caught:
        made.generate(GenerationRequest(**{**vars(ASKING), **changed}), invocation())

    assert len(endpoint.calls) == 1
    assert caught.value.message == (
        "Bad request: client_token was used before, with another request. A token names one request:"
        " send another one."
    )


def test_the_text_of_a_stream_is_replayed_to_whoever_asks_for_it_whole() -> None:
    stream = FakeStream(
        [b'{"token": {"text": "a fox"}}\n{"token": {"text": "!"}, "finish_reason": "stop"}']
    )
    made = generator(FakeEndpoint([stream]), FakeS3())
    heard: list[str] = []

    made.generate(GenerationRequest(prompt="x", client_token="t", stream=True), invocation())
    answer = made.generate(
        GenerationRequest(prompt="x", client_token="t"), invocation(), heard.append
    )

    assert (text_of(answer), heard, answer.replayed) == ("a fox!", ["a fox!"], True)
    assert answer.first_text_milliseconds is not None


@pytest.mark.parametrize("token", ["../../x", "a b/ü", "~" * 128, "%2e%2e", '"}{'])
def test_a_token_of_any_characters_names_an_object_of_its_own_among_the_claims(token: str) -> None:
    s3 = FakeS3()
    made = generator(FakeEndpoint(), s3)

    made.generate(GenerationRequest(prompt="x", client_token=token), invocation())

    [key] = s3.list_keys(BUCKET_NAME, "claims/", seconds=1)
    assert len(s3.objects) == 2
    name = key.removeprefix("claims/")
    assert len(name) == 64 + len(".json")
    assert set(name.removesuffix(".json")) <= set("0123456789abcdef")


@given(st.lists(st.text(st.characters(codec="ascii"), min_size=1, max_size=4), max_size=6))
@settings(deadline=None, max_examples=50)
def test_there_is_one_generation_for_each_token(tokens: list[str]) -> None:
    endpoint, s3 = FakeEndpoint(), FakeS3()
    made = generator(endpoint, s3)

    for token in tokens:
        made.generate(GenerationRequest(prompt="x", client_token=token), invocation())

    assert len(endpoint.calls) == len(set(tokens))


# What was not kept.


@pytest.mark.parametrize("records", ["metadata", "off"])
def test_a_text_that_was_not_kept_cannot_be_given_again(records: str) -> None:
    endpoint, s3 = FakeEndpoint(), FakeS3()
    made = generator(endpoint, s3, records=records)
    made.generate(ASKING, invocation(request_id="run-1"))

    with pytest.raises(AlreadyAnsweredError) as caught:
        made.generate(ASKING, invocation(request_id="run-2"))

    assert len(endpoint.calls) == 1
    assert STORY not in "".join(content.decode() for content in s3.objects.values())
    assert (caught.value.status, caught.value.retryable) == (409, False)
    assert "under the request id run-1, and its text was not kept (GENAI_RECORDS)." in (
        caught.value.message
    )


def test_without_records_only_the_claim_is_written() -> None:
    s3 = FakeS3()

    answer = generator(FakeEndpoint(), s3, records="off").generate(ASKING, invocation())

    assert answer.record_uri is None
    assert {key.partition("/")[0] for key in s3.called("put")} == {"claims"}
    assert s3.connected_ahead == [BUCKET_NAME]


# Failures.

NOTHING_GENERATED: list[HandlerError] = [
    EndpointThrottledError("slow"),
    EndpointWakingError("waking"),
    AccessDeniedError("no"),
    ModelRejectedRequestError("no"),
]


@pytest.mark.parametrize("error", NOTHING_GENERATED)
def test_a_failure_without_a_generation_frees_the_token(error: HandlerError) -> None:
    endpoint = FakeEndpoint([error, FakeReply(b'[{"generated_text": "a fox"}]')])
    s3 = FakeS3()
    made = generator(endpoint, s3)
    retryable = error.retryable

    with pytest.raises(type(error)) as caught:
        made.generate(ASKING, invocation(request_id="run-1"))
    answer = made.generate(ASKING, invocation(request_id="run-2"))
    replayed = made.generate(ASKING, invocation(request_id="run-3"))

    assert caught.value.retryable is retryable
    assert (text_of(answer), answer.replayed) == ("a fox", False)
    assert (text_of(replayed), replayed.replayed) == ("a fox", True)
    assert len(endpoint.calls) == 2


def test_a_token_that_was_freed_often_costs_no_more_than_one_that_was_freed_twice() -> None:
    s3 = FakeS3()
    endpoint = FakeEndpoint([EndpointThrottledError("slow")])
    made = generator(endpoint, s3)
    calls: list[int] = []

    for n in range(10):
        before = len(s3.calls)
        with pytest.raises(EndpointThrottledError):
            made.generate(ASKING, invocation(request_id=f"run-{n}"))
        calls.append(len(s3.calls) - before)

    assert len(endpoint.calls) == 10
    assert (
        calls == [3] + [6] * 9
    )  # claim, record, free; then a put and a get more, and the shortcut


def test_freeing_a_token_takes_no_longer_than_it_may() -> None:
    world = World()
    for run in ("run-1", "run-2"):
        held = world.hold(run)
        assert isinstance(held, HeldClaim)
        world.s3.calls.clear()
        world.s3.before = lambda _call: time.sleep(0.03)
        assert held.free(2) is None

    freed, shortcut = world.s3.calls
    assert freed.seconds == 2
    assert 0 < shortcut.seconds <= 2 - 0.03


def test_without_the_shortcut_the_way_is_only_longer() -> None:
    s3 = FakeS3()
    answers = [EndpointThrottledError("slow")] * 3 + [FakeReply(b'[{"generated_text": "a fox"}]')]
    endpoint = FakeEndpoint(answers)
    made = generator(endpoint, s3)

    for n in range(3):
        with pytest.raises(EndpointThrottledError):
            made.generate(ASKING, invocation(request_id=f"run-{n}"))
        first = s3.list_keys(BUCKET_NAME, "claims/", seconds=1)[-1]
        claimed_freed_and_no_more = 2
        del s3.versions[f"s3://{BUCKET_NAME}/{first}"][claimed_freed_and_no_more:]
    answer = made.generate(ASKING, invocation(request_id="run-3"))

    assert text_of(answer) == "a fox"
    assert len(endpoint.calls) == 4


def test_a_token_that_is_freed_goes_to_whoever_waits_for_it() -> None:
    s3 = FakeS3()
    waiting = threading.Event()

    def note(call: S3Call) -> None:
        if call.operation == "get":
            waiting.set()

    s3.before = note
    answers = [EndpointThrottledError("slow"), FakeReply(b'[{"generated_text": "a fox"}]')]
    endpoint = FakeEndpoint(answers, before=lambda _call: waiting.wait(5))
    made = generator(endpoint, s3)

    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(made.generate, ASKING, invocation(request_id=f"run-{n}")) for n in range(2)
        ]
        outcomes = [run.exception() or run.result() for run in runs]

    assert {type(outcome) for outcome in outcomes} == {EndpointThrottledError, Answer}
    assert len(endpoint.calls) == 2


MAY_HAVE_GENERATED: list[HandlerError] = [
    ModelTimedOutError("late"),
    ReplyCutOffError("cut"),
    NotConfirmedError("maybe"),
    UnansweredError("reset"),
]


@pytest.mark.parametrize("error", MAY_HAVE_GENERATED)
def test_a_failure_that_may_have_generated_is_given_again_and_not_tried_again(
    error: HandlerError,
) -> None:
    endpoint = FakeEndpoint([error])
    made = generator(endpoint, FakeS3())

    failures: list[HandlerError] = []
    for n in range(2):
        with pytest.raises(type(error)) as caught:
            made.generate(ASKING, invocation(request_id=f"run-{n}"))
        failures.append(caught.value)

    assert len(endpoint.calls) == 1
    assert failures[0] is not failures[1]
    for failure in failures:
        assert (failure.message, failure.retryable) == (error.message, False)


@pytest.mark.parametrize(
    ("asking", "is_once"),
    [
        (ASKING, True),
        (GenerationRequest(prompt="x", client_token="message-1"), False),
        (GenerationRequest(prompt="x"), False),
    ],
)
def test_only_a_callers_token_forbids_the_endpoint_a_second_try(
    *, asking: GenerationRequest, is_once: bool
) -> None:
    endpoint = FakeEndpoint([FakeReply(b'[{"generated_text": "a fox"}]')])

    generator(endpoint, FakeS3()).generate(asking, invocation(request_id="message-1"))

    assert [call.is_once for call in endpoint.calls] == [is_once]


def test_a_broken_stream_is_given_again_with_its_text() -> None:
    stream = FakeStream([b'{"token": {"text": "a fox"}}\n', StreamBrokenError("cut")])
    made = generator(FakeEndpoint([stream]), FakeS3())
    asking = GenerationRequest(prompt="x", client_token="t", stream=True)

    for n in range(2):
        with pytest.raises(StreamBrokenError) as caught:
            made.generate(asking, invocation(request_id=f"run-{n}"))
        assert (caught.value.text_so_far, caught.value.retryable) == ("a fox", False)


def test_without_texts_a_failure_is_given_again_without_its_message() -> None:
    made = generator(FakeEndpoint([ModelTimedOutError("late")]), FakeS3(), records="metadata")
    with pytest.raises(ModelTimedOutError):
        made.generate(ASKING, invocation())

    with pytest.raises(ModelTimedOutError) as caught:
        made.generate(ASKING, invocation())

    assert caught.value.message == "The request failed; the message of that time was not kept."


def test_the_same_event_delivered_again_may_repeat_what_a_caller_would_not() -> None:
    """A queue delivers a message again so that it is answered: a lost reply is no answer."""
    endpoint = FakeEndpoint([ReplyCutOffError("cut"), FakeReply(b'[{"generated_text": "a fox"}]')])
    made = generator(endpoint, FakeS3())
    asking = GenerationRequest(prompt="x", client_token="message-1")

    with pytest.raises(ReplyCutOffError) as caught:
        made.generate(asking, invocation(request_id="message-1"))
    answer = made.generate(asking, invocation(request_id="message-1"))

    assert caught.value.retryable
    assert text_of(answer) == "a fox"


# Later.


def test_a_request_that_is_queued_is_queued_once() -> None:
    queued = QueuedRequest("s3://b/i", "s3://b/r", "s3://b/f")
    endpoint = FakeEndpoint([queued])
    made = generator(endpoint, FakeS3(), mode=ASYNC, records="metadata")

    answers = [made.generate(ASKING, invocation(request_id=f"run-{n}")) for n in range(2)]

    assert len(endpoint.calls) == 1
    assert answers[1].outcome == queued
    assert answers[1].replayed


def test_a_request_that_is_kept_for_later_is_kept_once() -> None:
    s3 = FakeS3()
    made = generator(FakeEndpoint(), s3, has_queue=True)
    asking = GenerationRequest(prompt="x", client_token="t", asynchronous=True)

    answers = [made.generate(asking, invocation(request_id=f"run-{n}")) for n in range(2)]

    assert [answer.outcome for answer in answers] == [Deferred("run-0"), Deferred("run-0")]
    assert [answer.replayed for answer in answers] == [False, True]
    assert [key for key in s3.called("put") if key.startswith("inputs/")] == [
        "inputs/queued/run-0.json"
    ]
    # The token is claimed, and a file of prompts takes none.
    assert s3.value("inputs/queued/run-0.json") == {"prompt": "x"}


# S3 trouble.


@pytest.mark.parametrize("fault", [NotConnectedError(), s3_error("SlowDown", status=503)])
@pytest.mark.parametrize("operation", ["put", "get"])
def test_without_s3_nothing_is_generated_under_a_token(fault: Exception, operation: Any) -> None:
    endpoint, s3 = FakeEndpoint(), FakeS3()
    made = generator(endpoint, s3)
    if operation == "get":
        made.generate(ASKING, invocation())
        endpoint.calls.clear()
    s3.fail(fault, operation, "claims/")

    with pytest.raises(StorageUnavailableError) as caught:
        made.generate(ASKING, invocation())

    assert (caught.value.status, caught.value.retryable) == (503, True)
    assert "Nothing was sent to the model. Try again." in caught.value.message
    assert endpoint.calls == []
    assert len(s3.objects) == (0 if operation == "put" else 2)


def test_a_missing_permission_for_claims_is_named() -> None:
    s3 = FakeS3()
    s3.fail(s3_error("AccessDenied", "Access Denied"), "put", "claims/")

    with pytest.raises(AccessDeniedError) as caught:
        generator(FakeEndpoint(), s3).generate(ASKING, invocation())

    assert caught.value.message == (
        "S3 says: Access Denied. Grant s3:PutObject on claims/* of the bucket genai-dev-records, and"
        " the use of its KMS key if it has one, to the function's role."
    )


def test_a_text_is_not_lost_over_its_claim_and_its_token_is_not_used_again() -> None:
    endpoint, s3 = FakeEndpoint(), FakeS3()
    endpoint.before = lambda _call: s3.fail(s3_error("SlowDown", status=503), "put", "claims/")
    made = generator(endpoint, s3)

    answer = made.generate(ASKING, invocation(request_id="run-1"))

    assert text_of(answer) == STORY
    assert answer.record_uri is not None
    assert answer.warnings == [
        (
            "What came of this client token was not stored: SlowDown. Sent again, it is refused as"
            " outcome_unknown."
        )
    ]
    [claim] = claims_in(s3)
    assert claim["state"] == "running"
    s3.faults.clear()
    later = World(s3, Clock(claim["expires_at"] + 1))
    with pytest.raises(OutcomeUnknownError):
        later.hold("run-2")


def test_both_warnings_come_when_both_puts_fail() -> None:
    endpoint, s3 = FakeEndpoint(), FakeS3()
    endpoint.before = lambda _call: s3.fail(RuntimeError("Once upon"), "put")

    answer = generator(endpoint, s3).generate(ASKING, invocation())

    assert text_of(answer) == STORY
    assert [warning.partition(":")[0] for warning in answer.warnings] == [
        "The record of this request was not stored",
        "What came of this client token was not stored",
    ]
    assert "Once upon" not in str(answer.warnings)


def test_a_claim_whose_answer_was_lost_is_known_again() -> None:
    """S3 stored it, the answer did not arrive, and the client's next try met the claim itself."""
    world = World()
    world.s3.fail(s3_error("PreconditionFailed", status=412), "put", "claims/", times=1, after=True)

    held = world.hold("run-1")

    assert isinstance(held, HeldClaim)
    assert world.clock.pauses == []


def test_a_claim_that_collides_with_one_that_never_arrives_is_made_again() -> None:
    world = World()
    conflict = s3_error("ConditionalRequestConflict", status=409)
    world.s3.fail(conflict, "put", "claims/", times=2)

    held = world.hold("run-1")

    assert isinstance(held, HeldClaim)
    assert len(world.s3.called("put")) == 3
    assert world.clock.pauses == [0.05, 0.1]


def test_every_call_to_s3_has_a_limit_that_the_deadline_sets() -> None:
    s3 = FakeS3()
    made = generator(FakeEndpoint(), s3)
    made.generate(ASKING, invocation(7_000, request_id="run-1"))
    made.generate(ASKING, invocation(7_000, request_id="run-2"))

    assert {(call.operation, call.seconds) for call in s3.calls} == {
        ("put", 1),
        ("put", 3.0),
        ("get", 3.0),
    }


# S3 as moto plays it, through the function's own client.


def test_a_token_generates_once_over_the_wire(bucket: Any) -> None:
    endpoint = FakeEndpoint(
        [EndpointThrottledError("slow"), FakeReply(b'[{"generated_text": "a"}]')]
    )
    made = generator(endpoint, cast("FakeS3", clients.s3()))

    with pytest.raises(EndpointThrottledError):
        made.generate(ASKING, invocation(request_id="run-1"))
    with ThreadPoolExecutor(4) as pool:
        runs = [
            pool.submit(made.generate, ASKING, invocation(request_id=f"run-{n}"))
            for n in range(2, 6)
        ]
        answers = [run.result() for run in runs]

    assert len(endpoint.calls) == 2
    assert {text_of(answer) for answer in answers} == {"a"}
    assert sorted(answer.replayed for answer in answers) == [False, True, True, True]
    assert {answer.record_uri for answer in answers} == {answers[0].record_uri}
    [kept] = bucket.list_objects_v2(Bucket=BUCKET_NAME, Prefix="records/dt=")["Contents"][1:]
    assert f"s3://{BUCKET_NAME}/{kept['Key']}" == answers[0].record_uri


# Redaction.


def test_a_replay_of_a_redacted_text_says_so() -> None:
    endpoint = FakeEndpoint([FakeReply(b'[{"generated_text": "Write to fox@example.com."}]')])
    rules = ({"pattern": r"[a-z]+@[a-z.]+\b", "replacement": "[email]"},)
    made = generator(endpoint, FakeS3(), redaction=rules)
    try:
        first = made.generate(ASKING, invocation())
        second = made.generate(ASKING, invocation())
    finally:
        made.close()

    assert (text_of(first), first.warnings) == ("Write to fox@example.com.", [])
    assert text_of(second) == "Write to [email]."
    assert second.warnings == [
        (
            "This is the answer to the first request with this client token as it was kept: the"
            " redaction rules were applied to it."
        )
    ]


def test_a_replay_that_the_rules_left_alone_has_no_warning() -> None:
    made = generator(FakeEndpoint(), FakeS3(), redaction=({"pattern": "@", "replacement": ""},))
    try:
        made.generate(ASKING, invocation())
        again = made.generate(ASKING, invocation())
    finally:
        made.close()

    assert (text_of(again), again.warnings) == (STORY, [])
