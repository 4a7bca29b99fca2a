"""Whatever is done to an event, the reply has its sender's shape and nothing of the prompt is logged.

`HYPOTHESIS_PROFILE=long` runs 12,000 examples in place of a few hundred.
"""

import contextlib
import copy
import json
import logging
import math
import os
from collections.abc import Iterator
from dataclasses import replace as replace_part
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.batch.runner import BatchRunner
from handlers.errors import (
    AlreadyAnsweredError,
    EndpointThrottledError,
    EndpointWakingError,
    ModelRejectedRequestError,
    StreamBrokenError,
)
from handlers.events.any_event import answer, kind_of_event
from handlers.events.delivered import DeliverAgainError
from handlers.request_answers import EventKind
from handlers.services import services_around
from tests.handlers.batch.rig import VirtualClock
from tests.handlers.doubles import FakeEndpoint, FakeReply, FakeS3, FakeStream
from tests.handlers.doubles import generator as real_generator
from tests.handlers.events.fakes import (
    BUCKET,
    EVENT_NAMES,
    FakeGenerator,
    FakeOutcome,
    FakeQueues,
    FakeRunner,
    accepted_answer,
    deferred_answer,
    invocation,
    services,
    stored_event,
    text_answer,
)

EXAMPLES = {"long": 12_000}.get(os.environ.get("HYPOTHESIS_PROFILE", ""), 300)
MARKER = "quokka-7f3a"
"""What stands for a person's text."""
PROMPT = f"Tell me of the {MARKER}"

ODD_VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [None, True, False, 0, -1, 2**63, 10**400, math.nan, math.inf, 1e308, "", [], {}, PROMPT]
    ),
    st.sampled_from(
        ["\ud800", "\x00", "🦊", "../results/x", "%FF", "a" * 5000, MARKER, "s3:TestEvent"]
    ),
    st.text(max_size=20),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=6,
    ),
)
ODD_KEYS = st.sampled_from(["Records", "body", "prompt", "detail", "Message", MARKER, "\ud800"])
OUTCOMES = st.sampled_from(
    [
        text_answer(f"The {MARKER} slept."),
        accepted_answer(),
        deferred_answer(),
        EndpointThrottledError(MARKER),
        EndpointWakingError(MARKER),
        ModelRejectedRequestError(MARKER),
        AlreadyAnsweredError(MARKER),
        StreamBrokenError(MARKER, text_so_far=MARKER),
        RuntimeError(MARKER),
        RecursionError(MARKER),
    ]
)
RUNS = st.sampled_from(
    [
        FakeOutcome(),
        FakeOutcome(finished=False, retry_after_seconds=7, result_uri=None),
        ModelRejectedRequestError(MARKER),
        OSError(MARKER),
    ]
)


def with_marker(event: Any) -> Any:
    """The event asking for the marker, wherever its request lies."""
    return json.loads(json.dumps(event).replace("Once upon a time", PROMPT))


def slots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value: the container and the key or position in it."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in list(items):
        yield value, key
        yield from slots(inner)


def mangle_once(draw: Any, event: Any) -> Any:
    """One change somewhere, also inside of a text that is JSON itself."""
    places = list(slots(event))
    if not places:
        return draw(ODD_VALUES)
    holder, key = draw(st.sampled_from(places))
    inner = json_in(holder[key])
    if inner and draw(st.booleans()):
        holder[key] = json.dumps(mangle_once(draw, inner))
    else:
        draw(st.sampled_from(CHANGES))(draw, holder, key)
    return event


def json_in(value: Any) -> Any:
    """The object or list in a text, or None."""
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in {"{", "["} else None
    except ValueError:
        return None


def delete(_draw: Any, holder: Any, key: Any) -> None:
    """Take a value away."""
    del holder[key]


def replace(draw: Any, holder: Any, key: Any) -> None:
    """Put another value in its place."""
    holder[key] = draw(ODD_VALUES)


def duplicate(draw: Any, holder: Any, key: Any) -> None:
    """Repeat an item of a list, or put a value under a second key as well."""
    if isinstance(holder, list):
        holder.extend([copy.deepcopy(holder[key])] * draw(st.integers(1, 3)))
    else:
        holder[draw(ODD_KEYS)] = copy.deepcopy(holder[key])


def nest(draw: Any, holder: Any, key: Any) -> None:
    """Put a value deep into lists and objects."""
    for _ in range(draw(st.sampled_from([1, 2, 5, 300]))):
        holder[key] = draw(st.sampled_from([[holder[key]], {"detail": holder[key]}]))


def cut(draw: Any, holder: Any, key: Any) -> None:
    """Leave only the beginning of a text."""
    if isinstance(holder[key], str):
        holder[key] = holder[key][: draw(st.integers(0, len(holder[key])))]


def rename(draw: Any, holder: Any, key: Any) -> None:
    """Move a value to another key."""
    if isinstance(holder, dict):
        holder[draw(ODD_KEYS)] = holder.pop(key)


CHANGES = (delete, replace, duplicate, nest, cut, rename)


