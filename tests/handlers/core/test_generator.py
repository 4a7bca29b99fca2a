"""One request from prompt to answer: what is sent, what comes back, what is kept."""

import contextlib
import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from handlers.answer import Deferred
from handlers.aws.errors import NotConnectedError
from handlers.contracts import contract_named
from handlers.contracts.contract import Generated
from handlers.endpoint.async_endpoint import QueuedRequest
from handlers.endpoint.modes import ASYNC, REALTIME, SCALE_TO_ZERO, SERVERLESS, Mode
from handlers.errors import (
    BadRequestError,
    EndpointThrottledError,
    EndpointWakingError,
    HandlerError,
    InternalError,
    ModelRejectedRequestError,
    ModelTimedOutError,
    NotConfirmedError,
    PayloadTooLargeError,
    StorageUnavailableError,
    StreamBrokenError,
    UnexpectedReplyError,
)
from handlers.generation_request import GenerationRequest, read_request
from handlers.generator import Generator
from handlers.invocation import Invocation
from handlers.storage.bucket import Bucket
from handlers.storage.keeping import Keeper
from handlers.storage.record_texts import texts_of
from tests.handlers.doubles import (
    BUCKET_NAME,
    ENDPOINT_NAME,
    MODEL_URI,
    REQUEST_ID,
    STORY,
    FakeEndpoint,
    FakeReply,
    FakeS3,
    FakeStream,
    environment,
    generator,
    invocation,
    s3_error,
)

if TYPE_CHECKING:
    from handlers.endpoint.model_endpoint import ModelEndpoint

ASKING = GenerationRequest(prompt="Once upon a time", parameters={"max_new_tokens": 5})
QUEUED = QueuedRequest("s3://b/async/inputs/x", "s3://b/async/results/x", "s3://b/async/failures/x")


def record_in(s3: FakeS3) -> Any:
    [key] = [key for key in s3.called("put") if key.startswith("records/")]
    return s3.value(key)


def test_a_text_comes_back_with_what_there_is_to_say_about_it() -> None:
    endpoint = FakeEndpoint(
        [FakeReply(b'[{"generated_text": "a fox"}]', "blue", 2, "session-1", "trace=7")]
    )
    s3 = FakeS3()

    answer = generator(endpoint, s3).generate(ASKING, invocation())

    assert answer.outcome == Generated("a fox", None, None)
    assert answer.model == {"endpoint": ENDPOINT_NAME, "variant": "blue", "uri": MODEL_URI}
    assert (answer.attempts, answer.session_id, answer.custom_attributes) == (
        2,
        "session-1",
        "trace=7",
    )
    assert (answer.warnings, answer.replayed, answer.first_text_milliseconds) == ([], False, None)
    [(uri, _)] = s3.objects.items()
    assert answer.record_uri == uri


def test_the_endpoint_is_asked_in_the_contract_with_the_request_id_and_the_options() -> None:
    endpoint = FakeEndpoint()
    request = GenerationRequest(prompt="Hi", options={"target_variant": "blue"})

    generator(endpoint, FakeS3()).generate(request, invocation())

    [call] = endpoint.calls
    assert json.loads(call.payload)["inputs"] == "Hi"
    assert (call.inference_id, call.options) == (REQUEST_ID, {"target_variant": "blue"})


def test_a_record_tells_the_whole_request() -> None:
    s3 = FakeS3()
    run = invocation()

    generator(FakeEndpoint(), s3).generate(ASKING, run)

    record = record_in(s3)
    assert record.pop("latency_ms").keys() == {"model", "total"}
    assert record == {
        "request_id": REQUEST_ID,
        "created_at": run.created_at.isoformat(timespec="milliseconds"),
        "status": 200,
        "mode": "sync",
        "request": {"prompt": "Once upon a time", "parameters": {"max_new_tokens": 5}},
        "reply": {
            "text": STORY,
            "finish_reason": "length",
            "usage": {"prompt_tokens": 4, "completion_tokens": 5},
        },
        "error": None,
        "model": {"endpoint": ENDPOINT_NAME, "variant": "AllTraffic", "uri": MODEL_URI},
        "attempts": 1,
    }


