"""A project's `__main__.py`, run as the CLI runs it, with its resources answered by mocks."""

import contextlib
import runpy
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pulumi

from rehearsal.program import ProgramRun, run_program
from settings import read_project_file


def run_main(
    project_dir: Path,
    mocks: pulumi.runtime.Mocks,
    *,
    stack: str,
    config: Mapping[str, Any],
    preview: bool = False,
    workers: int = 1,
) -> ProgramRun:
    """Run the program of `project_dir` to its end and return what it registered.

    Args:
        project_dir: folder of `Pulumi.yaml` and `__main__.py`.
        mocks: answers resources and data sources.
        stack: name of the stack.
        config: decoded values by full key (`genai:model`, `aws:region`).
        preview: answer with unknown outputs, as `pulumi preview` does.
        workers: resources answered at once; 1 keeps their order the same from run to run.

    Raises:
        Exception: the first exception that the program, an `apply` or `mocks` raised, as it is.
    """
    with _as_the_cli_runs_it(project_dir):
        return run_program(
            lambda: runpy.run_path("__main__.py", run_name="__main__"),
            mocks,
            project=read_project_file(project_dir).name,
            stack=stack,
            config=config,
            preview=preview,
            workers=workers,
        )


@contextlib.contextmanager
def _as_the_cli_runs_it(project_dir: Path) -> Generator[None]:
    """Make the program's folder the working folder, and the first to import from."""
    sys.path.insert(0, str(project_dir))
    try:
        with contextlib.chdir(project_dir):
            yield
    finally:
        sys.path.remove(str(project_dir))
