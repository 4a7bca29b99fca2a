"""What the playground's server says to what it does not answer."""

from http import HTTPStatus


class RefusedError(Exception):
    """A request is not answered; the message says why."""

    def __init__(self, status: HTTPStatus, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.fix = fix
