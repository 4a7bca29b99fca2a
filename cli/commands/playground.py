"""`genai playground`."""

from typing import Annotated

import typer

from cli.options import AccountOption, JsonOption, OutputsOption, StackArgument


def playground(
    stack: StackArgument,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes a port that is free.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    hourly_usd: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            metavar="USD",
            help="What an hour of one of the endpoint's instances costs you. [default: AWS's price on demand]",
            show_default=False,
        ),
    ] = None,
    outputs: OutputsOption = None,
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try a deployed stack in a web page on this machine, until Ctrl-C: prompts, chats, streams, records.

    The page is served on 127.0.0.1 only, to whoever has the URL with its token.
    """
    from cli.deployed import deployed  # noqa: PLC0415 - see rehearse
    from cli.playground_view import serve_playground  # noqa: PLC0415

    with deployed(stack, outputs, account, as_json=as_json) as deployment:
        serve_playground(
            deployment, port=port, opens_browser=browser, hourly_usd=hourly_usd, as_json=as_json
        )
