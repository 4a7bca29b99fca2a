"""What the Lambda Web Adapter asks a web application for an event, and what it makes of the reply."""

import base64
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from rehearsal.account.functions.function_stream import ReplyHead
from rehearsal.account.functions.runtime_api import Event

_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")
_TEXT_SUFFIXES = ("+json", "+xml")
_OF_THE_CONNECTION = {"connection", "transfer-encoding", "keep-alive"}
_SET_BY_THE_CLIENT = {"host", "content-length", "connection", "transfer-encoding"}


@dataclass(frozen=True)
class WebRequest:
    """One request to the application."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def web_request(event: Event, variables: Mapping[str, str], deadline_epoch_ms: int) -> WebRequest:
    """Return the request for an event: the one that it stands for, or the event itself passed through."""
    content = json.loads(event.payload)
    http_context = _http_context(content)
    headers = {
        "x-amzn-request-context": json.dumps(content["requestContext"] if http_context else None),
        "x-amzn-lambda-context": json.dumps(_lambda_context(event, variables, deadline_epoch_ms)),
    }
    if http_context is None:
        path = variables.get("AWS_LWA_PASS_THROUGH_PATH", "/events")
        return WebRequest("POST", path, headers, event.payload)
    method, path = http_context
    query = content.get("rawQueryString")
    if query is None:
        query = urlencode(content.get("multiValueQueryStringParameters") or {}, doseq=True)
    body = content.get("body") or ""
    is_binary = content.get("isBase64Encoded")
    return WebRequest(
        method,
        quote(path, safe="/%:@!$&'()*+,;=~") + (f"?{query}" if query else ""),
        {**_headers(content), **headers},
        base64.b64decode(body) if is_binary else body.encode(),
    )


def head_of(reply: http.client.HTTPResponse) -> ReplyHead:
    """Return the head that the adapter hands on."""
    headers = {
        name.lower(): value
        for name, value in reply.getheaders()
        if name.lower() not in _OF_THE_CONNECTION | {"set-cookie"}
    }
    return ReplyHead(reply.status, headers, reply.headers.get_all("Set-Cookie") or [])


def buffered_result(event: Event, head: ReplyHead, content: bytes) -> bytes:
    """Return a function's result: a reply as HTTP front doors take it, or what a pass-through event gave."""
    if _http_context(json.loads(event.payload)) is None:
        try:
            return json.dumps(json.loads(content)).encode()
        except ValueError:
            return b"null"
    is_text = _is_text(head)
    result = {
        "statusCode": head.status,
        "headers": head.headers,
        "cookies": head.cookies,
        "body": content.decode() if is_text else base64.b64encode(content).decode(),
        "isBase64Encoded": not is_text,
    }
    return json.dumps(result).encode()


def _http_context(content: Any) -> tuple[str, str] | None:
    """Return method and path if an event is an HTTP request, of either format."""
    if not isinstance(content, dict) or "requestContext" not in content:
        return None
    asked = content["requestContext"].get("http")
    if asked:
        return asked["method"], content.get("rawPath", "/")
    return (content["httpMethod"], content.get("path", "/")) if "httpMethod" in content else None


def _headers(content: dict[str, Any]) -> dict[str, str]:
    headers = {
        name.lower(): value
        for name, value in (content.get("headers") or {}).items()
        if name.lower() not in _SET_BY_THE_CLIENT
    }
    if cookies := content.get("cookies"):
        headers["cookie"] = "; ".join(cookies)
    return headers


def _lambda_context(
    event: Event, variables: Mapping[str, str], deadline_epoch_ms: int
) -> dict[str, Any]:
    return {
        "request_id": event.request_id,
        "deadline": deadline_epoch_ms,
        "invoked_function_arn": event.function_arn,
        "xray_trace_id": None,
        "client_context": None,
        "identity": None,
        "env_config": {
            "function_name": variables.get("AWS_LAMBDA_FUNCTION_NAME"),
            "memory": int(variables.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 0)),
            "version": variables.get("AWS_LAMBDA_FUNCTION_VERSION"),
            "log_stream": variables.get("AWS_LAMBDA_LOG_STREAM_NAME"),
            "log_group": variables.get("AWS_LAMBDA_LOG_GROUP_NAME"),
        },
    }


def _is_text(head: ReplyHead) -> bool:
    if head.headers.get("content-encoding"):
        return False
    media_type = head.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type.startswith(_TEXT_TYPES) or media_type.endswith(_TEXT_SUFFIXES)
