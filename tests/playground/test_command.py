"""`genai playground`, as a process and in this one."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
import webbrowser
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from cli.main import app
from playground.doorkeeper import TOKEN_HEADER
from playground.server import PlaygroundServer
from rehearsal.local_account import LocalAccount
from tests.operations.conftest import Deployed
from tests.rehearsal.front_door.stacks import PROJECT_DIR


@pytest.fixture
def served(deployed: Deployed, account: LocalAccount) -> Iterator[subprocess.Popen[str]]:
    arguments = [deployed.deployment.stack, "--no-browser", "--json", "--account", account.url]
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "playground", *arguments],
        cwd=PROJECT_DIR,
        env={**os.environ, "BROWSER": "false"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_its_url_and_serves_until_it_is_ended(
    served: subprocess.Popen[str], deployed: Deployed, number: signal.Signals
) -> None:
    assert served.stdout is not None
    told = json.loads(served.stdout.readline())
    url, _, token = told.pop("url").partition("#token=")
    request = urllib.request.Request(f"{url}api/stack", headers={TOKEN_HEADER: token})
    with urllib.request.urlopen(request) as reply:
        served_stack = json.loads(reply.read())
    served.send_signal(number)
    rest, errors = served.communicate(timeout=20)

    assert told == served_stack
    assert told["endpoint"] == deployed.deployment.endpoint_name
    assert (served.returncode, rest, errors) == (0, "", "")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every URL that the browser is asked to open, by a server that is ended at once."""
    urls: list[str] = []

    def end(_server: PlaygroundServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PlaygroundServer, "serve_forever", end)
    monkeypatch.setattr(webbrowser, "open", urls.append)
    return urls


def test_the_browser_is_opened_unless_it_is_not_wanted(
    deployed: Deployed, streaming: Deployed, account: LocalAccount, opened: list[str]
) -> None:
    at = ["--account", account.url]

    shown = CliRunner().invoke(app, ["playground", deployed.deployment.stack, *at])
    hidden = CliRunner().invoke(
        app, ["playground", streaming.deployment.stack, "--no-browser", *at]
    )

    assert (shown.exit_code, hidden.exit_code, shown.stderr) == (0, 0, "")
    first, second = shown.stdout.splitlines()
    assert first == f"The playground of dev is at {opened[0]}"
    assert second == (
        "Texts come as a whole; genai:invoker.streaming lets them come as they are written."
        " Ctrl-C ends it."
    )
    assert hidden.stdout.endswith("Texts come as they are written. Ctrl-C ends it.\n")
    assert len(opened) == 1


def test_a_port_that_is_taken_ends_it_with_a_line(
    deployed: Deployed, account: LocalAccount
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(
            app,
            ["playground", deployed.deployment.stack, "--port", port, "--account", account.url],
        )

    assert done.exit_code == 1
    assert f"genai: port {port} cannot be listened on: Address already in use" in done.stderr
    assert "fix: name a port that is free with --port, or leave it out" in done.stderr


@pytest.mark.usefixtures("deployed")
def test_a_stack_that_is_not_there_ends_it_with_a_line(account: LocalAccount) -> None:
    done = CliRunner().invoke(app, ["playground", "nowhere", "--json", "--account", account.url])

    assert done.exit_code == 3
    assert "no stack nowhere was rehearsed" in json.loads(done.stdout)["error"]["message"]
