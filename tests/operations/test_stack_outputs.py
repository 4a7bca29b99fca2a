"""Where a stack's outputs are found, and what is said when they are not."""

import json
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from operations.errors import NotFoundError, OperationError
from operations.stack_outputs import (
    STACKS_PATH,
    ask_account,
    outputs_of_file,
    outputs_of_pulumi,
)

OUTPUTS = {"endpoint_name": "genai-dev", "inputs": ["a"]}


class Answering(BaseHTTPRequestHandler):
    answer: ClassVar[tuple[int, bytes]] = (200, b"{}")

    def do_GET(self) -> None:
        status, body = self.answer if self.path == STACKS_PATH else (404, b"")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Keep the tests' output clean."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), type("Each", (Answering,), {})) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def url_of(server: HTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def answer(server: HTTPServer, status: int, body: bytes) -> str:
    server.RequestHandlerClass.answer = (status, body)  # pyright: ignore[reportAttributeAccessIssue, reportFunctionMemberAccess] - the class made above
    return url_of(server)


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the CLI, which is not on every machine: it does what the file `script` says."""
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    cli = bin_dir / "pulumi"
    cli.write_text('#!/bin/sh\nexec sh ./script "$@"\n')
    cli.chmod(cli.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(bin_dir), prepend=":")
    return tmp_path


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))

    assert outputs_of_file(file) == OUTPUTS


def test_a_file_that_is_not_there_is_told_with_what_writes_it(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"^there is no file .*none\.json$") as caught:
        outputs_of_file(tmp_path / "none.json")

    assert caught.value.fix == "pulumi stack output --json --stack STACK > FILE writes it"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not json", "is no JSON: "),
        (b"[1]", "is no JSON object of outputs"),
        (b"\xff", "cannot be read: "),
    ],
)
def test_a_file_of_something_else_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "outputs.json"
    file.write_bytes(content)

    with pytest.raises(OperationError, match=said):
        outputs_of_file(file)


def test_a_folder_is_no_file_of_outputs(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match=r"cannot be read: .*directory"):
        outputs_of_file(tmp_path)


def test_the_cli_is_asked_in_the_projects_folder_for_the_stack(pulumi: Path) -> None:
    (pulumi / "script").write_text('printf \'{"arguments": "%s"}\' "$*"')

    assert outputs_of_pulumi(pulumi, "dev") == {
        "arguments": "stack output --json --non-interactive --stack dev"
    }


def test_what_the_cli_says_is_passed_on(pulumi: Path) -> None:
    (pulumi / "script").write_text("echo \"error: no stack named 'dev' found\" >&2; exit 255")

    with pytest.raises(NotFoundError, match=r"error: no stack named 'dev' found$") as caught:
        outputs_of_pulumi(pulumi, "dev")

    assert caught.value.fix.startswith("pulumi stack ls lists the stacks")


def test_without_the_cli_the_other_ways_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NotFoundError, match=r"the Pulumi CLI, .* is not on this machine") as caught:
        outputs_of_pulumi(tmp_path, "dev")

    assert "--outputs FILE" in caught.value.fix
    assert "--account URL" in caught.value.fix


def test_an_account_tells_its_stacks(server: HTTPServer) -> None:
    told = {"access_key_id": "a", "secret_access_key": "b", "stacks": {"dev": OUTPUTS}}

    found = ask_account(answer(server, 200, json.dumps(told).encode()))

    assert found.stacks == {"dev": OUTPUTS}


@pytest.mark.parametrize(("status", "body"), [(404, b""), (200, b'{"other": 1}')])
def test_what_is_no_account_is_told(server: HTTPServer, status: int, body: bytes) -> None:
    url = answer(server, status, body)

    with pytest.raises(OperationError, match=f"^what answers at {url} is no local account$"):
        ask_account(url)


def test_what_answers_in_another_language_is_no_account(server: HTTPServer) -> None:
    with pytest.raises(OperationError, match=r"is no JSON"):
        ask_account(answer(server, 200, b"<html>"))


def test_an_account_that_is_down_is_told_with_what_serves_one(server: HTTPServer) -> None:
    url = url_of(server)
    server.server_close()

    with pytest.raises(NotFoundError, match=f"^nothing answers at {url}: ") as caught:
        ask_account(url)

    assert "genai rehearse --keep" in caught.value.fix


@pytest.mark.parametrize("url", ["127.0.0.1:4577", "nonsense", "http://[", "file:///etc/passwd"])
def test_what_is_no_url_is_told(url: str) -> None:
    with pytest.raises(OperationError, match=r"is no URL"):
        ask_account(url)
