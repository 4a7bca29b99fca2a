"""How an HTTP event brings the request, and which ones are turned away."""

import base64
import json
from typing import Any

import pytest

from handlers.errors import (
    BadRequestError,
    HandlerError,
    MethodNotAllowedError,
    UnsupportedMediaTypeError,
)
from handlers.events import DirectEvent, HttpEvent, read_event
from tests.handlers.doubles import event


def http_event(**changes: object) -> Any:
    return {**event("function_url"), **changes}


def refusal(http_event_value: object) -> HandlerError:
    with pytest.raises(HandlerError) as caught:
        read_event(http_event_value).request_value()
    return caught.value


@pytest.mark.parametrize(
    ("name", "request_value"),
    [
        ("function_url", {"prompt": "Once upon a time", "parameters": {"seed": 7}}),
        ("function_url_base64", {"prompt": "Il était une fois"}),
        ("http_api", {"prompt": "Once upon a time"}),
        ("direct", event("direct")),
    ],
)
def test_every_kind_of_event_brings_its_request(name: str, request_value: object) -> None:
    assert read_event(event(name)).request_value() == request_value


def test_a_request_with_a_prompt_is_direct_even_when_it_looks_like_http() -> None:
    assert isinstance(read_event({"version": "2.0", "prompt": "x"}), DirectEvent)


def test_an_http_reply_carries_the_status_outside_of_its_json_body() -> None:
    source = HttpEvent(event("http_api"))

    reply: Any = source.reply(
        503,
        {"error": {"type": "t", "message": "fée", "retryable": True, "request_id": "r"}},
    )

    assert reply["statusCode"] == 503
    assert reply["headers"] == {"content-type": "application/json"}
    assert json.loads(reply["body"]) == {
        "error": {"type": "t", "message": "fée", "retryable": True, "request_id": "r"}
    }


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "post"])
def test_only_post_is_taken(method: str) -> None:
    error = refusal(http_event(requestContext={"http": {"method": method}}))

    assert isinstance(error, MethodNotAllowedError)
    assert error.message == f"Send a POST request, not {method}."


def test_a_wrong_method_is_told_the_right_one_in_a_header() -> None:
    reply: Any = HttpEvent({}).reply(
        405, {"error": {"type": "t", "message": "m", "retryable": False, "request_id": "r"}}
    )

    assert reply["headers"]["allow"] == "POST"


def test_an_http_reply_says_when_to_try_again_in_a_header() -> None:
    reply: Any = HttpEvent({}).reply(
        503,
        {"error": {"type": "t", "message": "m", "retryable": True, "request_id": "r"}},
        retry_after_seconds=60,
    )

    assert reply["headers"] == {"content-type": "application/json", "retry-after": "60"}


@pytest.mark.parametrize("context", [None, {}, [], {"http": None}, {"http": {}}, {"http": "POST"}])
def test_an_event_that_only_claims_to_be_http_is_refused(context: object) -> None:
    error = refusal(http_event(requestContext=context))

    assert isinstance(error, BadRequestError)
    assert "no requestContext.http.method" in error.message


@pytest.mark.parametrize(
    "content_type",
    [
        "image/png",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "text/html",
    ],
)
def test_a_body_that_is_clearly_not_json_is_refused(content_type: str) -> None:
    error = refusal(http_event(headers={"content-type": content_type}))

    assert isinstance(error, UnsupportedMediaTypeError)
    assert "content-type: application/json" in error.message


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"content-type": ""},
        {"Content-Type": "Application/JSON;charset=UTF-8"},
        {"content-type": "application/vnd.api+json"},
        {"content-type": "text/plain"},
        {"content-type": "application/octet-stream"},
    ],
)
def test_a_body_that_may_be_json_is_read(headers: object) -> None:
    assert read_event(http_event(headers=headers)).request_value() == {
        "prompt": "Once upon a time",
        "parameters": {"seed": 7},
    }


@pytest.mark.parametrize(
    ("body", "is_base64", "problem"),
    [
        (None, False, "the body is empty"),
        ("", False, "the body is empty"),
        ({"prompt": "x"}, False, "the HTTP event's body must be a string, got an object"),
        ("prompt=x", False, "the body is not JSON: Expecting value at line 1, column 1"),
        ('{"prompt": "x"', False, "the body is not JSON: Expecting ',' delimiter"),
        ('{"prompt": NaN}', False, "the body is not JSON: NaN is not a JSON number"),
        pytest.param(
            "[" * 100_000, False, "the body is not JSON: it is nested too deeply", id="deep"
        ),
        pytest.param(
            "9" * 5000, False, "the body is not JSON: it holds a number with too many", id="huge"
        ),
        ("%%%", True, "the body is said to be base64"),
        ("é", True, "the body is said to be base64"),
        (base64.b64encode(b"\xff").decode(), True, "the body is said to be base64"),
    ],
)
def test_a_body_that_is_no_json_is_refused_with_the_reason(
    body: object, *, is_base64: bool, problem: str
) -> None:
    error = refusal(http_event(body=body, isBase64Encoded=is_base64))

    assert isinstance(error, BadRequestError)
    assert problem in error.message
    assert "Send for example" in error.message
