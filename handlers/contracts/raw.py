"""The contract `raw`: the caller speaks to the container, and the function only carries it."""

import codecs
import json
from collections.abc import Iterator

from handlers.contracts.contract import Contract, Generated, StreamReader
from handlers.errors import BadRequestError, HandlerError, StreamBrokenError
from handlers.generation_request import GenerationRequest


class Raw(Contract):
    """The request's `body` goes as it is, and the reply's text is the whole of what comes back."""

    name = "raw"
    reply_shape = "text in UTF-8"
    streams = True

    def payload(self, request: GenerationRequest) -> bytes:
        """See Contract."""
        return json.dumps(self.request_body(request), ensure_ascii=False).encode()

    def request_body(self, request: GenerationRequest) -> object:
        """See Contract."""
        if request.body is None:
            raise BadRequestError(
                "Bad request: with the contract raw, send body, which goes to the container as it is:"
                ' for example {"body": {"inputs": "Once upon a time"}}.'
            )
        return request.body

    def generated(self, reply: object) -> Generated | None:
        """See Contract."""
        return Generated(json.dumps(reply, ensure_ascii=False), None, None)

    def read_reply(self, body: bytes) -> Generated:
        """See Contract."""
        try:
            return Generated(body.decode(), None, None)
        except UnicodeDecodeError:
            raise self.unexpected("bytes that are not UTF-8", body) from None

    def stream_reader(self) -> StreamReader:
        """See Contract."""
        return _RawReader(self)


class _RawReader:
    def __init__(self, contract: Raw) -> None:
        self._contract = contract
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._pieces: list[str] = []

    def feed(self, part: bytes) -> Iterator[str]:
        """See StreamReader."""
        piece = self._decoded(part)
        return iter([piece] if piece else [])

    def finish(self) -> Generated:
        """See StreamReader."""
        self._decoded(b"", is_last=True)
        return Generated("".join(self._pieces), None, None)

    def _decoded(self, part: bytes, *, is_last: bool = False) -> str:
        try:
            piece = self._decoder.decode(part, is_last)
        except UnicodeDecodeError as error:
            readable = error.object[: error.start].decode()
            raise self._not_text("".join([*self._pieces, readable]), error.object) from None
        if piece:
            self._pieces.append(piece)
        return piece

    def _not_text(self, text: str, part: bytes) -> HandlerError:
        came = "bytes that are not UTF-8"
        if not text:
            return self._contract.unexpected(came, part)
        return StreamBrokenError(
            f"The model's stream broke off after {len(text)} characters: {came} came.",
            text_so_far=text,
        )


CONTRACT = Raw()
