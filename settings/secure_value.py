"""A value that the stack file holds encrypted."""

from typing import final


@final
class SecureValue:
    """Stands for a `secure:` value of a stack file. Only Pulumi can decrypt it."""

    def __init__(self, text: str | None = None) -> None:
        """`text` is what it decrypts to; None outside a Pulumi program."""
        self.text = text

    def __repr__(self) -> str:
        return "SecureValue()"
