"""A text on its way to the caller: server-sent events in an HTTP response of chunks.

https://html.spec.whatwg.org/multipage/server-sent-events.html
https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding
"""

import json
from collections.abc import Callable, Mapping
from io import BufferedIOBase
from typing import Literal

from handlers.replies import Reply

_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "transfer-encoding": "chunked",
}


class TextStream:
    """One response: begun with the first piece, so that an earlier failure can still have its status."""

    def __init__(
        self, begin_response: Callable[[Mapping[str, str]], None], output: BufferedIOBase
    ) -> None:
        """`begin_response` sends the status 200 and the headers that it is given."""
        self._begin_response = begin_response
        self._output = output
        self.is_begun: bool = False
        self.is_broken: bool = False
        """Whether the caller has hung up."""

    def send_text(self, piece: str) -> None:
        """One piece of the text. Raises OSError when the caller has hung up."""
        self._send("", {"text": piece})

    def end(self, event: Literal["done", "error"], reply: Reply) -> None:
        """The whole reply, and the end of the response. Raises OSError as well."""
        self._send(f"event: {event}\n", reply)
        self._output.write(b"0\r\n\r\n")

    def _send(self, head: str, value: Mapping[str, object]) -> None:
        # Line feeds inside of JSON are escaped, so the data is one line.
        event = f"{head}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode(errors="replace")
        try:
            if not self.is_begun:
                self.is_begun = True
                self._begin_response(_HEADERS)
            self._output.write(b"%x\r\n%b\r\n" % (len(event), event))
        except OSError:
            self.is_broken = True
            raise
