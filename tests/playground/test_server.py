"""The playground's server, asked over HTTP as its page asks it, and as others may try to."""

import json
import socket
from http import HTTPStatus
from typing import Any

import pytest

from operations.deployment import Deployment, LocalAccess
from operations.errors import NotFoundError, OperationError
from operations.stack_outputs import RehearsedStacks
from playground.page_files import page_files
from playground.server import LARGEST_REQUEST_BYTES, PlaygroundServer
from playground.stack_api import StackApi
from tests.operations.conftest import Deployed
from tests.playground.serving import Playground, a_playground
from tests.rehearsal.front_door.obedient_model import PIECES
from tests.rehearsal.front_door.stacks import STORY
from tests.rehearsal.tenant import poll, unique

API = ["/api/stack", "/api/records", "/api/record?uri=x"]


@pytest.mark.parametrize("path", page_files())
def test_the_page_is_served_with_what_keeps_it_to_itself(playground: Playground, path: str) -> None:
    reply = playground.call("GET", path, headers={"Host": playground.host})

    assert (reply.status, reply.headers["Content-Type"]) == (200, page_files()[path][0])
    assert reply.body == page_files()[path][1]
    assert reply.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; script-src 'self'"
    )
    assert "unsafe" not in reply.headers["Content-Security-Policy"]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize("path", ["/nothing.js", "/../server.py", "/static/index.html", "/api"])
def test_nothing_else_is_served(playground: Playground, path: str) -> None:
    reply = playground.get(path)

    assert (reply.status, reply.json["message"]) == (404, "there is no such page")


def test_it_listens_on_this_machine_alone_and_its_url_has_the_token_in_its_fragment(
    playground: Playground,
) -> None:
    assert playground.server.server_address[0] == "127.0.0.1"
    token = playground.server.doorkeeper.token
    assert playground.url == f"http://{playground.host}/#token={token}"
    assert len(token) >= 43  # 256 bits in base64


@pytest.mark.parametrize("path", ["/", *API])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1.evil.example:{port}", ""])
def test_a_name_that_was_made_to_lead_here_is_refused(
    playground: Playground, path: str, host: str
) -> None:
    port = playground.server.server_port
    headers = {**playground.own_headers, "Host": host.format(port=port)}

    reply = playground.call("GET", path, headers=headers)

    assert reply.status == HTTPStatus.FORBIDDEN
    assert reply.json["message"] == (
        f"this server answers to 127.0.0.1:{port} and localhost:{port} only"
    )


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://{host}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/stack"])
def test_another_sites_page_is_refused(
    playground: Playground, path: str, header: dict[str, str]
) -> None:
    headers = {name: value.format(host=playground.host) for name, value in header.items()}

    reply = playground.call("GET", path, headers={**playground.own_headers, **headers})

    assert reply.status == HTTPStatus.FORBIDDEN
    assert reply.json["message"] == "another site's page may not ask this server"


def test_its_own_page_and_the_name_localhost_are_let_in(playground: Playground) -> None:
    own = {"Origin": f"http://{playground.host}", "Sec-Fetch-Site": "same-origin"}
    by_name = {"Host": f"localhost:{playground.server.server_port}"}

    for headers in (own, by_name):
        reply = playground.call("GET", "/api/stack", headers={**playground.own_headers, **headers})
        assert reply.status == HTTPStatus.OK


@pytest.mark.parametrize("token", ["", "wrong", "tökén"])
def test_without_the_token_nothing_is_told_and_nobody_is_asked(
    playground: Playground, token: str
) -> None:
    prompt = unique("tell ")
    body = json.dumps({"prompt": prompt}).encode()
    headers = {"X-Playground-Token": token}

    told = [
        playground.call("GET", path, headers={**playground.own_headers, **headers}) for path in API
    ]
    asked = playground.post(body, **headers)

    assert {reply.status for reply in (*told, asked)} == {401}
    assert asked.json == {
        "message": "the token is missing, or of an earlier run",
        "fix": "open the whole URL that genai playground printed",
    }
    assert playground.stack.times_asked(prompt) == 0


