"""docs/invoking.md: its requests are taken, its replies are given, its programs run, its error table is whole."""

import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from handlers.answer import Pending
from handlers.errors import HandlerError, ModelRejectedRequestError
from handlers.events.any_event import answer
from handlers.generation_request import GenerationRequest, read_request
from tests.handlers.events.fakes import (
    REQUEST_ID,
    STORY,
    FakeGenerator,
    FakeResults,
    deferred_answer,
    invocation,
    services,
    text_answer,
)
from tests.handlers.web.test_server import ask, serving

PAGE = (Path(__file__).parents[3] / "docs" / "invoking.md").read_text()


def blocks(language: str) -> list[str]:
    """The page's code blocks of a kind."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def error_classes(base: type[HandlerError] = HandlerError) -> Iterator[type[HandlerError]]:
    """Every error that a reply can hold."""
    for kind in base.__subclasses__():
        if kind.__module__ == "handlers.errors":
            yield kind
            yield from error_classes(kind)


@pytest.mark.parametrize("text", blocks("json request"))
def test_a_shown_request_is_taken(text: str) -> None:
    assert isinstance(read_request(json.loads(text), 4096), GenerationRequest)


def test_the_shown_replies_are_given() -> None:
    refused = "The model's container does not accept the request (400): prompt too long"
    outcomes: list[Any] = [text_answer(), deferred_answer(), ModelRejectedRequestError(refused)]

    given = [
        answer({"prompt": "x"}, invocation(), services(FakeGenerator(outcome)))
        for outcome in outcomes
    ]

    assert given == [json.loads(text) for text in blocks("json reply")]


@pytest.mark.parametrize(
    ("event", "reply"), list(zip(blocks("json event"), blocks("json answer"), strict=True))
)
def test_a_shown_event_is_answered_as_shown(event: str, reply: str) -> None:
    assert answer(json.loads(event), invocation(), services()) == json.loads(reply)


def test_the_shown_stream_is_sent() -> None:
    (shown,) = blocks("text stream")
    with serving() as port:
        _, body = ask(port, {"prompt": "Once upon a time", "stream": True})

    assert body.decode() == shown


def test_every_error_is_in_the_table_as_it_is() -> None:
    rows = [
        f"| `{kind.type}` | {kind.status} | {'yes' if kind.retryable else 'no'}"
        f" | {kind.retry_after_seconds or ''} | {(kind.__doc__ or '').splitlines()[0]} |"
        for kind in error_classes()
    ]

    assert len(rows) > 25
    assert [row for row in rows if row not in PAGE.splitlines()] == []
    assert len(re.findall(r"^\| `\w+` \| \d{3} \|", PAGE, re.MULTILINE)) == len(rows)


def test_the_shown_program_polls_until_the_text_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = FakeResults(Pending(REQUEST_ID))
    waits: list[float] = []

    class Functions:
        def invoke(self, **call: str) -> Any:
            assert call["FunctionName"] == "genai-dev"
            parts = services(FakeGenerator(deferred_answer()), results=results)
            reply = answer(json.loads(call["Payload"]), invocation(), parts)
            return {"Payload": io.BytesIO(json.dumps(reply).encode())}

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            results.found = text_answer()

    monkeypatch.setattr(boto3, "client", lambda _service: Functions())
    monkeypatch.setattr(time, "sleep", sleep)
    (program,) = blocks("python")

    exec(program, {})  # noqa: S102 - the page's own program

    assert waits == [5, 5]
    assert capsys.readouterr().out == f"{STORY}\n"


def test_the_page_names_every_key_of_a_request() -> None:
    refusal = "unknown key 'wrong' (known are "
    with pytest.raises(HandlerError) as caught:
        read_request({"prompt": "x", "wrong": 1}, 4096)

    known = caught.value.message.partition(refusal)[2].partition(")")[0].split(", ")
    assert len(known) >= 10
    assert [key for key in known if f"`{key}`" not in PAGE] == []
