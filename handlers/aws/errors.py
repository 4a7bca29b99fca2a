"""Every way in which a call to AWS can fail: one class, one condition."""

from collections.abc import Mapping


class CallFailedError(Exception):
    """A call to AWS did not succeed. The message quotes nothing of what was sent."""


class AwsError(CallFailedError):
    """The service answered with an error."""

    def __init__(
        self, code: str, message: str, status: int, members: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(f"{code} ({status}): {message}")
        self.code: str = code
        """AWS's name for the error; the HTTP status as text when the answer gave none."""
        self.message: str = message
        self.status: int = status
        """The HTTP status."""
        self.members: Mapping[str, object] = members or {}
        """Everything that the error's body says."""


class NotConnectedError(CallFailedError):
    """There is no connection, or it did not take the whole request: nobody can have acted on it."""


class ConnectionBrokenError(CallFailedError):
    """The request was sent, and the connection ended before any byte of a reply."""


class ReadTimedOutError(CallFailedError):
    """The reply, or the rest of it, did not come in time."""


class ReplyBrokenError(CallFailedError):
    """The reply began, and then the connection ended or what came was not HTTP."""


class ReplyTooLargeError(CallFailedError):
    """The reply is larger than the caller takes."""


class CredentialsMissingError(CallFailedError):
    """There are no credentials, or the place that hands them out does not answer."""


class AwsSettingsError(Exception):
    """The environment says no or contradictory things about where AWS is."""
