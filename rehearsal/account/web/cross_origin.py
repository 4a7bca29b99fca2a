"""What a function URL tells browsers of other origins: it answers their preflight, and adds to each reply.

Facts: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors, read in November 2026.
"""

from typing import Any

from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest

_ALL = "*"


def preflight_reply(cors: dict[str, Any] | None, request: AwsRequest) -> Response | None:
    """Return the answer to a browser that asks before it asks; None for any other request."""
    http = request.http
    wanted = http.headers.get("Access-Control-Request-Method")
    if cors is None or http.method != "OPTIONS" or not wanted:
        return None
    response = Response(status=200)
    methods = cors.get("AllowMethods", [])
    if _allowed_origin(cors, request) and (wanted in methods or _ALL in methods):
        add_headers(cors, request, response)
        response.headers["Access-Control-Allow-Methods"] = ",".join(methods)
        if headers := cors.get("AllowHeaders"):
            response.headers["Access-Control-Allow-Headers"] = ",".join(headers)
        if "MaxAge" in cors:
            response.headers["Access-Control-Max-Age"] = str(cors["MaxAge"])
    return response


def add_headers(cors: dict[str, Any] | None, request: AwsRequest, response: Response) -> None:
    """Say who may read a reply; what the function says of it does not count."""
    origin = _allowed_origin(cors, request) if cors else None
    if cors is None or origin is None:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    if origin != _ALL:
        response.headers["Vary"] = "Origin"
    if cors.get("AllowCredentials"):
        response.headers["Access-Control-Allow-Credentials"] = "true"
    if exposed := cors.get("ExposeHeaders"):
        response.headers["Access-Control-Expose-Headers"] = ",".join(exposed)


def _allowed_origin(cors: dict[str, Any], request: AwsRequest) -> str | None:
    origin = request.http.headers.get("Origin")
    origins = cors.get("AllowOrigins", [])
    if origin is None:
        return None
    if origin in origins:
        return origin
    return (origin if cors.get("AllowCredentials") else _ALL) if _ALL in origins else None
