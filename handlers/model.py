"""Asking the model: what its container speaks, and whether it answers whole, in pieces or later."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from handlers.contracts.contract import Contract, Generated
from handlers.endpoint.modes import ASYNC, SERVERLESS, Mode
from handlers.errors import HandlerError, only_handler_errors
from handlers.generation_request import GenerationRequest
from handlers.run import Run

if TYPE_CHECKING:
    # Each function needs only one of them at run time.
    from handlers.endpoint.async_endpoint import AsyncModelEndpoint, QueuedRequest
    from handlers.endpoint.model_endpoint import ModelEndpoint

OnText = Callable[[str], None]
"""Is given each piece of the text as it comes."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Model:
    """The model behind one endpoint."""

    contract: Contract
    mode: Mode
    endpoint: "ModelEndpoint | AsyncModelEndpoint"

    @property
    def answers_later(self) -> bool:
        """Whether the endpoint has a queue."""
        return self.mode is ASYNC

    @property
    def can_stream(self) -> bool:
        """Whether a text can come in pieces."""
        # AWS publishes neither that a serverless endpoint streams nor that it does not; asked for the
        # whole text it answers for certain.
        return self.contract.streams and self.mode not in {ASYNC, SERVERLESS}

    def payload(self, request: GenerationRequest) -> bytes:
        """What the container is sent. Raises BadRequestError or PayloadTooLargeError."""
        payload = self.contract.payload(request)
        self.mode.check_size(payload)
        return payload

    def ask(self, payload: bytes, run: Run, on_text: OnText | None) -> "Generated | QueuedRequest":
        """What the model writes, or where it will be; `run` learns how that went.

        Raises HandlerError, with the text so far when a stream breaks.
        """
        run.asked_at_milliseconds = run.invocation.elapsed_milliseconds()
        listener = Listener(on_text)
        try:
            if self.answers_later:
                return self._queued(payload, run)
            if run.request.stream:
                generated = self._streamed(payload, run, listener)
            else:
                generated = self._whole(payload, run)
        finally:
            elapsed = run.invocation.elapsed_milliseconds()
            run.model_milliseconds = elapsed - run.asked_at_milliseconds
        listener.hear_rest_of(generated.text)
        return generated

    def _queued(self, payload: bytes, run: Run) -> "QueuedRequest":
        endpoint = cast("AsyncModelEndpoint", self.endpoint)
        queued = endpoint.invoke(
            payload,
            run.invocation.request_id,
            run.request.options,
            run.invocation.deadline,
            is_once=run.is_once,
        )
        run.attempts = queued.attempts
        return queued

    def _whole(self, payload: bytes, run: Run) -> Generated:
        endpoint = cast("ModelEndpoint", self.endpoint)
        reply = endpoint.invoke(
            payload,
            run.invocation.request_id,
            run.request.options,
            run.invocation.deadline,
            is_once=run.is_once,
        )
        run.model["variant"], run.attempts = reply.variant or None, reply.attempts
        run.session_id, run.custom_attributes = reply.session_id, reply.custom_attributes
        return self.contract.read_reply(reply.body)

    def _streamed(self, payload: bytes, run: Run, listener: "Listener") -> Generated:
        endpoint = cast("ModelEndpoint", self.endpoint)
        reader = self.contract.stream_reader()
        try:
            with (
                only_handler_errors(),
                endpoint.stream(
                    payload,
                    run.invocation.request_id,
                    run.request.options,
                    run.invocation.deadline,
                    is_once=run.is_once,
                ) as stream,
            ):
                run.model["variant"], run.attempts = stream.variant or None, stream.attempts
                run.custom_attributes = stream.custom_attributes
                for part in stream:
                    for piece in reader.feed(part):
                        run.text_arrived()
                        listener.hear(piece)
                generated = reader.finish()
        except HandlerError as error:
            error.text_so_far = error.text_so_far or listener.heard
            raise
        if generated.text:
            run.text_arrived()
        return generated


class Listener:
    """Whoever reads a text as it comes, and may go away before its end.

    The text is generated to its end all the same: its record, or the same request sent again under
    its client token, will need it.
    """

    def __init__(self, on_text: OnText | None) -> None:
        self._on_text = on_text
        self._pieces: list[str] = []

    @property
    def heard(self) -> str:
        """Everything so far."""
        return "".join(self._pieces)

    def hear(self, piece: str) -> None:
        """Pass a piece on."""
        self._pieces.append(piece)
        if self._on_text is None:
            return
        try:
            self._on_text(piece)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the listener's own trouble
            self._on_text = None
            _logger.info("listener gone", extra={"exception_type": type(error).__qualname__})

    def hear_rest_of(self, text: str) -> None:
        """Pass on what is still missing of the whole text."""
        heard = self.heard
        if len(text) > len(heard) and text.startswith(heard):
            self.hear(text[len(heard) :])
