"""What an operation says when it cannot do what it was asked."""


class OperationError(Exception):
    """An operation failed in a way that a person can act on.

    `str()` is what is wrong; `fix` what to do about it, empty if that says it already.
    """

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.fix: str = fix


class NotFoundError(OperationError):
    """There is no such stack, it is not deployed, or nobody answers where it should be."""
