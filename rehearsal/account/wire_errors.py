"""Errors in the wire format that each service's clients read."""

import json
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest

_QUERY_PROTOCOL = {"iam", "sts", "sns", "sqs", "cloudformation", "autoscaling", "ec2", "monitoring"}


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


def is_in_xml(service: str) -> bool:
    """Whether `service` is one of the older ones, which write XML and have names of their own for errors."""
    return service == "s3" or service in _QUERY_PROTOCOL


def access_denied(service: str, message: str) -> AwsError:
    """Return the error that `service` answers when IAM says no."""
    return AwsError("AccessDenied" if is_in_xml(service) else "AccessDeniedException", message, 403)


def unknown_key(service: str) -> AwsError:
    """Return the error that `service` answers to an access key that nobody has."""
    if service == "s3":
        return AwsError(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            403,
        )
    code = "InvalidClientTokenId" if service in _QUERY_PROTOCOL else "UnrecognizedClientException"
    return AwsError(code, "The security token included in the request is invalid.", 403)


def render(error: AwsError, request: AwsRequest) -> Response:
    """Write `error` as the service that `request` is for writes its errors."""
    if request.service == "s3":
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(error.code)}</Code>'
            f"<Message>{escape(error.message)}</Message></Error>"
        )
        return Response(body, error.status, content_type="application/xml")
    if request.service in _QUERY_PROTOCOL and not request.target:  # CloudWatch speaks JSON as well
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