def test_the_latency_is_that_of_the_call_and_of_the_whole() -> None:
    ticks = iter([0.0, 1.0, 3.5, 3.75, 4.0])
    run = invocation()
    object.__setattr__(run, "elapsed_milliseconds", lambda: round(next(ticks) * 1000))
    s3 = FakeS3()

    answer = generator(FakeEndpoint(), s3).generate(ASKING, run)

    assert answer.model_milliseconds == 1000
    assert record_in(s3)["latency_ms"] == {"model": 1000, "total": 3500}


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (
            {"messages": [{"role": "user", "content": "Hi"}]},
            {"messages": [{"role": "user", "content": "Hi"}], "parameters": {}},
        ),
        ({"prompt": "Hi"}, {"prompt": "Hi", "parameters": {}}),
    ],
)
def test_a_record_has_the_request_as_it_was_asked(asked: Any, kept: Any) -> None:
    s3 = FakeS3()
    request = read_request(asked, 4096)
    assert isinstance(request, GenerationRequest)

    generator(FakeEndpoint(), s3).generate(request, invocation())

    assert record_in(s3)["request"] == kept


def test_a_raw_body_is_kept_as_it_was_sent() -> None:
    s3 = FakeS3()
    endpoint = FakeEndpoint([FakeReply(b"42")])

    generator(endpoint, s3, contract="raw").generate(
        GenerationRequest(body={"x": [1, 2]}), invocation()
    )

    record = record_in(s3)
    assert record["request"] == {"body": {"x": [1, 2]}, "parameters": {}}
    assert record["reply"]["text"] == "42"


def test_a_failure_is_kept_with_what_only_an_operator_should_see() -> None:
    error = ModelRejectedRequestError(
        "The container refused.", {"log_stream_arn": "arn:aws:logs:x"}
    )
    error.attempts = 3
    s3 = FakeS3()

    with pytest.raises(ModelRejectedRequestError):
        generator(FakeEndpoint([error]), s3).generate(ASKING, invocation())

    record = record_in(s3)
    assert (record["status"], record["reply"], record["attempts"]) == (422, None, 3)
    assert "partial" not in record
    assert record["error"] == {
        "type": "model_rejected_request",
        "message": "The container refused.",
        "retryable": False,
        "log_stream_arn": "arn:aws:logs:x",
    }


def test_a_reply_that_cannot_be_read_is_kept_with_its_start() -> None:
    s3 = FakeS3()

    with pytest.raises(UnexpectedReplyError):
        generator(FakeEndpoint([FakeReply(b"<html>" + b"x" * 10_000)]), s3).generate(
            ASKING, invocation()
        )

    record = record_in(s3)
    assert record["error"]["raw_reply"].startswith("<html>xxx")
    assert len(record["error"]["raw_reply"]) == 4096
    assert record["model"]["variant"] == "AllTraffic"


def test_a_failure_that_nothing_foresees_says_where_and_not_what(
    caplog: pytest.LogCaptureFixture,
) -> None:
    s3 = FakeS3()

    with caplog.at_level(logging.INFO), pytest.raises(InternalError):
        generator(FakeEndpoint([KeyError("Once upon a time")]), s3).generate(ASKING, invocation())

    assert record_in(s3)["error"]["exception_type"] == "KeyError"
    assert "Once upon" not in caplog.text + str([vars(entry) for entry in caplog.records])


@pytest.mark.parametrize(
    ("asked", "mode", "error"),
    [
        (GenerationRequest(body={"x": 1}), REALTIME, BadRequestError),
        (GenerationRequest(prompt="x" * 4_200_000), SERVERLESS, PayloadTooLargeError),
        (GenerationRequest(prompt="x", asynchronous=True), REALTIME, BadRequestError),
    ],
)
def test_what_is_not_fit_to_send_leaves_nothing(
    asked: GenerationRequest, mode: Mode, error: type[HandlerError]
) -> None:
    endpoint, s3 = FakeEndpoint(), FakeS3()

    for request in (asked, replace(asked, client_token="t")):
        with pytest.raises(error):
            generator(endpoint, s3, mode=mode).generate(request, invocation())

    assert (endpoint.calls, s3.calls) == ([], [])


def test_async_without_a_queue_says_what_to_do() -> None:
    with pytest.raises(BadRequestError) as caught:
        generator(FakeEndpoint(), FakeS3()).generate(
            GenerationRequest(prompt="x", asynchronous=True), invocation()
        )

    assert caught.value.message == (
        "Bad request: async was asked for, and this function keeps no requests for later"
        " (genai:invoker:inputs). Send it without async."
    )


