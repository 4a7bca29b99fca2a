"""What a line of a log says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.log_lines import LogEvent, LogLine, read_line
from operations.log_lines import Source as LogSource


def line(text: str | dict[str, Any], source: LogSource = "function", at_ms: int = 0) -> LogLine:
    written = text if isinstance(text, str) else json.dumps(text)
    return read_line(LogEvent("1", at_ms, source, "/group", "stream", written))


def test_a_json_line_is_taken_apart() -> None:
    found = line(
        {
            "timestamp": "2026-11-25T10:43:22Z",
            "level": "INFO",
            "message": "request answered",
            "logger": "handlers.request_answers",
            "requestId": "run-1",
            "request_id": "asked-1",
            "status": 200,
        }
    )

    assert (found.kind, found.level, found.message) == ("application", "INFO", "request answered")
    assert found.request_ids == ("run-1", "asked-1")
    assert found.fields == {"request_id": "asked-1", "status": 200}
    assert not found.is_trouble


def test_metrics_are_told_apart() -> None:
    found = line({"_aws": {"Timestamp": 1}, "Endpoint": "e", "Requests": 1})

    assert found.kind == "metrics"
    assert found.fields == {"Endpoint": "e", "Requests": 1}


@pytest.mark.parametrize(
    ("text", "request_ids", "is_trouble"),
    [
        ({"type": "platform.report", "record": {"requestId": "r", "status": "success"}}, ("r",), False),
        ({"type": "platform.report", "record": {"requestId": "r", "status": "timeout"}}, ("r",), True),
        ("START RequestId: r Version: 1", ("r",), False),
        ("INIT_START Runtime Version: python:3.13.v1", (), False),
    ],
)  # fmt: skip
def test_lambdas_own_lines_are_told_apart(
    text: str | dict[str, Any], request_ids: tuple[str, ...], *, is_trouble: bool
) -> None:
    found = line(text)

    assert found.kind == "platform"
    assert found.request_ids == request_ids
    assert found.is_trouble is is_trouble


def test_the_runtimes_text_format_is_read() -> None:
    found = line("[ERROR]\t2026-11-25T10:43:22.447Z\trun-1\tno luck\nTraceback")

    assert (found.level, found.message, found.request_ids) == (
        "ERROR",
        "no luck\nTraceback",
        ("run-1",),
    )


def test_an_uncaught_error_is_told_by_type_and_message() -> None:
    found = line({"level": "ERROR", "errorType": "KeyError", "errorMessage": "'x'"})

    assert found.message == "KeyError: 'x'"
    assert found.is_trouble


@pytest.mark.parametrize(
    ("text", "level", "is_trouble"),
    [
        ("model loaded by inference.model_fn", None, False),
        ("INFO 11-25 10:43:22 [api_server.py:1] Started", "INFO", False),
        ("2026-11-25T10:43:22,100 [WARN ] W-9000 slow", "WARN", True),
        ("(EngineCore pid=1) ERROR 11-25 boom", "ERROR", True),
        ("Traceback (most recent call last):", None, True),
        ("torch.OutOfMemoryError: CUDA out of memory.", None, True),
        ("x" * 200 + " ERROR", None, False),
        ("", None, False),
        ('{"not": closed', None, False),
        ("[1, 2]", None, False),
    ],
)
def test_a_containers_line_has_its_level_near_the_beginning(
    text: str, level: str | None, *, is_trouble: bool
) -> None:
    found = line(text, "container")

    assert found.level == level
    assert found.is_trouble is is_trouble


def test_a_failed_request_is_trouble_at_any_level() -> None:
    assert line({"level": "INFO", "message": "request answered", "status": 502}).is_trouble


def test_trouble_is_explained() -> None:
    known = line("torch.OutOfMemoryError: CUDA out of memory.", "container").explanations

    assert [each.name for each in known] == ["gpu-memory"]


def test_an_engines_configuration_at_a_calm_level_explains_nothing() -> None:
    assert line("INFO engine with trust_remote_code=True", "container").explanations == []


def test_a_request_is_found_by_either_of_its_ids_or_its_beginning() -> None:
    found = line({"message": "m", "requestId": "run-1", "request_id": "asked-1"})

    assert found.is_about("run-1")
    assert found.is_about("asked")
    assert not found.is_about("other")


def test_json_has_what_there_is_and_nothing_else() -> None:
    assert line("hello", "container", at_ms=1_795_603_402_447).as_data() == {
        "time": "2026-11-25T10:43:22.447Z",
        "source": "container",
        "kind": "application",
        "message": "hello",
        "group": "/group",
        "stream": "stream",
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                [
                    "_aws",
                    "type",
                    "record",
                    "level",
                    "message",
                    "status",
                    "requestId",
                    "errorMessage",
                ]
            ),
            inner,
        )
    ),
)


@given(st.text() | JSON.map(json.dumps))
def test_any_line_can_be_read(text: str) -> None:
    found = line(text)

    assert isinstance(found.is_trouble, bool)
    assert json.dumps(found.as_data())
