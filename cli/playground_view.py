"""Serve the playground, say where, and open it."""

import contextlib
import json
import webbrowser

from rich.console import Console

from operations.deployment import Deployment
from operations.instance_price import listed_price
from playground.server import PlaygroundServer
from playground.stack_api import StackApi


def serve_playground(
    deployment: Deployment,
    *,
    port: int,
    opens_browser: bool,
    hourly_usd: float | None,
    as_json: bool,
) -> None:
    """Serve until Ctrl-C.

    Raises:
        OperationError: the port is taken, or the stack cannot be looked at.
    """
    api = StackApi(
        deployment, listed_price if hourly_usd is None else lambda _type, _region: hourly_usd
    )
    with PlaygroundServer(api, port) as server, contextlib.suppress(KeyboardInterrupt):
        _tell(server, api, as_json=as_json)
        if opens_browser:
            webbrowser.open(server.url)
        server.serve_forever()


def _tell(server: PlaygroundServer, api: StackApi, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"url": server.url, **api.stack()}), flush=True)
        return
    console = Console(highlight=False)
    stack = api.stack()
    console.print(f"[bold]The playground of {stack['stack']} is at[/] {server.url}", soft_wrap=True)
    how = (
        "Texts come as they are written."
        if api.streams
        else "Texts come as a whole; genai:invoker.streaming lets them come as they are written."
    )
    console.print(f"{how} Ctrl-C ends it.", soft_wrap=True)