def test_a_whole_text_is_heard_in_one_piece() -> None:
    heard: list[str] = []

    generator(FakeEndpoint(), FakeS3()).generate(ASKING, invocation(), heard.append)

    assert heard == [STORY]


MARKER = "quokka-7f3a"


@pytest.mark.parametrize("records", ["full", "metadata", "off"])
@pytest.mark.parametrize(
    "answer",
    [
        FakeReply(json.dumps([{"generated_text": MARKER}]).encode()),
        FakeReply(f"<html>{MARKER}".encode()),
        FakeStream([json.dumps({"token": {"text": MARKER}}).encode() + b"\n", KeyError(MARKER)]),
        ModelRejectedRequestError(f"Refused: {MARKER}", {"raw_reply": MARKER}),
        RuntimeError(MARKER),
    ],
)
def test_no_text_is_ever_logged_or_printed(
    answer: Any,
    records: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    s3 = FakeS3()
    s3.fail(RuntimeError(MARKER), "put", "records/")
    made = generator(FakeEndpoint([answer]), s3, records=records, metrics_namespace="genai")
    request = GenerationRequest(
        prompt=MARKER, stream=isinstance(answer, FakeStream), client_token=MARKER
    )

    def fail_to_hear(piece: str) -> None:
        raise OSError(piece)

    with caplog.at_level(logging.DEBUG), contextlib.suppress(HandlerError):
        made.generate(request, invocation(), fail_to_hear)

    logged = caplog.text + "".join(str(vars(entry)) for entry in caplog.records)
    printed = capsys.readouterr()
    assert MARKER not in logged + printed.out + printed.err
    assert "Requests" in printed.out
    if records != "full":
        stored = b"".join(v.content for held in s3.versions.values() for v in held)
        assert stored.count(MARKER.encode()) == stored.count(b'"client_token"')


# S3 trouble.


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            s3_error("AccessDenied"),
            (
                "AccessDenied: grant s3:PutObject on records/* of the bucket genai-dev-records to the"
                " function's role"
            ),
        ),
        (NotConnectedError(), "S3 did not answer within 3.0 s (NotConnectedError)"),
        (s3_error("SlowDown", status=503), "SlowDown"),
        (RuntimeError("Once upon a time"), "S3 did not answer within 3.0 s (RuntimeError)"),
    ],
)
def test_a_text_is_not_lost_over_its_record(error: Exception, reason: str) -> None:
    s3 = FakeS3()
    s3.fail(error, "put", "records/")

    answer = generator(FakeEndpoint(), s3).generate(ASKING, invocation())

    assert isinstance(answer.outcome, Generated)
    assert answer.outcome.text == STORY
    assert answer.record_uri is None
    assert answer.warnings == [f"The record of this request was not stored: {reason}."]


def test_an_error_is_not_lost_over_its_record() -> None:
    s3 = FakeS3()
    s3.fail(s3_error("SlowDown"), "put")

    with pytest.raises(EndpointThrottledError):
        generator(FakeEndpoint([EndpointThrottledError("slow")]), s3).generate(ASKING, invocation())


@pytest.mark.parametrize(("left", "seconds"), [(30_000, 3.0), (6_600, 3.0), (2_500, 2.0), (100, 0)])
def test_storing_a_record_takes_only_the_time_that_is_left(left: int, seconds: float) -> None:
    s3 = FakeS3()
    s3.call_seconds = 3600

    answer = generator(FakeEndpoint(), s3).generate(ASKING, invocation(left))

    assert [call.seconds for call in s3.calls] == [pytest.approx(seconds)]
    assert answer.record_uri is None
    assert isinstance(answer.outcome, Generated)


def test_a_client_that_cannot_be_made_costs_the_record_only() -> None:
    def no_client() -> Any:
        raise ValueError("Invalid endpoint")

    made = Generator(
        environment=environment(),
        contract=contract_named("pipelines"),
        endpoint=cast("ModelEndpoint", FakeEndpoint()),
        bucket=Bucket(BUCKET_NAME, no_client),
    )

    answer = made.generate(ASKING, invocation())

    assert isinstance(answer.outcome, Generated)
    assert answer.record_uri is None


def test_the_connection_to_s3_is_opened_while_the_model_is_asked() -> None:
    s3 = FakeS3()
    at_the_call: list[list[str]] = []
    endpoint = FakeEndpoint(before=lambda _call: at_the_call.append([*s3.connected_ahead]))

    generator(endpoint, s3).generate(ASKING, invocation())

    assert at_the_call == [[BUCKET_NAME]]
    assert len(s3.calls) == 1


