"""Find the Pulumi project that a command is about."""

import sys
from pathlib import Path

import typer

from cli.exits import EXIT_USAGE


class NoProjectError(Exception):
    """There is no `Pulumi.yaml` here or above."""


def find_project(start: Path) -> Path:
    """Return the nearest folder at or above `start` that holds a `Pulumi.yaml`, as the CLI does.

    Raises:
        NoProjectError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    raise NoProjectError(
        f"no Pulumi.yaml in {start} or any folder above it; run this inside the project's folder"
    )


def project_dir() -> Path:
    """Return the project's folder, or end with a line about its absence."""
    try:
        return find_project(Path.cwd())
    except NoProjectError as missing:
        print(f"genai: {missing}", file=sys.stderr)
        raise typer.Exit(EXIT_USAGE) from None
