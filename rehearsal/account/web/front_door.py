"""An HTTP server of its own for one public URL: a function's, or an API's.

AWS tells them apart by host name; a loopback address has ports instead. Plain HTTP stands for TLS.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest

Answer = Callable[[AwsRequest], Response]


class FrontDoor:
    """Answers every request to one URL until it is closed."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=_Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one WSGI request."""
        return self._answer(AwsRequest.read(environ))(environ, start_response)

    def close(self) -> None:
        """Answer nothing more."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"  # a reply of unknown length comes in chunks

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Keep no access log; what goes wrong is told to the client."""
