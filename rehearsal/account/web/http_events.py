"""HTTP as functions see it: requests become events of format 2.0, and results become replies.

Facts: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html,
read in November 2026. Not confirmed on AWS: the full list of content types that count as text.
"""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.aws_request import AwsRequest

_JSON = "application/json"
_TEXT_TYPES = {_JSON, "application/xml", "application/javascript"}
_NOT_FOR_THE_FUNCTION = {"authorization", "connection", "transfer-encoding"}


class MalformedReplyError(Exception):
    """A function's result cannot be sent as a reply."""


@dataclass(frozen=True)
class Door:
    """What an event says about the way it came."""

    api_id: str
    route_key: str = "$default"
    stage: str = "$default"


def http_event(request: AwsRequest, door: Door, caller_arn: str | None) -> dict[str, Any]:
    """Return the event for one request; `caller_arn` is None if nobody signed it."""
    http = request.http
    now = datetime.now(UTC)
    raw_query = http.query_string.decode("latin-1")
    headers = _headers(request)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": door.route_key,
        "rawPath": http.path,
        "rawQueryString": raw_query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT_ID if caller_arn else "anonymous",
            "apiId": door.api_id,
            "domainName": http.host,
            "domainPrefix": door.api_id,
            "http": {
                "method": http.method,
                "path": http.path,
                "protocol": http.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
                "sourceIp": http.remote_addr,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": door.route_key,
            "stage": door.stage,
            "time": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if caller_arn:
        event["requestContext"]["authorizer"] = {"iam": _caller(request, caller_arn)}
    if cookies := http.headers.get("Cookie"):
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
        headers.pop("cookie")
    if http.args:
        event["queryStringParameters"] = {
            name: ",".join(http.args.getlist(name)) for name in http.args
        }
    if request.body:
        event["body"], event["isBase64Encoded"] = _body(request)
    return event


def http_reply(payload: bytes) -> Response:
    """Return the reply that a function's result stands for.

    Raises:
        MalformedReplyError: it says a status, but not as a reply would be.
    """
    result = json.loads(payload or b"null")
    if not isinstance(result, dict) or "statusCode" not in result:
        text = result if isinstance(result, str) else payload.decode()
        return Response(text, 200, content_type=_JSON)
    body, headers = result.get("body") or "", result.get("headers") or {}
    cookies = result.get("cookies") or []
    if not isinstance(body, str) or not isinstance(headers, dict) or not isinstance(cookies, list):
        raise MalformedReplyError("body must be a text, headers an object and cookies a list")
    try:
        status = int(result["statusCode"])
        content = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode()
    except (TypeError, ValueError) as failure:
        raise MalformedReplyError(str(failure)) from failure
    return shaped(status, headers, cookies, content)


def shaped(status: int, headers: Mapping[str, Any], cookies: list[Any], content: Any) -> Response:
    """Return a reply with the headers that a function gave; JSON unless they say otherwise."""
    response = Response(content, status, content_type=_JSON)
    for name, value in headers.items():
        response.headers[name] = str(value)
    for cookie in cookies:
        response.headers.add("Set-Cookie", str(cookie))
    return response


def _headers(request: AwsRequest) -> dict[str, str]:
    """Names in lower case, the values of one name in one text, and what AWS's proxies add."""
    headers: dict[str, str] = {}
    for name, value in request.http.headers:
        lowered = name.lower()
        if lowered not in _NOT_FOR_THE_FUNCTION:
            headers[lowered] = f"{headers[lowered]},{value}" if lowered in headers else value
    trace = uuid.uuid4().hex
    return {
        **headers,
        "x-forwarded-for": request.http.remote_addr or "",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        "x-amzn-trace-id": f"Root=1-{trace[:8]}-{trace[8:]}",
    }


def _body(request: AwsRequest) -> tuple[str, bool]:
    """Return the body and whether it is in base64: so is all that does not say it is text."""
    media_type = request.http.mimetype
    if media_type in _TEXT_TYPES or media_type.startswith("text/"):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _caller(request: AwsRequest, arn: str) -> dict[str, Any]:
    return {
        "accessKey": request.access_key_id,
        "accountId": ACCOUNT_ID,
        "callerId": request.access_key_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": arn,
        "userId": request.access_key_id,
    }
