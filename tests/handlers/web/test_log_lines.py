"""The server's log lines are those that Lambda's own runtime would write."""

import json
import logging
from collections.abc import Iterator

import pytest

from handlers.web.log_lines import JsonFormatter, log_to_standard_output


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, as it was again afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_is_json_with_the_fields_of_its_extra() -> None:
    record = logging.makeLogRecord(
        {
            "name": "handlers.request_answers",
            "levelname": "INFO",
            "msg": "request %s",
            "args": ("answered",),
            "created": 1_792_141_970.123,
            "msecs": 123.0,
            "status": 200,
            "place": ("a", 1),
        }
    )

    assert json.loads(JsonFormatter().format(record)) == {
        "timestamp": "2026-10-16T09:12:50.123Z",
        "level": "INFO",
        "message": "request answered",
        "logger": "handlers.request_answers",
        "status": 200,
        "place": ["a", 1],
    }


@pytest.mark.parametrize(
    ("name", "level"),
    [
        (None, logging.INFO),
        ("DEBUG", logging.DEBUG),
        ("TRACE", logging.DEBUG),
        ("WARN", logging.WARNING),
        ("FATAL", logging.CRITICAL),
        ("no level", logging.INFO),
    ],
)
def test_the_level_is_the_functions(root: logging.Logger, name: str | None, level: int) -> None:
    log_to_standard_output({} if name is None else {"AWS_LAMBDA_LOG_LEVEL": name})

    assert root.level == level


def test_lines_go_to_standard_output(
    root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    log_to_standard_output({})

    root.getChild("x").warning("said", extra={"status": 1})

    line = json.loads(capsys.readouterr().out)
    assert (line["message"], line["status"]) == ("said", 1)
