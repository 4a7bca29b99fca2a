"""Ask a stack's URL for a stream of text: signed, and each piece handed on as it comes."""

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from operations.asking import Event, Reply, ask_function
from operations.deployment import LONGEST_ANSWER_SECONDS, Deployment
from operations.errors import NotFoundError, OperationError
from operations.failures import plainly
from operations.server_sent_events import read_events

_SWITCH_ON = "set genai:invoker.url: iam and genai:invoker.streaming: true, and pulumi up"
_CONNECT_SECONDS = 10
_CONNECTIONS = 64
_PIECE_BYTES = 64 * 1024
_BROKEN_STATUS = 502  # of a stream that ended with an error: its own status had been sent before
_EVENT_STREAM = "text/event-stream"
OnText = Callable[[str], object]


class StreamingUrl:
    """The URL of a stack whose function hands its text on while the model writes it."""

    def __init__(self, deployment: Deployment) -> None:
        """Find the URL.

        Raises:
            OperationError: the stack has none, or it does not stream.
        """
        self._deployment = deployment
        self.url = streaming_url(deployment)

    def ask(self, event: Event, on_text: OnText = lambda _: None) -> Reply:
        """Ask for a stream, and return the whole reply at its end. What was accepted for later is asked for directly.

        Args:
            event: the request.
            on_text: is handed each piece of the text; nothing of a reply that comes as a whole, as one that is
                answered later does.

        Raises:
            OperationError: the URL does not answer as this program's function does.
        """
        if "result" in event:
            return ask_function(self._deployment, event)
        try:
            answer = self._session.send(self._signed({**event, "stream": True}))
            return _read(answer, on_text)
        except (ConnectionError, HTTPClientError, HTTPError) as failure:
            raise NotFoundError(
                f"{self.url} cannot be reached, or stopped answering: {failure}",
                "look at the network; the stack may have been destroyed since its outputs were written",
            ) from failure

    @functools.cached_property
    def _session(self) -> URLLib3Session:
        is_local = self._deployment.account is not None
        return URLLib3Session(
            proxies={} if is_local else get_environ_proxies(self.url),
            timeout=(_CONNECT_SECONDS, LONGEST_ANSWER_SECONDS),
            max_pool_connections=_CONNECTIONS,
        )

    def _signed(self, event: Event) -> Any:
        request = AWSRequest(
            "POST",
            self.url,
            headers={"Content-Type": "application/json"},
            data=json.dumps(event).encode(),
            stream_output=True,
        )
        credentials = self._deployment.credentials()
        SigV4Auth(credentials, "lambda", self._deployment.region).add_auth(request)
        return request.prepare()


def streaming_url(deployment: Deployment) -> str:
    """Return the URL that streams.

    Raises:
        OperationError: the stack has none.
    """
    url = deployment.outputs.get("function_url")
    if not url:
        raise OperationError(
            f"the stack {deployment.stack} has no URL, so nothing can stream", _SWITCH_ON
        )
    if _is_of_the_function(deployment, url):
        raise OperationError(
            f"the URL of the stack {deployment.stack} answers in one piece; it does not stream",
            _SWITCH_ON,
        )
    return url


def _is_of_the_function(deployment: Deployment, url: str) -> bool:
    """Whether the URL leads to the function that answers direct calls: what streams is a function of its own."""
    name, _, alias = deployment.function.partition(":")
    with plainly():
        try:
            found = deployment.client("lambda").get_function_url_config(
                FunctionName=name, **({"Qualifier": alias} if alias else {})
            )
        except (
            ClientError
        ):  # it has no URL, or we may not look: the answer's content type will tell
            return False
    return found["FunctionUrl"] == url


def _read(answer: Any, on_text: OnText) -> Reply:
    if answer.headers.get("content-type", "").partition(";")[0] != _EVENT_STREAM:
        return _whole(answer)
    for name, data in read_events(_pieces(answer)):
        told = json.loads(data)
        if name == "done":
            return {"status": answer.status_code, **told}
        if name == "error":
            return {"status": _BROKEN_STATUS, **told}
        on_text(told["text"])
    raise OperationError(
        "the stream of text ended without its end", "ask again; the function's log says why"
    )


def _pieces(answer: Any) -> Iterator[bytes]:
    return answer.raw.stream(_PIECE_BYTES)


def _whole(answer: Any) -> Reply:
    try:
        reply = json.loads(answer.content)
    except ValueError:
        reply = None
    if not isinstance(reply, dict) or not ({"text", "error", "state"} & reply.keys()):
        raise OperationError(
            f"the URL answered {answer.status_code}: {answer.content[:300].decode(errors='replace')}",
            "allow lambda:InvokeFunctionUrl and lambda:InvokeFunction on the function to whoever runs this"
            if answer.status_code == 403  # noqa: PLR2004 - HTTP's own number for forbidden
            else "",
        )
    return {"status": answer.status_code, **reply}
