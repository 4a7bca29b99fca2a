"""What a load asks for, from a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from operations.asking import Event
from operations.errors import OperationError
from operations.request_lines import read_request_lines


def events_of_file(file: Path, parameters: Mapping[str, Any]) -> list[Event]:
    """Return what the lines of a file ask for; a load has no use for one that asks for nothing.

    Raises:
        NotFoundError: there is no such file.
        OperationError: it cannot be read, holds no request, or a line that is none.
    """
    lines = read_request_lines(file, {}, parameters)
    if problems := [line.problem for line in lines if line.problem]:
        raise OperationError(f"{file}: {problems[0]}", "mend the line, or take it out")
    return [line.event for line in lines]
