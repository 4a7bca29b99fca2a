"""Find the deployed stack that a command is about, and tell plainly what goes wrong with it."""

import contextlib
import json
import sys
from collections.abc import Generator
from pathlib import Path
from typing import NoReturn

import typer

from cli.exits import EXIT_FAILED, EXIT_NOT_FOUND
from cli.project import NoProjectError, find_project
from operations.deployment import Deployment, find_deployment
from operations.errors import NotFoundError, OperationError
from operations.failures import plainly


@contextlib.contextmanager
def deployed(
    stack: str, outputs: Path | None, account: str | None, *, as_json: bool = False
) -> Generator[Deployment]:
    """Give a `with` block the stack; what the block cannot do ends the command with a line, never a trace.

    Exit code 3 if there is no such stack or nobody to ask, 1 for whatever else fails. With `as_json` the line is
    `{"error": {"message": ..., "fix": ...}}` on standard output.
    """
    with plainly_ended(as_json=as_json), plainly():
        yield find_deployment(
            stack, project_dir=_project_dir(), outputs_file=outputs, account_url=account
        )


@contextlib.contextmanager
def plainly_ended(*, as_json: bool = False) -> Generator[None]:
    """End the command with a line and its fix for what a `with` block says that it cannot do."""
    try:
        yield
    except OperationError as failure:
        _end(failure, as_json=as_json)


def _project_dir() -> Path | None:
    try:
        return find_project(Path.cwd())
    except NoProjectError:
        return None


def _end(failure: OperationError, *, as_json: bool) -> NoReturn:
    if as_json:
        print(json.dumps({"error": {"message": str(failure), "fix": failure.fix}}, indent=2))
    else:
        print(f"genai: {failure}", file=sys.stderr)
        if failure.fix:
            print(f"fix: {failure.fix}", file=sys.stderr)
    raise typer.Exit(EXIT_NOT_FOUND if isinstance(failure, NotFoundError) else EXIT_FAILED)
