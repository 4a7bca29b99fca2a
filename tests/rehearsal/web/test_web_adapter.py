"""The Lambda Web Adapter, played: a function that is an HTTP server, through every way to invoke one."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from rehearsal.signed_request import signed_request
from tests.rehearsal.tenant import REGION, Tenant, poll, refusal, zipped
from tests.rehearsal.web.test_function_urls import ADMIN, told, url_of

LAYER = f"arn:aws:lambda:{REGION}:753240598075:layer:LambdaAdapterLayerArm64:30"
START = "#!/bin/sh\nexec python3 server.py\n"
SERVER = """
import json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/ready":
            self.say(200, b"")
        elif self.path == "/stream":
            self.stream(b"first ", b"second ", "dritte ü".encode())
        elif self.path == "/wait":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.chunk(b"so far")
            time.sleep(600)
        elif self.path == "/leave":
            os._exit(3)
        else:
            self.do_POST()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = {
            "process": os.getpid(), "method": self.command, "path": self.path, "body": body.decode("latin-1"),
            "headers": {name.lower(): value for name, value in self.headers.items()},
        }
        print("asked for", self.path, flush=True)
        status = 418 if self.path == "/teapot" else 200
        self.say(status, json.dumps(told).encode())

    def say(self, status, content):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "seen=1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def stream(self, *pieces):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.chunk(piece)
            time.sleep(0.05)
        self.wfile.write(b"0\\r\\n\\r\\n")

    def chunk(self, piece):
        self.wfile.write(f"{len(piece):x}\\r\\n".encode() + piece + b"\\r\\n")
        self.wfile.flush()

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["AWS_LWA_PORT"])), Handler).serve_forever()
"""


def web_function(tenant: Tenant, mode: str = "response_stream", **more: Any) -> str:
    variables = {
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
        "AWS_LWA_PORT": "8080",
        "AWS_LWA_INVOKE_MODE": mode,
        "AWS_LWA_READINESS_CHECK_PATH": "/ready",
        "AWS_LWA_PASS_THROUGH_PATH": "/passed/on",
    }
    members: dict[str, Any] = {
        "Handler": "run/start.sh",
        "Layers": [LAYER],
        "Environment": {"Variables": variables},
        "Timeout": 10,
    }
    archive = zipped({"run/start.sh": START, "server.py": SERVER})
    return tenant.function(archive, **{**members, **more})


@pytest.fixture(scope="module")
def function(tenant: Tenant) -> str:
    return web_function(tenant)


@pytest.fixture(scope="module")
def url(tenant: Tenant, function: str) -> str:
    return url_of(tenant, function, InvokeMode="RESPONSE_STREAM")


def test_the_application_is_asked_what_the_client_asked(url: str) -> None:
    headers = {"Content-Type": "application/json", "X-Own": "mine"}

    reply = signed_request(ADMIN, "POST", f"{url}some/path?a=1&b=%20", b'{"p": 1}', headers)
    asked = told(reply)

    assert (asked["method"], asked["path"]) == ("POST", "/some/path?a=1&b=%20")
    assert asked["body"] == '{"p": 1}'
    assert asked["headers"]["x-own"] == "mine"
    context = json.loads(asked["headers"]["x-amzn-request-context"])
    assert context["http"]["path"] == "/some/path"
    assert context["authorizer"]["iam"]["userArn"] == "arn:aws:iam::123456789012:root"
    about = json.loads(asked["headers"]["x-amzn-lambda-context"])
    assert about["request_id"] == reply.headers["x-amzn-RequestId"]
    assert about["invoked_function_arn"].startswith("arn:aws:lambda:")
    assert about["env_config"]["memory"] == 128
    assert about["deadline"] > 1_700_000_000_000
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Set-Cookie"] == "seen=1"


def test_a_status_of_its_own_reaches_the_client(url: str) -> None:
    assert signed_request(ADMIN, "GET", f"{url}teapot").status == 418


def test_a_reply_comes_in_pieces_as_it_is_made(url: str) -> None:
    reply = signed_request(ADMIN, "GET", f"{url}stream")

    assert reply.body.decode() == "first second dritte ü"
    assert reply.parts >= 2
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_the_same_server_takes_a_next_request(url: str) -> None:
    """Not always the very next: a server is free only once its log is delivered, which nobody waits for."""
    seen = set[int]()

    def is_seen_again() -> bool:
        process = told(signed_request(ADMIN, "GET", url))["process"]
        return process in seen or seen.add(process) is not None

    poll(is_seen_again, "a server answers a second time")


def test_what_the_server_prints_is_in_the_functions_log(
    tenant: Tenant, function: str, url: str
) -> None:
    signed_request(ADMIN, "GET", f"{url}printed")

    poll(
        lambda: "asked for /printed" in tenant.log_of(f"/aws/lambda/{function}"),
        "the line is delivered",
    )


def test_an_event_that_is_no_request_is_passed_on(tenant: Tenant) -> None:
    function = web_function(tenant, mode="buffered")

    asked = tenant.call(function, {"prompt": "ü"})["Payload"]

    assert (asked["method"], asked["path"]) == ("POST", "/passed/on")
    assert json.loads(asked["body"]) == {"prompt": "ü"}
    assert asked["headers"]["x-amzn-request-context"] == "null"


def test_a_buffered_reply_is_a_result_for_http(tenant: Tenant) -> None:
    url = url_of(tenant, web_function(tenant, mode="buffered"))

    asked = told(signed_request(ADMIN, "POST", f"{url}x", b"\xff\x00"))

    assert asked["body"].encode("latin-1") == b"\xff\x00"


def test_invoked_without_its_url_a_streamed_reply_has_the_prelude_that_it_has_on_lambda(
    tenant: Tenant, function: str
) -> None:
    answer = tenant.client("lambda").invoke(FunctionName=function, Payload=b'{"prompt": "x"}')

    prelude, _, body = answer["Payload"].read().partition(b"\0" * 8)
    assert json.loads(prelude)["statusCode"] == 200
    assert json.loads(prelude)["cookies"] == ["seen=1"]
    assert json.loads(body)["path"] == "/passed/on"


def broken_off(url: str) -> bytes:
    """What came of a reply before its connection broke."""
    request = AWSRequest("GET", url)
    SigV4Auth(ADMIN.credentials, "lambda", REGION).add_auth(request)
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request("GET", urlsplit(url).path, headers=dict(request.headers.items()))
    with pytest.raises(http.client.IncompleteRead) as broken:
        connection.getresponse().read()
    connection.close()
    return broken.value.partial


def test_a_stream_that_runs_out_of_time_breaks_off(tenant: Tenant) -> None:
    function = web_function(tenant, Timeout=1)
    url = url_of(tenant, function, InvokeMode="RESPONSE_STREAM")

    assert broken_off(f"{url}wait") == b"so far"

    def is_logged() -> bool:
        lines = tenant.log_of(f"/aws/lambda/{function}")
        return any(line.endswith("Task timed out after 1.00 seconds") for line in lines)

    poll(is_logged, "the log says why")
    assert signed_request(ADMIN, "GET", f"{url}again").status == 200


def test_an_application_that_exits_is_an_error(tenant: Tenant) -> None:
    function = web_function(tenant)
    url = url_of(tenant, function, InvokeMode="RESPONSE_STREAM")

    reply = signed_request(ADMIN, "GET", f"{url}leave")

    assert (reply.status, reply.body) == (502, b"Internal Server Error")


def test_a_script_that_ends_at_once_is_an_error(tenant: Tenant) -> None:
    function = tenant.function(
        zipped({"start.sh": "#!/bin/sh\necho no server here\nexit 3\n"}),
        Handler="start.sh",
        Layers=[LAYER],
        Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap"}},
    )

    answer = tenant.call(function)

    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorMessage"].endswith("Runtime exited with error: exit status 3")
    assert "no server here" in tenant.log_of(f"/aws/lambda/{function}")


def test_a_layer_of_another_kind_or_region_is_refused(tenant: Tenant) -> None:
    abroad = LAYER.replace(REGION, "eu-west-1")

    for layer in (abroad, LAYER.replace("LambdaAdapterLayerArm64", "Other")):
        code, message = refusal(lambda layer=layer: tenant.function("", Layers=[layer]))

        assert code == "ResourceNotFoundException"
        assert layer in message
    function = tenant.function("def handler(event, context): ...\n", Layers=[LAYER])
    assert refusal(lambda: tenant.call(function)) == (
        "ServiceException",
        "the local account does not play layers but the Lambda Web Adapter's",
    )
