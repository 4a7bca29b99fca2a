"""A file of requests, one a line: read, asked, and written as one answer a line."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from operations.asking import Ask, Event, Reply, is_failed
from operations.errors import NotFoundError, OperationError
from operations.side_by_side import in_order

_BAD_STATUS = 400
_DIGEST_CHARACTERS = 16


@dataclass(frozen=True)
class RequestLine:
    """What one line asks for."""

    number: int
    """As an editor shows it, from 1."""
    event: Event = field(default_factory=dict[str, Any])
    problem: str = ""
    """Why it is no request; then there is no event."""

    @property
    def digest(self) -> str:
        """Tells whether a line still asks for the same."""
        text = json.dumps(self.event, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARACTERS]


@dataclass(frozen=True)
class AnswerLine:
    """What came of one line."""

    number: int
    digest: str
    reply: Reply

    @property
    def is_failed(self) -> bool:
        """Whether there is no text, nor the promise of one."""
        return is_failed(self.reply)

    def __str__(self) -> str:
        """As it is written: the reply, and before it which line, and a digest of what it asked for."""
        told = {"line": self.number, "asked": self.digest, **self.reply}
        return json.dumps(told, ensure_ascii=False)


def read_request_lines(
    file: Path, also: Mapping[str, Any], parameters: Mapping[str, Any]
) -> list[RequestLine]:
    """Read JSON Lines: each a request for the function, or a JSON text, which is the prompt. Blank lines are skipped.

    Args:
        file: the file, in UTF-8.
        also: members of each request that does not have its own.
        parameters: parameters, in the same way.

    Raises:
        NotFoundError: there is no such file.
        OperationError: it cannot be read, or holds no request.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFoundError(
            f"there is no file {file}", 'write one request a line: {"prompt": "Once upon a time"}'
        ) from None
    except (OSError, UnicodeDecodeError) as failure:
        raise OperationError(f"{file} cannot be read: {failure}") from failure
    # Not splitlines(): a line of JSON may hold what that takes for an end, such as U+2028.
    numbered = ((n, line.strip()) for n, line in enumerate(text.split("\n"), start=1))
    lines = [_request_line(n, line, also, parameters) for n, line in numbered if line]
    if not lines:
        raise OperationError(
            f"{file} holds no request", 'write one a line: {"prompt": "Once upon a time"}'
        )
    return lines


def ask_each(ask: Ask, lines: Iterable[RequestLine], at_once: int) -> Iterator[AnswerLine]:
    """Ask for each line, up to `at_once` side by side, and yield the answers in the lines' order.

    `ask` must not raise: what fails is a reply too.
    """

    def answered(line: RequestLine) -> AnswerLine:
        reply = _refusal(line.problem) if line.problem else ask(line.event)
        return AnswerLine(line.number, line.digest, reply)

    return in_order(answered, lines, at_once)


class AnswersFile:
    """Where answers are written as they come, and found again by whoever goes on later."""

    def __init__(self, path: Path, *, is_resumed: bool) -> None:
        """Open it.

        Raises:
            OperationError: the file is there, and is not to be gone on with; or it holds something else.
        """
        self._path = path
        self._answered = _read_answers(path) if is_resumed and path.exists() else {}
        if path.exists() and not is_resumed:
            raise OperationError(
                f"{path} is there already",
                "go on where it ends with --resume, or name another file with --output",
            )

    def unanswered(self, lines: Iterable[RequestLine]) -> list[RequestLine]:
        """Return the lines that have no good answer in the file to what they ask for now."""
        return [
            line
            for line in lines
            if (known := self._answered.get(line.number)) is None
            or known.is_failed
            or known.digest != line.digest
        ]

    def write(self, answers: Iterable[AnswerLine], on_answer: Callable[[AnswerLine], None]) -> None:
        """Write each answer at once, and tell it; in the end the file is in the lines' order.

        However this ends, what was written stays.

        Raises:
            OperationError: the file cannot be written.
        """
        try:
            self._put_in_order()  # also rid of a line that a sudden end cut off
            with self._path.open("a", encoding="utf-8") as file:
                for answer in answers:
                    print(answer, file=file, flush=True)
                    self._answered[answer.number] = answer
                    on_answer(answer)
            self._put_in_order()
        except OSError as failure:
            raise OperationError(f"{self._path} cannot be written: {failure}") from failure

    def _put_in_order(self) -> None:
        ordered = "".join(f"{self._answered[number]}\n" for number in sorted(self._answered))
        part = self._path.with_name(f"{self._path.name}.part")
        part.write_text(ordered, encoding="utf-8")
        part.replace(self._path)


def _request_line(
    number: int, text: str, also: Mapping[str, Any], parameters: Mapping[str, Any]
) -> RequestLine:
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError) as failure:
        return RequestLine(number, problem=f"line {number} is no JSON: {failure}")
    if isinstance(asked, str):
        asked = {"prompt": asked}
    if not isinstance(asked, dict):
        return RequestLine(number, problem=f"line {number} is neither a request nor a text")
    event: Event = {**also, **asked}
    own = asked.get("parameters", {})
    if parameters and isinstance(own, dict):
        event["parameters"] = {**parameters, **cast("Event", own)}
    return RequestLine(number, event)


def _refusal(problem: str) -> Reply:
    return {"status": _BAD_STATUS, "error": {"type": "bad_line", "message": problem}}


def _read_answers(path: Path) -> dict[int, AnswerLine]:
    found: dict[int, AnswerLine] = {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise OperationError(f"{path} cannot be read: {failure}") from failure
    *whole, _cut_off = text.split("\n")
    for number, line in enumerate(whole, start=1):
        try:
            reply = json.loads(line)
            answer = AnswerLine(reply.pop("line"), reply.pop("asked"), reply)
        except (ValueError, KeyError, AttributeError, TypeError) as failure:
            raise OperationError(
                f"line {number} of {path} is no answer that genai invoke --file wrote",
                "name another file with --output",
            ) from failure
        found[answer.number] = answer
    return found
