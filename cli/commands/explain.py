"""`genai explain`."""

import sys
from typing import Annotated

import typer

from cli.exits import EXIT_FAILED
from cli.options import JsonOption


def explain(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            help="The FailureReason, error or log lines; `-` or nothing reads the standard input."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say why something failed and what to do: for a FailureReason, an error text or an excerpt of a log.

    Needs neither a stack nor credentials. Several causes are told with the first to act on first. Exit code 1 if
    the text is not known.
    """
    from cli.explain_view import show_explanations  # noqa: PLC0415 - see rehearse
    from operations.explanations import explain as explanations_of  # noqa: PLC0415

    told = _read(text)
    if not told.strip():
        raise typer.BadParameter("there is no text to explain", param_hint="TEXT")
    known = explanations_of(told)
    show_explanations(known, as_json=as_json)
    if not known:
        raise typer.Exit(EXIT_FAILED)


def _read(text: list[str] | None) -> str:
    if text and text != ["-"]:
        return " ".join(text)
    if sys.stdin.isatty() and not text:
        raise typer.BadParameter(
            "give a text, or pipe one in: genai explain - < log", param_hint="TEXT"
        )
    return sys.stdin.buffer.read().decode(errors="replace")
