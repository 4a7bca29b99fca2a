"""A playground's server in a thread, and a client of it that is no browser."""

import contextlib
import http.client
import json
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from operations.deployment import find_deployment
from operations.instance_price import PriceOfHour, listed_price
from playground.doorkeeper import TOKEN_HEADER
from playground.server import PlaygroundServer
from playground.stack_api import LONGEST_WAIT_SECONDS, StackApi
from rehearsal.local_account import LocalAccount
from tests.operations.conftest import Deployed
from tests.rehearsal.front_door.stacks import Project
from tests.rehearsal.tenant import unique


class Reply(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Playground:
    """A server for one stack."""

    def __init__(self, server: PlaygroundServer, stack: Deployed) -> None:
        self.server = server
        self.as_deployed = stack
        self.stack = stack.stack
        self.deployment = stack.deployment
        self.url = server.url
        self.host = f"127.0.0.1:{server.server_port}"

    @property
    def own_headers(self) -> dict[str, str]:
        """What the page sends with whatever it asks."""
        return {"Host": self.host, TOKEN_HEADER: self.server.doorkeeper.token}

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request with these headers alone, and the whole reply."""
        with self.connection() as connection:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in (self.own_headers if headers is None else headers).items():
                connection.putheader(name, value)
            connection.endheaders(body)
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())

    def get(self, path: str) -> Reply:
        return self.call("GET", path)

    def ask(self, request: Any) -> list[dict[str, Any]]:
        """Every event of a question."""
        body = json.dumps(request).encode()
        return [json.loads(line) for line in self.post(body).body.splitlines()]

    def post(self, body: bytes, **headers: str) -> Reply:
        length = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        return self.call("POST", "/api/ask", body, {**self.own_headers, **length, **headers})

    @contextlib.contextmanager
    def asking(self, request: Any) -> Generator[http.client.HTTPResponse]:
        """A reply whose events are still on their way."""
        headers = {**self.own_headers, "Content-Type": "application/json"}
        with self.connection() as connection:
            connection.request("POST", "/api/ask", json.dumps(request), headers)
            yield connection.getresponse()

    @contextlib.contextmanager
    def connection(self) -> Generator[http.client.HTTPConnection]:
        opened = http.client.HTTPConnection(self.host, timeout=20)
        try:
            yield opened
        finally:
            opened.close()


@contextlib.contextmanager
def a_playground(
    stack: Deployed,
    price_of_hour: PriceOfHour = listed_price,
    limit_seconds: float = LONGEST_WAIT_SECONDS,
) -> Generator[Playground]:
    api = StackApi(stack.deployment, price_of_hour, limit_seconds)
    with PlaygroundServer(api) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        serving.start()
        try:
            yield Playground(server, stack)
        finally:
            server.shutdown()
            serving.join()


def deploy(account: LocalAccount, folder: Path, **sections: Mapping[str, Any]) -> Deployed:
    """A small stack of these sections of settings, with a model that does what its prompt begins with."""
    stack = Project(folder).deploy(account, sections)
    name = unique("played")
    account.publish(name, stack.exports)
    return Deployed(find_deployment(name, project_dir=None, account_url=account.url), stack)
