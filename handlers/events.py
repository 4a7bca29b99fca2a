"""The kinds of event: how each brings the request, and what reply its sender expects."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass

from handlers.errors import MethodNotAllowedError, UnsupportedMediaTypeError
from handlers.generation_request import bad_request
from handlers.json_values import NotJsonError, is_object, kind_of, parse_json, printable
from handlers.replies import Reply

JSON_MEDIA_TYPES = {
    "application/json",
    "text/json",
    "text/plain",
    "application/octet-stream",
    "*/*",
    "",
}
"""Content types under which JSON may well arrive; so may any `+json`. All others are refused."""


@dataclass(frozen=True)
class DirectEvent:
    """The event is the request itself: `aws lambda invoke`, the console's test, another program."""

    event: object

    def request_value(self) -> object:
        """The request as JSON value, not checked yet."""
        return self.event

    def reply(
        self,
        status: int,
        body: Reply,
        retry_after_seconds: int | None = None,  # noqa: ARG002 - only HTTP has a place for it
    ) -> dict[str, object]:
        """The reply as one object, with its status."""
        return {"status": status, **body}


@dataclass(frozen=True)
class HttpEvent:
    """An HTTP request in payload format 2.0: a function URL, or an API Gateway HTTP API.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """

    event: Mapping[str, object]

    def request_value(self) -> object:
        """The body's JSON value, not checked yet.

        Raises the HandlerError for what is wrong with the method, the content type or the body.
        """
        self._check_method()
        self._check_content_type()
        try:
            return parse_json(self._body())
        except NotJsonError as error:
            raise bad_request(f"the body is not JSON: {error}") from None

    def reply(
        self, status: int, body: Reply, retry_after_seconds: int | None = None
    ) -> dict[str, object]:
        """The reply as an HTTP response."""
        headers = {"content-type": "application/json"}
        if status == MethodNotAllowedError.status:
            headers["allow"] = "POST"
        if retry_after_seconds is not None:
            headers["retry-after"] = str(retry_after_seconds)
        return {
            "statusCode": status,
            "headers": headers,
            "body": json.dumps(body, ensure_ascii=False),
        }

    def _check_method(self) -> None:
        context = self.event.get("requestContext")
        http = context.get("http") if is_object(context) else None
        method = http.get("method") if is_object(http) else None
        if method is None:
            raise bad_request("the HTTP event has no requestContext.http.method")
        if method != "POST":
            raise MethodNotAllowedError(f"Send a POST request, not {printable(str(method), 20)}.")

    def _check_content_type(self) -> None:
        headers = self.event.get("headers")
        values = headers.items() if is_object(headers) else ()
        content_type = next(
            (str(value) for name, value in values if name.lower() == "content-type"), ""
        )
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type not in JSON_MEDIA_TYPES and not media_type.endswith("+json"):
            raise UnsupportedMediaTypeError(
                "Send JSON with the header content-type: application/json, not"
                f" {printable(media_type, 60)}."
            )

    def _body(self) -> str:
        body = self.event.get("body")
        if body is None or body == "":
            raise bad_request("the body is empty")
        if not isinstance(body, str):
            raise bad_request(f"the HTTP event's body must be a string, got {kind_of(body)}")
        if self.event.get("isBase64Encoded") is not True:
            return body
        try:
            return base64.b64decode(body, validate=True).decode()
        except (binascii.Error, ValueError):
            raise bad_request(
                "the body is said to be base64, and is not UTF-8 text in base64"
            ) from None


def read_event(event: object) -> DirectEvent | HttpEvent:
    """The kind of an event. What is not known as another kind is taken for the request itself."""
    if is_object(event) and event.get("version") == "2.0" and "prompt" not in event:
        return HttpEvent(event)
    return DirectEvent(event)