def test_nothing_is_stored_without_records() -> None:
    s3 = FakeS3()
    made = generator(FakeEndpoint(), s3, records="off")

    answer = made.generate(ASKING, invocation())

    assert (answer.record_uri, answer.warnings) == (None, [])
    assert (s3.calls, s3.connected_ahead) == ([], [])


def test_without_texts_a_record_has_their_lengths() -> None:
    s3 = FakeS3()
    request = GenerationRequest(
        messages=({"role": "system", "content": "Be"}, {"role": "user", "content": "Hello"}),
        parameters={"stop": ["END", "X"], "seed": 1},
    )

    answer = generator(FakeEndpoint(), s3, records="metadata").generate(request, invocation())

    record = record_in(s3)
    assert isinstance(answer.outcome, Generated)
    assert answer.outcome.text == STORY
    assert record["request"] == {
        "messages": [
            {"role": "system", "content_characters": 2},
            {"role": "user", "content_characters": 5},
        ],
        "parameters": {"stop_characters": [3, 1], "seed": 1},
    }
    assert record["reply"] == {
        "text_characters": 17,
        "finish_reason": "length",
        "usage": {"prompt_tokens": 4, "completion_tokens": 5},
    }
    assert texts_of(record) == []


# Streams.


def lines(*texts: str, end: bool = True) -> bytes:
    chunks = [{"token": {"text": text}} for text in texts]
    last = [
        {"token": {"text": "!"}, "generated_text": "".join(texts) + "!", "finish_reason": "stop"}
    ]
    return "".join(json.dumps(chunk) + "\n" for chunk in chunks + (last if end else [])).encode()


STREAMING = GenerationRequest(prompt="Once", stream=True)


def test_a_stream_is_heard_as_it_comes_and_collected() -> None:
    heard: list[str] = []
    whole = lines("a", " fox")
    stream = FakeStream([whole[:20], whole[20:]], "blue", 2, "trace=7")
    s3 = FakeS3()

    answer = generator(FakeEndpoint([stream]), s3).generate(STREAMING, invocation(), heard.append)

    assert "".join(heard) == "a fox!"
    assert len(heard) > 1
    assert isinstance(answer.outcome, Generated)
    assert (answer.outcome.text, answer.outcome.finish_reason) == ("a fox!", "stop")
    assert (answer.attempts, answer.model["variant"], answer.custom_attributes) == (
        2,
        "blue",
        "trace=7",
    )
    assert answer.first_text_milliseconds is not None
    assert stream.is_closed
    record = record_in(s3)
    assert (record["mode"], record["reply"]["text"]) == ("stream", "a fox!")
    assert record["latency_ms"]["first_text"] == answer.first_text_milliseconds


def test_the_first_text_is_timed_from_the_moment_the_model_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter(range(100, 10_000, 100))  # each look at the clock is 100 ms after the last
    monkeypatch.setattr(Invocation, "elapsed_milliseconds", lambda _: next(times))

    answer = generator(FakeEndpoint([FakeStream([lines("a", " fox")])]), FakeS3()).generate(
        STREAMING, invocation(), lambda _: None
    )

    assert (answer.first_text_milliseconds, answer.model_milliseconds) == (100, 200)


def test_a_container_that_does_not_stream_is_heard_all_the_same() -> None:
    heard: list[str] = []
    stream = FakeStream([b'[{"generated_', b'text": "a fox"}]'])

    answer = generator(FakeEndpoint([stream]), FakeS3()).generate(
        STREAMING, invocation(), heard.append
    )

    assert isinstance(answer.outcome, Generated)
    assert answer.outcome.text == "a fox"
    assert heard == ["a fox"]
    assert answer.first_text_milliseconds is not None


def broken_streams() -> list[tuple[FakeStream, str, int]]:
    return [
        (
            FakeStream([lines("a", " fox", end=False), StreamBrokenError("cut")]),
            "stream_broken",
            502,
        ),
        (FakeStream([lines("a", " fox", end=False)]), "stream_broken", 502),
        (
            FakeStream([lines("a", " fox", end=False), ModelTimedOutError("late")]),
            "model_timed_out",
            504,
        ),
        (FakeStream([lines("a", " fox", end=False), KeyError("x")]), "internal", 500),
    ]


