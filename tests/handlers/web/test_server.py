"""The web server against what the Lambda Web Adapter sends it and expects of it."""

import http.client
import json
import logging
import socket
import struct
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from handlers.answer import Answer
from handlers.errors import EndpointThrottledError, StreamBrokenError
from handlers.web.server import (
    MOST_BODY_BYTES,
    READINESS_PATH,
    RequestHandler,
    WebServer,
)
from tests.handlers.events.fakes import (
    REQUEST_ID,
    STORY,
    FakeGenerator,
    FakeResults,
    accepted_answer,
    services,
    stored_event,
    text_answer,
)

HTTP_CONTEXT = json.dumps({"http": {"method": "POST", "path": "/"}, "stage": "$default"})
NO_HTTP_CONTEXT = "null"


@contextmanager
def serving(generator: FakeGenerator | None = None, **parts: Any) -> Generator[int, None, None]:
    """A server on a free port."""
    with WebServer("127.0.0.1", 0, services(generator, **parts)) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def adapter_headers(request_context: str, seconds_left: float = 30) -> dict[str, str]:
    """The headers that the adapter adds."""
    lambda_context = {
        "request_id": REQUEST_ID,
        "deadline": int((time.time() + seconds_left) * 1000),
        "invoked_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:genai-dev",
        "xray_trace_id": None,
    }
    return {
        "x-amzn-request-context": request_context,
        "x-amzn-lambda-context": json.dumps(lambda_context),
        "content-type": "application/json",
    }


def ask(
    port: int,
    body: object = None,
    *,
    method: str = "POST",
    path: str = "/",
    request_context: str = HTTP_CONTEXT,
    **headers: str,
) -> tuple[http.client.HTTPResponse, bytes]:
    """The response to a request, and its whole body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request(
        method,
        path,
        None if body is None else content,
        {**adapter_headers(request_context), **headers},
    )
    response = connection.getresponse()
    received = response.read()
    connection.close()
    return response, received


def events_in(body: bytes) -> list[tuple[str, Any]]:
    """The server-sent events in a body: name and data."""
    events: list[tuple[str, Any]] = []
    for block in body.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        if lines:
            events.append((lines.get("event", "message"), json.loads(lines["data"])))
    return events


def answered_lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """The log's lines about requests, once there is one: the caller is gone before it is written."""
    for _ in range(500):
        lines = [line for line in caplog.records if line.msg == "request answered"]
        if lines:
            return lines
        time.sleep(0.01)
    return []


def test_it_says_that_it_is_ready() -> None:
    with serving() as port:
        response, body = ask(port, method="GET", path=READINESS_PATH)

    assert (response.status, body) == (200, b"ready")


def test_the_adapters_own_readiness_check_is_content_with_any_answer_below_500() -> None:
    with serving() as port:
        response, _ = ask(port, method="GET", path="/")

    assert response.status == 405


def test_a_request_is_answered_as_without_the_adapter() -> None:
    generator = FakeGenerator()
    with serving(generator) as port:
        response, body = ask(port, {"prompt": "Once"}, path="/generate?x=1")

    assert response.status == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"] == REQUEST_ID
    assert json.loads(body)["text"] == STORY
    ((_, run),) = generator.calls
    assert run.request_id == REQUEST_ID
    assert 25_000 < run.deadline.remaining_milliseconds() <= 30_000


def test_a_deadline_beyond_all_sense_is_no_trouble() -> None:
    with serving() as port:
        header = json.dumps({"request_id": "r", "deadline": 10**30})
        response, _ = ask(port, {"prompt": "Once"}, **{"x-amzn-lambda-context": header})

    assert response.status == 200


def test_a_stream_comes_piece_by_piece_and_ends_with_the_whole_reply() -> None:
    with serving(FakeGenerator(pieces=(" there\n", "was é\ud800"))) as port:
        response, body = ask(port, {"prompt": "Once", "stream": True})

    assert response.status == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["x-request-id"] == REQUEST_ID
    *pieces, (name, whole) = events_in(body)
    assert pieces == [("message", {"text": " there\n"}), ("message", {"text": "was é?"})]
    assert (name, whole["text"], whole["usage"]["completion_tokens"]) == ("done", STORY, 5)
    assert whole["record"].startswith("s3://")


def test_a_piece_is_there_before_the_next_is_written() -> None:
    first_was_read = threading.Event()

    class Waiting(FakeGenerator):
        def generate(self, request: Any, invocation: Any, on_text: Any = None) -> Answer:
            del request, invocation
            on_text("first")
            assert first_was_read.wait(timeout=10)
            on_text("second")
            return text_answer("firstsecond")

    with serving(Waiting()) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/", b'{"prompt": "x", "stream": true}', adapter_headers("{}"))
        response = connection.getresponse()
        assert response.readline() == b'data: {"text": "first"}\n'
        first_was_read.set()
        rest = response.read()
        connection.close()

    assert b"second" in rest