@st.composite
def mangled_events(draw: Any) -> Any:
    """A stored event with up to six changes."""
    event = with_marker(stored_event(draw(st.sampled_from(EVENT_NAMES))))
    for _ in range(draw(st.integers(0, 6))):
        event = mangle_once(draw, event)
    return event


class Lines(logging.Handler):
    """Everything that is logged, with all fields, as text."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(f"{record.getMessage()} {record.__dict__}")


@pytest.fixture
def log() -> Iterator[Lines]:
    """The log from DEBUG on."""
    root, lines = logging.getLogger(), Lines()
    before = root.level
    root.addHandler(lines)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(lines)
    root.setLevel(before)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(event=mangled_events(), outcome=OUTCOMES, run=RUNS)
def test_a_mangled_event_gets_a_reply_of_the_right_shape(
    log: Lines, event: Any, outcome: Any, run: Any
) -> None:
    log.lines.clear()
    kind = kind_of_event(event)
    parts = services(FakeGenerator(outcome), runner=FakeRunner(run))
    reply: Any = None
    again: DeliverAgainError | None = None

    try:
        reply = answer(event, invocation(), parts)
    except DeliverAgainError as raised:
        again = raised

    if again is None:
        check_reply(kind, event, reply)
    else:
        assert kind in {EventKind.STORAGE, EventKind.TOPIC, EventKind.BUS}
        assert MARKER not in str(again)
        assert again.__context__ is None
    assert not any(MARKER in line or "Traceback" in line for line in log.lines)
    if not {type(outcome), type(run)} & {RuntimeError, RecursionError, OSError}:
        # Nothing about an event itself is unforeseen.
        assert not any("unforeseen" in line for line in log.lines)


@settings(
    max_examples=EXAMPLES // 3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    event=mangled_events(),
    outcome=st.sampled_from(
        [
            FakeReply(json.dumps([{"generated_text": f"The {MARKER} slept."}]).encode()),
            FakeReply(MARKER.encode()),
            FakeStream([MARKER.encode(), OSError(MARKER)]),
            EndpointThrottledError(MARKER),
            RuntimeError(MARKER),
        ]
    ),
    is_storage_down=st.booleans(),
)
def test_the_whole_function_bears_a_mangled_event(
    log: Lines, invoke_model: Any, event: Any, outcome: Any, *, is_storage_down: bool
) -> None:
    log.lines.clear()
    kind = kind_of_event(event)
    s3 = FakeS3()
    s3.put(BUCKET, "inputs/stories.jsonl", json.dumps({"prompt": PROMPT}).encode(), seconds=1)
    if is_storage_down:
        s3.fail(OSError(MARKER))
    made = real_generator(FakeEndpoint([outcome]), s3)
    parts = replace_part(
        invoke_model.for_events(services_around(made)),
        queues=FakeQueues,
        # What a file of prompts waits for passes at once.
        batch_runner=lambda: BatchRunner(made, VirtualClock()),
    )

    with contextlib.suppress(DeliverAgainError):
        check_reply(kind, event, answer(event, invocation(), parts))

    assert not any(MARKER in line or "Traceback" in line for line in log.lines)


def check_reply(kind: EventKind, event: Any, reply: Any) -> None:
    """Assert the shape that an event's sender expects, and that Lambda can send it."""
    sent = json.dumps(reply, ensure_ascii=False, allow_nan=False).encode().decode()
    assert "Traceback" not in sent
    assert 'File "' not in sent
    if kind is EventKind.QUEUE:
        check_queue_reply(event, reply)
    elif kind is EventKind.HTTP:
        assert reply.keys() == {"statusCode", "headers", "body", "isBase64Encoded"}
        assert all(isinstance(value, str) for value in reply["headers"].values())
        check_body(reply["statusCode"], json.loads(reply["body"]))
    elif kind is EventKind.DIRECT:
        check_body(reply.pop("status"), reply)
    else:
        assert reply.keys() == {"replies"}
        for each in reply["replies"]:
            check_body(each.pop("status"), each)


def check_queue_reply(event: Any, reply: Any) -> None:
    """Assert that only messages of the event come back, or the event as a whole."""
    assert reply.keys() == {"batchItemFailures"}
    known = [record.get("messageId") for record in event["Records"] if isinstance(record, dict)]
    for failure in reply["batchItemFailures"]:
        assert failure.keys() == {"itemIdentifier"}
        assert failure["itemIdentifier"] == "" or failure["itemIdentifier"] in known


def check_body(status: int, body: Any) -> None:
    """Assert one of the documented bodies."""
    if status == 202:
        assert body["state"] in {"accepted", "queued", "waking", "pending", "unfinished"}
    elif status == 200:
        assert isinstance(body.get("text"), str) or body["state"] in {
            "finished",
            "noted",
            "ignored",
        }
    else:
        assert 400 <= status <= 599
        error = body["error"]
        assert error.keys() == {"type", "message", "retryable", "request_id"}
        assert error["message"]
        assert body.keys() <= {"error", "text", "finish_reason"}
