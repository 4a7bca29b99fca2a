"""Errors in the wire format that each service's clients read."""

import json
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

_QUERY_PROTOCOL = {"iam", "sts", "sns", "cloudformation", "autoscaling", "ec2", "monitoring"}


class AwsError(Exception):
    """A failure that the client reads as `ClientError` with this code."""

    def __init__(
        self, code: str, message: str, status: int = 400, members: dict[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members or {}
        """Further members of a modelled error, such as `OriginalStatusCode`."""


def render(error: AwsError, service: str) -> Response:
    """Write `error` as `service` writes its errors."""
    if service == "s3":
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(error.code)}</Code>'
            f"<Message>{escape(error.message)}</Message></Error>"
        )
        return Response(body, error.status, content_type="application/xml")
    if service in _QUERY_PROTOCOL:
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>"
            f"<Message>{escape(error.message)}</Message></Error></ErrorResponse>"
        )
        return Response(body, error.status, content_type="text/xml")
    payload = {"__type": error.code, "message": error.message, "Message": error.message}
    return Response(
        json.dumps({**payload, **error.members}),
        error.status,
        headers={"x-amzn-ErrorType": error.code},
        content_type="application/json",
    )
