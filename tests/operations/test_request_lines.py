"""Files of requests, and the answers that are written for them."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.asking import Event, Reply
from operations.errors import NotFoundError, OperationError
from operations.request_lines import (
    AnswerLine,
    AnswersFile,
    RequestLine,
    ask_each,
    read_request_lines,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prompts.jsonl"


def echo(event: Event) -> Reply:
    return {"status": 200, "text": event["prompt"]}


def test_a_line_is_a_request_or_a_text_and_keeps_its_number(file: Path) -> None:
    file.write_text('\ufeff{"prompt": "a"}\n\n"b\u2028c"\n[1]\n{"prompt"\n', encoding="utf-8")

    lines = read_request_lines(file, {}, {})

    assert [line.number for line in lines] == [1, 3, 4, 5]
    assert [line.event for line in lines] == [{"prompt": "a"}, {"prompt": "b\u2028c"}, {}, {}]
    assert [line.problem.partition(":")[0] for line in lines] == [
        "",
        "",
        "line 4 is neither a request nor a text",
        "line 5 is no JSON",
    ]


def test_a_line_s_own_members_win(file: Path) -> None:
    file.write_text(
        '{"prompt": "a", "async": false, "parameters": {"seed": 1}}\n"b"\n{"prompt": "c", "parameters": 5}'
    )

    lines = read_request_lines(file, {"async": True}, {"seed": 2, "max_new_tokens": 3})

    assert [line.event for line in lines] == [
        {"prompt": "a", "async": False, "parameters": {"seed": 1, "max_new_tokens": 3}},
        {"prompt": "b", "async": True, "parameters": {"seed": 2, "max_new_tokens": 3}},
        {"prompt": "c", "async": True, "parameters": 5},
    ]


@given(st.binary())
def test_whatever_a_file_holds_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.jsonl"
    file.write_bytes(content)
    with contextlib.suppress(OperationError):
        lines = read_request_lines(file, {}, {"seed": 1})
        assert lines
        assert not any(line.event and line.problem for line in lines)


def test_files_that_cannot_be_used_are_told(tmp_path: Path, file: Path) -> None:
    file.write_text("\n \n")

    with pytest.raises(OperationError, match="holds no request"):
        read_request_lines(file, {}, {})
    with pytest.raises(NotFoundError, match="there is no file"):
        read_request_lines(tmp_path / "missing", {}, {})
    with pytest.raises(OperationError, match="cannot be read"):
        read_request_lines(tmp_path, {}, {})


def test_a_bad_line_does_not_lose_the_rest() -> None:
    lines = [
        RequestLine(1, {"prompt": "a"}),
        RequestLine(2, problem="line 2 is no JSON"),
        RequestLine(3, {"prompt": "c"}),
    ]

    answers = list(ask_each(echo, lines, at_once=2))

    assert [answer.is_failed for answer in answers] == [False, True, False]
    assert answers[1].reply["error"] == {"type": "bad_line", "message": "line 2 is no JSON"}


def test_only_what_has_no_good_answer_is_asked_again(tmp_path: Path) -> None:
    output = tmp_path / "answers.jsonl"
    lines = [RequestLine(number, {"prompt": f"p{number}"}) for number in range(1, 5)]
    bad: Reply = {"status": 500, "error": {"type": "x", "message": "y"}}
    AnswersFile(output, is_resumed=False).write(
        [
            AnswerLine(1, lines[0].digest, {"status": 200, "text": "kept"}),
            AnswerLine(2, lines[1].digest, bad),
            AnswerLine(3, "asked for something else", {"status": 200, "text": "old"}),
        ],
        on_answer=lambda _: None,
    )
    with output.open("a") as file:
        file.write('{"line": 4, "ask')  # the power went

    answers = AnswersFile(output, is_resumed=True)
    remaining = answers.unanswered(lines)
    answers.write(ask_each(echo, remaining, at_once=2), on_answer=lambda _: None)

    written = [json.loads(line) for line in output.read_text().splitlines()]
    assert [line.number for line in remaining] == [2, 3, 4]
    assert [(line["line"], line["text"]) for line in written] == [
        (1, "kept"),
        (2, "p2"),
        (3, "p3"),
        (4, "p4"),
    ]


def test_what_was_answered_before_an_interrupt_stays(tmp_path: Path) -> None:
    output = tmp_path / "answers.jsonl"

    def interrupt(answer: AnswerLine) -> None:
        if answer.number == 2:
            raise KeyboardInterrupt

    lines = [RequestLine(number, {"prompt": "p"}) for number in range(1, 9)]
    with pytest.raises(KeyboardInterrupt):
        AnswersFile(output, is_resumed=False).write(ask_each(echo, lines, 1), interrupt)

    assert [json.loads(line)["line"] for line in output.read_text().splitlines()] == [1, 2]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    output = tmp_path / "answers.jsonl"
    output.write_text('{"something": "else"}\n')

    with pytest.raises(OperationError, match="is there already") as told:
        AnswersFile(output, is_resumed=False)
    with pytest.raises(OperationError, match=r"line 1 of .* is no answer that genai invoke"):
        AnswersFile(output, is_resumed=True)

    assert "--resume" in told.value.fix
    assert output.read_text() == '{"something": "else"}\n'


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="cannot be written"):
        AnswersFile(tmp_path / "missing" / "x", is_resumed=False).write([], lambda _: None)
