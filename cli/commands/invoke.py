"""`genai invoke`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.exits import EXIT_FAILED
from cli.options import (
    AccountOption,
    JsonOption,
    MaxNewTokensOption,
    OutputsOption,
    SeedOption,
    StackArgument,
    TemperatureOption,
)

_FROM_STDIN = "-"


def invoke(
    stack: StackArgument,
    prompt: Annotated[
        str | None,
        typer.Argument(
            help="The text to continue, or the message; - reads it from standard input."
        ),
    ] = None,
    chat: Annotated[
        bool,
        typer.Option(
            "--chat",
            help="Send messages rather than a text to continue; without a prompt, turn by turn until Ctrl-D.",
        ),
    ] = False,
    system: Annotated[
        str | None, typer.Option("--system", help="With --chat: the system's message.")
    ] = None,
    stream: Annotated[
        bool,
        typer.Option(
            "--stream", help="Print the text while the model writes it; needs a URL that streams."
        ),
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="Ask for each line: a request in JSON, or a JSON text. One answer a line comes out, in order.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="FILE", help="With --file: where to write, not standard output."
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="With --output: go on with a file that is there; its good answers are not asked for again.",
        ),
    ] = False,
    concurrency: Annotated[
        int, typer.Option(min=1, max=64, help="With --file: how many lines are asked for at once.")
    ] = 4,
    later: Annotated[
        bool, typer.Option("--async", help="Let the request be kept, and ask for its text later.")
    ] = False,
    result: Annotated[
        str | None,
        typer.Option("--result", metavar="ID", help="Ask for the text of an accepted request."),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            min=0, metavar="SECONDS", help="How long to wait for an answer that comes later."
        ),
    ] = 900,
    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", help="Do not wait: print the id to ask --result for."),
    ] = False,
    max_new_tokens: MaxNewTokensOption = None,
    temperature: TemperatureOption = None,
    seed: SeedOption = None,
    client_token: Annotated[
        str | None,
        typer.Option(
            "--client-token",
            help="The request's own name: under one token at most one text is generated.",
        ),
    ] = None,
    as_json: JsonOption = False,
    outputs: OutputsOption = None,
    account: AccountOption = None,
) -> None:
    """Ask a deployed stack for a text: once, turn by turn, or for each line of a file.

    The text goes to standard output, what is known about it to standard error. Exit code 1 if a request failed.
    """
    _refuse(file is not None and prompt is not None, "PROMPT", "--file brings the prompts")
    _refuse(
        stream and (later or file is not None), "--stream", "cannot be had with --async or --file"
    )
    _refuse(system is not None and not chat, "--system", "goes with --chat")
    _refuse(chat and file is not None, "--chat", "write messages into the lines of --file instead")
    _refuse(output is not None and file is None, "--output", "goes with --file")
    _refuse(resume and output is None, "--resume", "goes with --output")
    _refuse(
        file is not None and client_token is not None, "--client-token", "names one request only"
    )
    is_typed = chat and prompt is None and sys.stdin.isatty()
    _refuse(
        is_typed and (as_json or client_token is not None), "--chat", "give the message as PROMPT"
    )
    _refuse(
        prompt is None and file is None and result is None and not is_typed,
        "PROMPT",
        "what is to be asked? - reads it from standard input",
    )
    # Imported late, as in the other commands: --help and usage errors should not wait for boto3.
    from cli.asking import Asker, HowToAsk, is_later, turns_typed, where_it_will_be  # noqa: PLC0415
    from cli.deployed import deployed  # noqa: PLC0415
    from cli.reply_view import ReplyView  # noqa: PLC0415
    from operations.asking import is_failed  # noqa: PLC0415
    from operations.requests import Parameters  # noqa: PLC0415

    how = HowToAsk(
        is_streamed=stream,
        limit_seconds=0 if no_wait else wait,
        parameters=Parameters(max_new_tokens=max_new_tokens, temperature=temperature, seed=seed),
        is_later=later,
        client_token=client_token,
    )
    view = ReplyView(as_json=as_json)
    with deployed(stack, outputs, account, as_json=as_json) as deployment:
        asker = Asker(deployment, how, view)
        if file is not None:
            asked, failed = asker.ask_lines(file, output, concurrency, is_resumed=resume)
            print(f"{asked} lines asked for, {failed} failed", file=sys.stderr)
            raise typer.Exit(EXIT_FAILED if failed else 0)
        if is_typed:
            asker.chat(turns_typed(), system)
            return
        if result is not None:
            reply = asker.ask({"result": result})
        else:
            text = sys.stdin.read().removesuffix("\n") if prompt == _FROM_STDIN else str(prompt)
            turns = [{"role": "system", "content": system}] if system else []
            turns.append({"role": "user", "content": text})
            reply = asker.ask(how.request(turns if chat else text))
    if is_later(reply) and not as_json:
        if no_wait and reply.get("poll"):
            print(reply["poll"]["result"])
        print(where_it_will_be(reply, stack), file=sys.stderr)
    is_unkept = is_later(reply) and not (no_wait and reply.get("poll"))
    if is_failed(reply) or is_unkept:
        raise typer.Exit(EXIT_FAILED)


def _refuse(is_wrong: bool, option: str, reason: str) -> None:
    if is_wrong:
        raise typer.BadParameter(reason, param_hint=option)
