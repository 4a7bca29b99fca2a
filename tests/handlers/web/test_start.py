"""The start script as Lambda runs it under the adapter: a process of its own, from the first byte to the last."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from handlers.web.server import READINESS_PATH
from tests.handlers.names import BUCKET_NAME
from tests.handlers.web.test_server import adapter_headers, events_in
from tests.handlers.wire_endpoint import WireEndpoint, part, unused_url

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "handlers" / "web" / "start.sh"
STREAM = (Path(__file__).parent.parent / "payloads" / "openai_chat.sse").read_bytes()


def environment(**variables: str) -> dict[str, str]:
    """What Lambda gives the script, with this test's Python as the runtime's."""
    own = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "GENAI_"))}
    return {
        **own,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "LAMBDA_TASK_ROOT": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        **variables,
    }


@contextmanager
def started(**variables: str) -> Generator[tuple[http.client.HTTPConnection, Any], None, None]:
    """The server, once it is ready, and its process."""
    port = int(unused_url().rpartition(":")[2])
    process = subprocess.Popen(
        [SCRIPT],
        env=environment(AWS_LWA_PORT=str(port), **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        wait_until_ready(connection, process)
        yield connection, process
    finally:
        connection.close()
        process.kill()
        process.communicate()


def wait_until_ready(connection: http.client.HTTPConnection, process: Any) -> None:
    """As the adapter does it."""
    for _ in range(2_000):
        assert process.poll() is None, process.stderr.read()
        try:
            connection.request("GET", READINESS_PATH)
            assert connection.getresponse().read() == b"ready"
        except ConnectionRefusedError:
            connection.close()
            time.sleep(0.01)
        else:
            return
    raise AssertionError("not ready after 20 s")


def test_the_script_can_be_executed() -> None:
    # Lambda's wrapper does not read it, it executes it.
    assert os.access(SCRIPT, os.X_OK)
    assert SCRIPT.read_bytes().startswith(b"#!/bin/sh\n")


def test_a_text_is_streamed_from_the_endpoint_to_the_caller(
    bucket: Any, wire: WireEndpoint
) -> None:
    wire.streams([part(STREAM[:100]), part(STREAM[100:])])
    request = json.dumps({"prompt": "Once", "stream": True})

    with started(GENAI_CONTRACT="openai-chat") as (connection, process):
        connection.request("POST", "/", request, adapter_headers('{"http": {}}'))
        response = connection.getresponse()
        body = response.read()
        process.terminate()
        log, errors = process.communicate()

    *pieces, (name, whole) = events_in(body)
    assert response.status == 200
    assert (name, "".join(piece["text"] for _, piece in pieces)) == ("done", whole["text"])
    assert len(pieces) > 1
    record_key = whole["record"].removeprefix(f"s3://{BUCKET_NAME}/")
    record = json.loads(bucket.get_object(Bucket=BUCKET_NAME, Key=record_key)["Body"].read())
    assert (record["mode"], record["reply"]["text"]) == ("stream", whole["text"])
    (line,) = [json.loads(line) for line in log.splitlines()]
    assert (line["message"], line["status"], line["event_kind"]) == (
        "request answered",
        200,
        "http",
    )
    assert errors == ""


def test_a_missing_variable_is_named_once() -> None:
    variables = environment(GENAI_BUCKET_NAME="")

    ended = subprocess.run([SCRIPT], env=variables, check=False, capture_output=True, text=True)

    assert ended.returncode == 1
    assert ended.stderr == (
        "Environment variables missing: GENAI_BUCKET_NAME. InvokerFunction sets the environment; to"
        " run the handler by hand, export it first.\n"
    )
