"""`genai invoke`: ask once, in turns, or for each line of a file."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.status import Status

from cli.reply_view import ReplyView
from operations.asking import (
    ACCEPTED,
    Event,
    Reply,
    ask_function,
    ask_patiently,
    is_failed,
    longest_pause_seconds,
    patient,
)
from operations.deployment import Deployment
from operations.errors import OperationError
from operations.request_lines import AnswerLine, AnswersFile, ask_each, read_request_lines
from operations.requests import Message, Parameters, request_for
from operations.streaming import StreamingUrl

_WAITING = {
    "waking": "the endpoint had scaled to zero and wakes up; asking again",
    "queued": "the request is kept in the bucket, and will be answered from there",
    "accepted": "the endpoint has the request in its queue",
    "pending": "the text is not there yet",
}


@dataclass(frozen=True, kw_only=True)
class HowToAsk:
    """What the command line says about every request."""

    is_streamed: bool = False
    limit_seconds: float = 0
    """How long an answer is waited for that comes later; 0 not at all."""
    parameters: Parameters = field(default_factory=Parameters)
    is_later: bool = False
    client_token: str | None = None

    def request(self, prompt: str | list[Message]) -> Event:
        """Return the request for one text."""
        return request_for(
            prompt, self.parameters, is_later=self.is_later, client_token=self.client_token
        )


class Asker:
    """Asks a stack and shows what it says."""

    def __init__(self, deployment: Deployment, how: HowToAsk, view: ReplyView) -> None:
        """Find the way in.

        Raises:
            OperationError: a stream is wanted, and the stack has no URL that streams.
        """
        self._deployment = deployment
        self._how = how
        self._view = view
        self._url = StreamingUrl(deployment) if how.is_streamed else None

    def ask(self, event: Event) -> Reply:
        """Ask once, print the reply and return it."""
        printed: list[str] = []
        with _Waiting(self._view.console) as waiting:

            def show(text: str) -> None:
                waiting.end()
                printed.append(text)
                self._view.piece(text)

            def ask(event: Event) -> Reply:
                if self._url is None:
                    return ask_function(self._deployment, event)
                return self._url.ask(event, show)

            reply = ask_patiently(
                ask,
                event,
                limit_seconds=self._how.limit_seconds,
                longest_pause_seconds=longest_pause_seconds(self._deployment),
                on_wait=waiting.tell,
            )
        self._view.reply(reply, is_printed=bool(printed))
        return reply

    def chat(self, turns: Iterator[str], system: str | None) -> None:
        """Hold a conversation: each turn is asked with all that was said before it."""
        said: list[Message] = [{"role": "system", "content": system}] if system else []
        for turn in turns:
            if not turn.strip():
                continue
            asked: list[Message] = [*said, {"role": "user", "content": turn}]
            try:
                reply = self.ask(self._how.request(asked))
            except OperationError as failure:
                print(f"genai: {failure}", file=sys.stderr)
                continue
            if reply.get("text") and not is_failed(reply):
                said = [*asked, {"role": "assistant", "content": reply["text"]}]

    def ask_lines(
        self, file: Path, output: Path | None, at_once: int, *, is_resumed: bool
    ) -> tuple[int, int]:
        """Ask for each line of a file, and write an answer a line.

        Returns:
            How many lines were asked for, and how many of them failed.
        """
        also = {"async": True} if self._how.is_later else {}
        lines = read_request_lines(file, also, self._how.parameters.given())
        answers = AnswersFile(output, is_resumed=is_resumed) if output else None
        if answers:
            lines = answers.unanswered(lines)
        ask = patient(self._deployment, self._how.limit_seconds)
        failed = 0
        with Status("", console=self._view.console) as status:
            done = 0

            def tell(answer: AnswerLine) -> None:
                nonlocal done, failed
                done, failed = done + 1, failed + answer.is_failed
                status.update(f"{done} of {len(lines)} lines, {failed} failed")
                if answer.is_failed:
                    error = answer.reply["error"]
                    self._view.console.print(
                        f"line {answer.number}: {error['type']}: {error['message']}",
                        style="red",
                        markup=False,
                    )

            answered = ask_each(ask, lines, at_once)
            if answers:
                answers.write(answered, tell)
            else:
                for answer in answered:
                    print(answer, flush=True)
                    tell(answer)
        return len(lines), failed


def where_it_will_be(reply: Reply, stack: str) -> str:
    """Say how to get what was accepted for later."""
    poll = reply.get("poll")
    if not poll:
        seconds = reply.get("retry_after_seconds", 60)
        return f"the endpoint wakes up, and the request was not kept: send it again in {seconds} s"
    places = "".join(f"\n{name}: {reply[name]}" for name in ("result", "failure") if name in reply)
    return (
        f"genai invoke {stack} --result {poll['result']} prints the text once it is there{places}"
    )


def is_later(reply: Reply) -> bool:
    """Whether the answer is not there yet."""
    return reply.get("status") == ACCEPTED


def turns_typed(read: Callable[[str], str] = input) -> Iterator[str]:
    """Yield what a person types, until the end of input."""
    while True:
        try:
            yield read("you> ")
        except EOFError:
            print(file=sys.stderr)
            return


class _Waiting:
    """A spinner, as long as nothing of the answer is there."""

    def __init__(self, console: Console) -> None:
        self._status = Status("asking", console=console)

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def tell(self, reply: Reply) -> None:
        state = reply.get("state", "")
        self._status.update(_WAITING.get(state, state))

    def end(self) -> None:
        self._status.stop()
