"""HTTP requests as function URLs, HTTP APIs, REST APIs and load balancers hand them over."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from handlers.errors import MethodNotAllowedError, UnsupportedMediaTypeError
from handlers.generation_request import bad_request
from handlers.json_values import NotJsonError, is_list, is_object, kind_of, parse_json, printable
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
class HttpEvent:
    """An HTTP request: payload format 2.0, or 1.0 as REST APIs and load balancers have it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """

    event: Mapping[str, object]

    def request_value(self) -> object:
        """The request as JSON value, not checked yet: a POST's body, or what a GET asks for.

        Raises the HandlerError for what is wrong with the method, the content type or the body.
        """
        self._check_method()
        result_id = self._result_id()
        if result_id is not None:
            return {"result": result_id}
        self._check_content_type()
        try:
            return parse_json(self._body())
        except NotJsonError as error:
            raise bad_request(f"the body is not JSON: {error}") from None

    def reply(
        self, status: int, body: Reply, request_id: str, retry_after_seconds: int | None
    ) -> dict[str, object]:
        """The reply as an HTTP response."""
        headers = {"content-type": "application/json", "x-request-id": request_id}
        if status == MethodNotAllowedError.status:
            headers["allow"] = self._allowed_method()
        if retry_after_seconds is not None:
            headers["retry-after"] = str(retry_after_seconds)
        return {
            "statusCode": status,
            "headers": headers,
            "body": json.dumps(body, ensure_ascii=False),
            "isBase64Encoded": False,
        }

    def _check_method(self) -> None:
        method = self._method()
        if method is None:
            raise bad_request("the HTTP event has no requestContext.http.method and no httpMethod")
        allowed = self._allowed_method()
        if method != allowed:
            raise MethodNotAllowedError(
                f"Send a {allowed} request, not {printable(str(method), 20)}."
                " A prompt goes into a POST, and GET /results/{id} asks for a result."
            )

    def _method(self) -> object:
        if "httpMethod" in self.event:
            return self.event["httpMethod"]
        context = self.event.get("requestContext")
        http = context.get("http") if is_object(context) else None
        return http.get("method") if is_object(http) else None

    def _allowed_method(self) -> str:
        return "POST" if self._result_id() is None else "GET"

    def _result_id(self) -> str | None:
        """The id in /results/{id}, whatever stage or base path is in front of it."""
        path = self.event.get("rawPath") or self.event.get("path")
        if not isinstance(path, str):
            return None
        folder, _, name = path.rpartition("/")
        if not name or folder.rpartition("/")[2] != "results":
            return None
        if "%" not in name:
            return name
        from urllib.parse import unquote  # noqa: PLC0415 - ids of this function's own need none

        return unquote(name)

    def _check_content_type(self) -> None:
        media_type = self._content_type().partition(";")[0].strip().lower()
        if media_type not in JSON_MEDIA_TYPES and not media_type.endswith("+json"):
            raise UnsupportedMediaTypeError(
                "Send JSON with the header content-type: application/json, not"
                f" {printable(media_type, 60)}."
            )

    def _content_type(self) -> str:
        # A load balancer sends either of them, as its target group is set.
        for headers in (self.event.get("headers"), self.event.get("multiValueHeaders")):
            for name, value in headers.items() if is_object(headers) else ():
                if name.lower() == "content-type":
                    return str(value[0] if is_list(value) and value else value)
        return ""

    def _body(self) -> str:
        body = self.event.get("body")
        if body is None or body == "":
            raise bad_request("the body is empty")
        if not isinstance(body, str):
            raise bad_request(f"the HTTP event's body must be a string, got {kind_of(body)}")
        if self.event.get("isBase64Encoded") is not True:
            return body
        return _decoded(body)


def _decoded(body: str) -> str:
    from base64 import b64decode  # noqa: PLC0415 - a body of a text type comes as it is

    try:
        return b64decode(body, validate=True).decode()
    except ValueError:  # binascii's own error is one, and so is that of UTF-8
        raise bad_request(
            "the body is said to be base64, and is not UTF-8 text in base64"
        ) from None
