"""A value that the stack file holds encrypted."""

from typing import final


@final
class SecureValue:
    """Stands for a `secure:` value of a stack file; only Pulumi can decrypt it."""

    def __repr__(self) -> str:
        return "SecureValue()"