@pytest.mark.parametrize(("stream", "kind", "status"), broken_streams())
def test_a_broken_stream_gives_the_text_so_far(stream: FakeStream, kind: str, status: int) -> None:
    s3 = FakeS3()

    with pytest.raises(HandlerError) as caught:
        generator(FakeEndpoint([stream]), s3).generate(STREAMING, invocation())

    assert (caught.value.type, caught.value.text_so_far) == (kind, "a fox")
    assert stream.is_closed
    record = record_in(s3)
    assert (record["status"], record["partial"], record["error"]["type"]) == (status, True, kind)
    assert record["reply"] == {"text": "a fox", "finish_reason": "error", "usage": None}
    assert record["attempts"] == 1


def test_a_listener_that_goes_away_costs_nobody_the_text(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []

    def hear_one(piece: str) -> None:
        if heard:
            raise BrokenPipeError("a fox")
        heard.append(piece)

    s3 = FakeS3()
    with caplog.at_level(logging.INFO):
        answer = generator(FakeEndpoint([FakeStream([lines("a", " fox")])]), s3).generate(
            STREAMING, invocation(), hear_one
        )

    assert isinstance(answer.outcome, Generated)
    assert (heard, answer.outcome.text) == (["a"], "a fox!")
    assert record_in(s3)["reply"]["text"] == "a fox!"
    assert [vars(entry)["exception_type"] for entry in caplog.records] == ["BrokenPipeError"]


@pytest.mark.parametrize(
    ("settings", "mode"),
    [({"mode": SERVERLESS}, "sync"), ({"contract": "tei"}, "sync"), ({"mode": ASYNC}, "async")],
)
def test_where_nothing_can_be_streamed_the_container_is_not_asked_to(
    settings: dict[str, Any], mode: str
) -> None:
    s3 = FakeS3()
    answers = {"async": QUEUED, "sync": FakeReply(b"[[0.5]]")}
    if settings.get("mode") is SERVERLESS:
        answers["sync"] = FakeReply(b'[{"generated_text": "a fox"}]')
    endpoint = FakeEndpoint([answers[mode]])

    generator(endpoint, s3, **settings).generate(STREAMING, invocation())

    assert "stream" not in json.loads(endpoint.calls[0].payload)
    assert record_in(s3)["mode"] == mode


# Later.


def test_an_asynchronous_endpoint_answers_where_the_text_will_be() -> None:
    s3 = FakeS3()

    answer = generator(FakeEndpoint([QUEUED]), s3, mode=ASYNC).generate(ASKING, invocation())

    assert answer.outcome is QUEUED
    record = record_in(s3)
    assert (record["status"], record["mode"], record["reply"]) == (202, "async", None)
    assert record["locations"] == {
        "input": "s3://b/async/inputs/x",
        "result": "s3://b/async/results/x",
        "failure": "s3://b/async/failures/x",
    }


def test_a_request_that_may_wait_is_kept_where_the_queue_finds_it() -> None:
    endpoint, s3 = FakeEndpoint(), FakeS3()
    request = GenerationRequest(
        prompt="Once",
        parameters={"seed": 3},
        asynchronous=True,
        options={"target_variant": "blue"},
    )

    answer = generator(endpoint, s3, has_queue=True).generate(request, invocation())

    assert answer.outcome == Deferred(REQUEST_ID)
    assert (answer.record_uri, answer.warnings, endpoint.calls) == (None, [], [])
    assert s3.called("put") == [f"inputs/queued/{REQUEST_ID}.json"]
    kept = s3.value(f"inputs/queued/{REQUEST_ID}.json")
    assert kept == {"prompt": "Once", "parameters": {"seed": 3}, "target_variant": "blue"}
    assert read_request(kept, 4096) == GenerationRequest(
        prompt="Once", parameters={"seed": 3}, options={"target_variant": "blue"}
    )


def test_a_waking_endpoint_is_waited_for_in_the_queue_if_so_deployed() -> None:
    s3 = FakeS3()
    made = generator(
        FakeEndpoint([EndpointWakingError("waking")]),
        s3,
        mode=SCALE_TO_ZERO,
        waking="queue",
        has_queue=True,
    )

    answer = made.generate(ASKING, invocation())

    assert answer.outcome == Deferred(REQUEST_ID)
    assert s3.called("put") == [f"inputs/queued/{REQUEST_ID}.json"]


def test_a_waking_endpoint_is_otherwise_told_of() -> None:
    s3 = FakeS3()

    with pytest.raises(EndpointWakingError):
        generator(FakeEndpoint([EndpointWakingError("waking")]), s3, mode=SCALE_TO_ZERO).generate(
            ASKING, invocation()
        )

    record = record_in(s3)
    assert (record["status"], record["error"]["type"]) == (202, "endpoint_waking")


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        (
            s3_error("SlowDown", status=503),
            StorageUnavailableError,
            (
                "S3 did not do what it was asked in the bucket genai-dev-records (SlowDown). Nothing was"
                " sent to the model. Try again."
            ),
        ),
        (
            NotConnectedError(),
            NotConfirmedError,
            (
                "The request could not be kept for later for sure: S3 did not answer within 5.0 s"
                " (NotConnectedError). It may be all the same: ask for the result"
                f' {{"result": "{REQUEST_ID}"}} before you send it again.'
            ),
        ),
    ],
)
def test_a_request_that_could_not_be_kept_for_later_says_whether_it_may_be_all_the_same(
    fault: Exception, error: type[HandlerError], message: str
) -> None:
    s3 = FakeS3()
    s3.fail(fault, "put", "inputs/")

    with pytest.raises(error) as caught:
        generator(FakeEndpoint(), s3, has_queue=True).generate(
            GenerationRequest(prompt="x", asynchronous=True), invocation()
        )

    assert caught.value.message == message