def test_a_stream_that_breaks_ends_with_the_error_and_the_text_so_far() -> None:
    error = StreamBrokenError("It broke.", text_so_far=" there was")
    with serving(FakeGenerator(error, pieces=(" there was",))) as port:
        response, body = ask(port, {"prompt": "Once", "stream": True})

    assert response.status == 200
    first, (name, data) = events_in(body)
    assert first == ("message", {"text": " there was"})
    assert name == "error"
    assert data == {
        "error": {
            "type": "stream_broken",
            "message": "It broke.",
            "retryable": True,
            "request_id": REQUEST_ID,
        },
        "text": " there was",
        "finish_reason": "error",
    }


def test_a_failure_before_the_first_piece_has_its_own_status() -> None:
    with serving(FakeGenerator(EndpointThrottledError("Slow down."))) as port:
        response, body = ask(port, {"prompt": "Once", "stream": True})

    assert (response.status, response.headers["retry-after"]) == (429, "5")
    assert json.loads(body)["error"]["type"] == "endpoint_throttled"


def test_a_stream_that_is_answered_later_is_no_stream() -> None:
    with serving(FakeGenerator(accepted_answer())) as port:
        response, body = ask(port, {"prompt": "Once", "stream": True})

    assert (response.status, json.loads(body)["state"]) == (202, "accepted")


def test_an_empty_text_is_a_stream_of_its_end_alone() -> None:
    with serving(FakeGenerator(text_answer(""), pieces=())) as port:
        _, body = ask(port, {"prompt": "Once", "stream": True})

    ((name, data),) = events_in(body)
    assert (name, data["text"]) == ("done", "")


def test_a_caller_that_hangs_up_ends_only_its_own_response(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    has_hung_up = threading.Event()
    recorded = threading.Event()

    class Long(FakeGenerator):
        def generate(self, request: Any, invocation: Any, on_text: Any = None) -> Answer:
            del request, invocation
            try:
                on_text("first")
                assert has_hung_up.wait(timeout=10)
                for _ in range(1000):
                    on_text("x" * 10_000)
            except OSError:
                recorded.set()
            return text_answer()

    with serving(Long()) as port:
        caller = socket.create_connection(("127.0.0.1", port), timeout=10)
        body = b'{"prompt": "x", "stream": true}'
        caller.sendall(
            b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
        assert caller.recv(10) == b"HTTP/1.1 2"
        # Close with a reset, as a process that ends does.
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.close()
        has_hung_up.set()
        assert recorded.wait(timeout=10)
        response, _ = ask(port, method="GET", path=READINESS_PATH)

    assert response.status == 200
    assert [line.__dict__["status"] for line in answered_lines(caplog)] == [200]
    assert not any(line.exc_info for line in caplog.records)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused_as_without_the_adapter(method: str) -> None:
    with serving() as port:
        response, body = ask(port, {"prompt": "x"}, method=method)

    assert (response.status, response.headers["allow"]) == (405, "POST")
    assert json.loads(body)["error"]["type"] == "method_not_allowed"


def test_a_head_has_no_body() -> None:
    with serving() as port:
        response, body = ask(port, method="HEAD")

    assert (response.status, body) == (405, b"")
    assert int(response.headers["content-length"]) > 0


def test_a_result_is_asked_for_by_its_path() -> None:
    results = FakeResults(text_answer())
    with serving(results=results) as port:
        response, body = ask(port, method="GET", path=f"/results/{REQUEST_ID}")

    assert (response.status, json.loads(body)["text"]) == (200, STORY)
    assert results.asked == [REQUEST_ID]


@pytest.mark.parametrize(
    "body", [b"", b"no JSON", b'{"prompt": "\xff"}', b"[" * 100_000, b'{"prompt": NaN}']
)
def test_a_bad_body_is_refused_with_the_reason(body: bytes) -> None:
    with serving() as port:
        response, received = ask(port, body)

    assert response.status == 400
    assert "Send for example" in json.loads(received)["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-length": "-1"}, 411),
        ({"content-length": "many"}, 411),
        ({"transfer-encoding": "chunked"}, 411),
        ({"content-length": str(MOST_BODY_BYTES + 1)}, 413),
        ({"content-length": "9" * 5000}, 413),
    ],
)
def test_a_body_of_no_known_or_bearable_length_is_not_read(
    headers: dict[str, str], status: int
) -> None:
    with serving() as port:
        response, _ = ask(port, path="/", **headers)

    assert response.status == status
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("path", "request_context"),
    [("/events", HTTP_CONTEXT), ("/events", NO_HTTP_CONTEXT), ("/", NO_HTTP_CONTEXT)],
)
def test_nobody_can_pretend_to_be_a_queue(path: str, request_context: str) -> None:
    with serving() as port:
        response, body = ask(port, stored_event("sqs"), path=path, request_context=request_context)

    assert response.status == 400
    assert json.loads(body)["error"]["type"] == "bad_request"


def test_nothing_is_written_about_a_connection_but_the_kind_of_failure(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_handler: RequestHandler) -> None:
        raise ValueError("secret")

    monkeypatch.setattr(RequestHandler, "do_GET", fail)
    with serving() as port, pytest.raises(http.client.RemoteDisconnected):
        ask(port, method="GET", path="/")

    (line,) = caplog.records
    assert (line.message, line.__dict__["exception_type"]) == ("connection failed", "ValueError")
    assert "secret" not in str(line.__dict__)