@pytest.mark.parametrize(
    ("body", "headers", "status", "message"),
    [
        (b"{}", {"Content-Type": "text/plain"}, 415, "send application/json"),
        (b"{}", {"Content-Length": "-1"}, 411, "say how long the request is"),
        (b"", {"Content-Length": str(LARGEST_REQUEST_BYTES + 1)}, 413, "a request may have 6,291,456 bytes"),
        (b"{", {}, 400, "the request is no JSON object"),
        (b'["prompt"]', {}, 400, "the request is no JSON object"),
        (b"\xff", {}, 400, "the request is no JSON object"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(
    playground: Playground, body: bytes, headers: dict[str, str], status: int, message: str
) -> None:
    reply = playground.post(body, **headers)

    assert (reply.status, reply.json["message"][: len(message)]) == (status, message)


def test_only_its_own_path_asks_the_model(playground: Playground) -> None:
    assert playground.call("POST", "/api/stack").status == 404
    assert playground.get("/api/ask").status == 404
    assert playground.call("PUT", "/api/ask").status == 501


def test_the_stack_is_told_without_a_credential(playground: Playground, whole: Playground) -> None:
    assert playground.get("/api/stack").json == {
        "stack": playground.deployment.stack,
        "endpoint": playground.deployment.endpoint_name,
        "region": "us-east-1",
        "account": playground.stack.account.url,
        "streams": True,
    }
    assert whole.get("/api/stack").json["streams"] is False


def test_pieces_come_while_the_model_still_writes(playground: Playground) -> None:
    gate = unique("gate")

    with playground.asking({"prompt": f"gate {gate}"}) as reply:
        before = [json.loads(reply.readline()) for _ in PIECES[1:]]
        playground.stack.project.open_gate(gate)
        *after, answered = [json.loads(line) for line in reply]

    assert reply.headers["Content-Type"] == "application/x-ndjson"
    assert [*before, *after] == [{"event": "text", "text": piece} for piece in PIECES]
    assert (answered["event"], answered["reply"]["text"]) == ("answered", STORY)
    assert 0 < answered["first_text_seconds"] < answered["seconds"]
    assert answered["cost"]["instance_type"] == "ml.c5.large"


def test_a_stack_without_a_streaming_url_answers_as_a_whole(whole: Playground) -> None:
    (answered,) = whole.ask({"prompt": "say hello", "parameters": {"max_new_tokens": 5}})

    assert (answered["event"], answered["reply"]["text"]) == ("answered", "hello")
    assert answered["first_text_seconds"] is None


def test_the_models_refusal_is_an_answer_with_a_fix(playground: Playground) -> None:
    (answered,) = playground.ask({"prompt": "refuse cats"})

    error = answered["reply"]["error"]
    assert (answered["reply"]["status"], error["type"], error["retryable"]) == (
        *(422, "model_rejected_request", False),
    )
    assert "no stories about cats" in error["message"]
    assert answered["fix"] == "change what the container refuses; its message says what"


def test_what_comes_later_is_waited_for(whole: Playground) -> None:
    *waiting, answered = whole.ask({"prompt": "say later", "async": True})

    assert {event["event"] for event in waiting} == {"waiting"}
    assert waiting[0]["state"] == "queued"
    assert (answered["event"], answered["reply"]["text"]) == ("answered", "later")


def test_what_does_not_come_in_time_is_told_with_how_to_ask_for_it(deployed: Deployed) -> None:
    gate = unique("gate")
    with a_playground(deployed, limit_seconds=0.1) as hasty:
        *_, failed = hasty.ask({"prompt": f"gate {gate}", "async": True})
    deployed.stack.project.open_gate(gate)

    assert failed["event"] == "failed"
    assert failed["message"].startswith("no answer came within 0.1 s; the function says ")
    assert failed["fix"].startswith('ask for it later by sending {"result": "')


def test_a_function_that_is_gone_is_told_plainly(deployed: Deployed) -> None:
    outputs = {**deployed.deployment.outputs, "function_name": "gone", "function_url": ""}
    gone = Deployed(Deployment("dev", outputs, deployed.deployment.account), deployed.stack)

    with a_playground(gone) as playground:
        (failed,) = playground.ask({"prompt": "say hello"})

    assert failed["event"] == "failed"
    assert "gone" in failed["message"]
    assert failed["fix"]


def test_a_browser_that_hangs_up_ends_the_asking_and_keeps_the_record(
    playground: Playground,
) -> None:
    gate = unique("gate")
    with playground.asking({"prompt": f"gate {gate}"}) as reply:
        reply.readline()
    playground.stack.project.open_gate(gate)

    def record() -> Any:
        return [each for each in playground.get("/api/records").json if gate in each["asked"]]

    (kept,) = poll(record, "the record of the text that nobody waited for")
    assert (kept["status"], kept["answered"]) == (200, STORY)


def test_the_history_has_the_newest_record_first_and_each_can_be_read(whole: Playground) -> None:
    first, second = unique("say one "), unique("say two ")
    for prompt in (first, second):
        whole.ask({"prompt": prompt, "parameters": {"temperature": 0.5}})

    newest, before, *_ = whole.get("/api/records").json
    told = whole.get(f"/api/record?uri={newest['uri']}").json

    assert (newest["asked"], before["asked"]) == (second, first)
    assert newest["answered"] == second.removeprefix("say ")
    assert (newest["status"], newest["mode"], newest["is_failed"]) == (200, "sync", False)
    assert newest["usage"] == {"prompt_tokens": len(second), "completion_tokens": len(PIECES)}
    assert told["uri"] == newest["uri"]
    assert told["record"]["request"] == {"prompt": second, "parameters": {"temperature": 0.5}}


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 400, "name one record, as ?uri=s3://..."),
        ("?uri=a&uri=b", 400, "name one record, as ?uri=s3://..."),
        ("?uri=s3://another/records/dt=2026-01-01/x.json", 502, "no request's id"),
        ("?uri=00000000-dead", 404, "has no record of 00000000-dead"),
    ],
)
def test_a_record_that_is_not_there_is_told(
    whole: Playground, query: str, status: int, said: str
) -> None:
    reply = whole.get(f"/api/record{query}")

    assert reply.status == status
    assert said in reply.json["message"]


def test_a_call_costs_its_share_of_an_instances_hour(deployed: Deployed) -> None:
    with a_playground(deployed, lambda kind, region: 3.6 if (kind, region) == ("ml.m5.large", "us-east-1") else None) as priced:  # fmt: skip
        (answered,) = priced.ask({"prompt": "say hello"})

    milliseconds = answered["reply"]["latency_ms"]
    assert answered["cost"] == {
        "usd": pytest.approx(milliseconds / 1_000_000),
        "instance_type": "ml.m5.large",
    }


def test_a_port_that_is_taken_is_told(deployed: Deployed) -> None:
    api = StackApi(deployed.deployment)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(OperationError, match=f"port {port} cannot be listened on") as refused:
            PlaygroundServer(api, port)

    assert refused.value.fix == "name a port that is free with --port, or leave it out"


def test_a_place_where_nobody_answers_is_no_stack_without_a_stream(deployed: Deployed) -> None:
    nowhere = LocalAccess("http://127.0.0.1:9", RehearsedStacks("key", "secret", {}))
    outputs = {**deployed.deployment.outputs, "function_url": "http://127.0.0.1:9/"}

    with pytest.raises(NotFoundError, match="cannot be reached"):
        StackApi(Deployment("dev", outputs, nowhere))