# Batches.


def test_a_record_of_a_batch_is_the_answer_and_is_stored_by_others() -> None:
    s3 = FakeS3()
    endpoint = FakeEndpoint()

    record = generator(endpoint, s3).record_of(STREAMING, invocation())

    assert record["reply"] is not None
    assert (record["mode"], record["status"], record["reply"].get("text")) == ("batch", 200, STORY)
    assert "stream" not in json.loads(endpoint.calls[0].payload)
    assert (s3.calls, s3.connected_ahead) == ([], [])


@pytest.mark.parametrize(
    "error",
    [
        EndpointThrottledError("slow"),
        EndpointWakingError("waking"),
        ModelRejectedRequestError("no"),
        KeyError("x"),
    ],
)
def test_a_record_of_a_batch_never_raises_and_says_what_may_be_tried_again(
    error: Exception,
) -> None:
    made = generator(FakeEndpoint([error]), FakeS3(), waking="queue", has_queue=True)

    record = made.record_of(ASKING, invocation())

    assert record["error"] is not None
    may_be_tried = isinstance(error, EndpointThrottledError | EndpointWakingError)
    assert record["error"]["retryable"] is may_be_tried


def test_a_request_of_a_batch_that_is_not_fit_to_send_is_a_record_too() -> None:
    record = generator(FakeEndpoint(), FakeS3()).record_of(
        GenerationRequest(body={"x": 1}), invocation()
    )

    assert record["error"] is not None
    assert (record["status"], record["error"]["type"]) == (400, "bad_request")


@pytest.mark.parametrize("records", ["metadata", "off"])
def test_an_answer_of_a_batch_is_whole_and_its_prompt_is_kept_as_everywhere(records: str) -> None:
    made = generator(FakeEndpoint(), FakeS3(), records=records)
    failing = generator(FakeEndpoint([FakeReply(b"<html>")]), FakeS3(), records=records)

    record = made.record_of(ASKING, invocation())
    failed = failing.record_of(ASKING, invocation())

    assert record["request"] == {"prompt_characters": 16, "parameters": {"max_new_tokens": 5}}
    assert record["reply"] is not None
    assert record["reply"].get("text") == STORY
    assert failed["error"] is not None
    assert failed["error"].get("message", "").startswith("The endpoint's reply is not in the shape")
    assert "raw_reply" not in failed["error"]
    assert failed["error"].get("raw_reply_characters") == 6


def test_a_text_is_not_lost_over_anything_that_happens_to_its_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_call: object, **_options: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Keeper, "store", broken)
    made = generator(FakeEndpoint(), FakeS3())

    answer = made.generate(GenerationRequest(prompt="x"), invocation())

    assert isinstance(answer.outcome, Generated)
    assert answer.outcome.text == STORY
    assert answer.record_uri is None
    assert answer.warnings == ["Nothing was kept of this request: RuntimeError."]
