"""A URL that streams: the text comes piece by piece, while the model still writes."""

import http.client
import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from rehearsal.signed_request import plain_request, signed_request
from tests.rehearsal.front_door.conftest import Deploy
from tests.rehearsal.front_door.obedient_model import PIECES
from tests.rehearsal.front_door.stacks import STORY, Stack
from tests.rehearsal.tenant import REGION, poll, unique
from tests.rehearsal.web.test_function_urls import ADMIN

pytestmark = pytest.mark.matrix

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def stack(deploy: Deploy) -> Stack:
    return deploy(invoker={"url": "iam", "streaming": True, "inputs": {"enabled": True}})


@pytest.fixture
def url(stack: Stack) -> str:
    return stack.exports["function_url"]


@contextmanager
def asked(url: str, event: dict[str, Any]) -> Generator[http.client.HTTPResponse]:
    """A reply whose headers are there; its body may still be on its way."""
    body = json.dumps(event).encode()
    request = AWSRequest("POST", url, headers=JSON, data=body)
    SigV4Auth(ADMIN.credentials, "lambda", REGION).add_auth(request)
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request("POST", "/", body, dict(request.headers.items()))
        yield connection.getresponse()
    finally:
        connection.close()


def next_event(reply: http.client.HTTPResponse) -> tuple[str, dict[str, Any]]:
    """The next server-sent event: its name, and its data from JSON."""
    name = "message"
    while line := reply.readline().decode().rstrip("\n"):
        field, _, value = line.partition(": ")
        if field == "data":
            assert reply.readline() == b"\n"
            return name, json.loads(value)
        name = value
    raise AssertionError("the stream is over")


def test_pieces_arrive_before_the_model_has_written_the_last(stack: Stack, url: str) -> None:
    gate = unique("gate")

    with asked(url, {"prompt": f"gate {gate}", "stream": True}) as reply:
        first = [next_event(reply) for _ in PIECES[:-1]]
        stack.project.open_gate(gate)  # only now can the model go on
        last, (name, whole) = next_event(reply), next_event(reply)
        assert reply.read() == b""

    assert reply.headers["Content-Type"].startswith("text/event-stream")
    assert [*first, last] == [("message", {"text": piece}) for piece in PIECES]
    assert (name, whole["text"], whole["finish_reason"]) == ("done", STORY, "length")
    record = stack.read_uri(whole["record"])
    assert (record["mode"], record["reply"]["text"]) == ("stream", STORY)
    assert stack.times_asked(f"gate {gate}") == 1


def test_a_stream_that_breaks_ends_with_an_error_and_the_text_so_far(
    stack: Stack, url: str
) -> None:
    with asked(url, {"prompt": unique("break "), "stream": True}) as reply:
        piece, (name, failure) = next_event(reply), next_event(reply)

    assert (reply.status, piece) == (200, ("message", {"text": "Once "}))
    assert (name, failure["error"]["type"]) == ("error", "stream_broken")
    assert (failure["text"], failure["finish_reason"]) == ("Once ", "error")
    (record,) = stack.records_of(failure["error"]["request_id"])
    assert (record["partial"], record["reply"]["text"]) == (True, "Once ")


def test_a_caller_who_hangs_up_changes_nothing_for_the_record(stack: Stack, url: str) -> None:
    gate = unique("gate")
    token = unique("token")
    event = {"prompt": f"gate {gate}", "stream": True, "client_token": token}

    with asked(url, event) as reply:
        next_event(reply)
    stack.project.open_gate(gate)

    def answered() -> Any:
        reply = stack.ask({**event, "stream": False})
        return reply if reply["status"] == 200 else None

    whole = poll(answered, "the text is kept")
    assert (whole["text"], whole["replayed"]) == (STORY, True)
    assert stack.times_asked(f"gate {gate}") == 1


def test_what_fails_before_the_first_piece_has_a_status_of_its_own(url: str) -> None:
    with asked(url, {"prompt": unique("refuse "), "stream": True}) as reply:
        failure = json.loads(reply.read())

    assert (reply.status, failure["error"]["type"]) == (422, "model_rejected_request")


def test_without_stream_the_reply_is_a_plain_one(url: str) -> None:
    with asked(url, {"prompt": unique("tell ")}) as reply:
        whole = json.loads(reply.read())

    assert (reply.status, whole["text"]) == (200, STORY)
    assert reply.headers["Content-Type"] == "application/json"


def test_the_same_token_over_both_functions_is_generated_once(stack: Stack, url: str) -> None:
    event = {"prompt": unique("tell "), "client_token": unique("token")}

    with asked(url, {**event, "stream": True}) as reply:
        reply.read()
    again = stack.ask(event)

    assert (again["text"], again["replayed"]) == (STORY, True)
    assert stack.times_asked(event["prompt"]) == 1


def test_a_text_can_be_had_later(url: str) -> None:
    with asked(url, {"prompt": unique("tell "), "async": True}) as reply:
        queued = json.loads(reply.read())
    assert (reply.status, queued["state"]) == (202, "queued")
    address = f"{url}results/{queued['poll']['result']}"

    def polled() -> Any:
        reply = signed_request(ADMIN, "GET", address)
        assert reply.status in {200, 202}, reply.body
        return json.loads(reply.body) if reply.status == 200 else None

    assert poll(polled, "the result is there")["text"] == STORY


def test_nobody_unsigned_gets_in(stack: Stack, url: str) -> None:
    prompt = unique("tell ")

    reply = plain_request(
        "POST", url, json.dumps({"prompt": prompt, "stream": True}).encode(), JSON
    )

    assert reply.status == 403
    assert stack.times_asked(prompt) == 0


def test_no_text_is_in_the_logs_of_the_web_server(stack: Stack, url: str) -> None:
    for verb in ("tell", "break", "refuse"):
        with asked(url, {"prompt": unique(f"{verb} "), "stream": True}) as reply:
            reply.read()

    poll(lambda: sum("request answered" in line for line in stack.log()) >= 3, "all is logged")
    log = stack.log()
    assert not any(prompt in line for line in log for prompt in stack.project.asked)
    assert not any("Once " in line for line in log)
