"""How HTTP events bring the request, which ones are turned away, and how they are replied to."""

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
from handlers.http_event import HttpEvent
from handlers.replies import Reply
from tests.handlers.events.fakes import REQUEST_ID, stored_event

REQUEST = {"prompt": "Once upon a time", "parameters": {"seed": 7}}
ERROR: Reply = {"error": {"type": "t", "message": "fée", "retryable": True, "request_id": "r"}}


def http_event(**changes: object) -> Any:
    return {**stored_event("function_url"), **changes}


def rest_event(**changes: object) -> Any:
    return {**stored_event("rest_api"), **changes}


def refusal(event: Any) -> HandlerError:
    with pytest.raises(HandlerError) as caught:
        HttpEvent(event).request_value()
    return caught.value


@pytest.mark.parametrize(
    ("name", "request_value"),
    [
        ("function_url", REQUEST),
        ("function_url_base64", {"prompt": "Il était une fois"}),
        ("function_url_result", {"result": REQUEST_ID}),
        ("http_api", {"prompt": "Once upon a time"}),
        ("rest_api", REQUEST),
        ("rest_api_result", {"result": REQUEST_ID}),
        ("load_balancer", REQUEST),
    ],
)
def test_every_http_event_brings_its_request(name: str, request_value: object) -> None:
    assert HttpEvent(stored_event(name)).request_value() == request_value


def test_a_reply_carries_status_and_request_id_outside_of_its_json_body() -> None:
    reply: Any = HttpEvent({}).reply(503, ERROR, REQUEST_ID, None)

    assert json.loads(reply.pop("body")) == ERROR
    assert reply == {
        "statusCode": 503,
        "headers": {"content-type": "application/json", "x-request-id": REQUEST_ID},
        "isBase64Encoded": False,
    }


def test_a_reply_says_when_to_try_again_in_a_header() -> None:
    reply: Any = HttpEvent({}).reply(503, ERROR, REQUEST_ID, 60)

    assert reply["headers"]["retry-after"] == "60"


@pytest.mark.row("bad-event")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD", "post", "\ud800"])
@pytest.mark.parametrize("is_rest", [False, True])
def test_only_post_is_taken(method: str, *, is_rest: bool) -> None:
    if is_rest:
        event = rest_event(httpMethod=method)
    else:
        event = http_event(requestContext={"http": {"method": method}})

    error = refusal(event)

    assert isinstance(error, MethodNotAllowedError)
    assert error.message.startswith("Send a POST request, not ")
    assert HttpEvent(event).reply(405, ERROR, REQUEST_ID, None)["headers"] == {
        "content-type": "application/json",
        "x-request-id": REQUEST_ID,
        "allow": "POST",
    }


def test_a_result_is_asked_for_with_get_only() -> None:
    event = stored_event("function_url_result")
    event["requestContext"]["http"]["method"] = "POST"

    error = refusal(event)

    assert isinstance(error, MethodNotAllowedError)
    assert error.message == (
        "Send a GET request, not POST. A prompt goes into a POST, and GET /results/{id} asks for a"
        " result."
    )
    reply: Any = HttpEvent(event).reply(405, ERROR, REQUEST_ID, None)
    assert reply["headers"]["allow"] == "GET"


@pytest.mark.parametrize(
    ("path", "result_id"),
    [
        ("/results/a1", "a1"),
        ("/dev/results/a1", "a1"),
        ("/results/a%20b%2Fc", "a b/c"),
        ("/results/%FF", "\ufffd"),
        ("results/a1", "a1"),
    ],
)
def test_the_id_of_a_result_is_the_last_part_of_the_path(path: str, result_id: str) -> None:
    event = {**stored_event("function_url_result"), "rawPath": path}

    assert HttpEvent(event).request_value() == {"result": result_id}


@pytest.mark.parametrize("path", ["/", "", "/results", "/results/", "/x/results/a/b", None, 7])
def test_another_path_asks_for_no_result(path: object) -> None:
    error = refusal({**stored_event("function_url_result"), "rawPath": path})

    assert isinstance(error, MethodNotAllowedError)


@pytest.mark.parametrize("context", [None, {}, [], {"http": None}, {"http": {}}, {"http": "POST"}])
def test_an_event_that_only_claims_to_be_http_is_refused(context: object) -> None:
    error = refusal(http_event(requestContext=context))

    assert isinstance(error, BadRequestError)
    assert "no requestContext.http.method and no httpMethod" in error.message


@pytest.mark.parametrize(
    "content_type",
    [
        "image/png",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "text/html",
    ],
)
@pytest.mark.parametrize(
    "headers_of",
    [
        lambda content_type: {"headers": {"content-type": content_type}},
        lambda content_type: {"headers": {"Content-Type": content_type}},
        lambda content_type: {
            "headers": None,
            "multiValueHeaders": {"Content-Type": [content_type]},
        },
    ],
)
def test_a_body_that_is_clearly_not_json_is_refused(content_type: str, headers_of: Any) -> None:
    error = refusal(rest_event(**headers_of(content_type)))

    assert isinstance(error, UnsupportedMediaTypeError)
    assert "content-type: application/json" in error.message


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        [],
        {"content-type": ""},
        {"Content-Type": "Application/JSON;charset=UTF-8"},
        {"content-type": "application/vnd.api+json"},
        {"content-type": "text/plain"},
        {"content-type": "application/octet-stream"},
    ],
)
def test_a_body_that_may_be_json_is_read(headers: object) -> None:
    assert HttpEvent(http_event(headers=headers)).request_value() == REQUEST


@pytest.mark.row("bad-event")
@pytest.mark.parametrize(
    ("body", "is_base64", "problem"),
    [
        (None, False, "the body is empty"),
        ("", False, "the body is empty"),
        ({"prompt": "x"}, False, "the HTTP event's body must be a string, got an object"),
        ("prompt=x", False, "the body is not JSON: Expecting value at line 1, column 1"),
        ('{"prompt": "x"', False, "the body is not JSON: Expecting ',' delimiter"),
        ('{"prompt": NaN}', False, "the body is not JSON: NaN is not a JSON number"),
        ('{"prompt": -Infinity}', False, "the body is not JSON: -Infinity is not a JSON number"),
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
@pytest.mark.parametrize("event_of", [http_event, rest_event])
def test_a_body_that_is_no_json_is_refused_with_the_reason(
    body: object, *, is_base64: bool, problem: str, event_of: Any
) -> None:
    error = refusal(event_of(body=body, isBase64Encoded=is_base64))

    assert isinstance(error, BadRequestError)
    assert problem in error.message
    assert "Send for example" in error.message
