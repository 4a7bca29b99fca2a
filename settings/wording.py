"""How the settings speak: values shown to a person, and refusals that carry their own fix."""

from collections.abc import Iterable
from types import NoneType

from pydantic_core import PydanticCustomError

from catalog.nearest import nearest
from catalog.service_model import Range
from settings.secure_value import SecureValue

REFUSED = "refused"
_LONGEST_QUOTE = 80
_LARGEST_SHOWN = 10**30  # Python itself refuses to print more than 4,300 digits
_NAMES: dict[type, str] = {
    dict: "a group of settings",
    list: "a list",
    NoneType: "nothing",
    SecureValue: "an encrypted value",
}


def refuse(message: str, fix: str) -> PydanticCustomError:
    """An error for a validator to raise, in the words that the person will read."""
    return PydanticCustomError(REFUSED, "{message}", {"message": message, "fix": fix})


def quote(text: str) -> str:
    """A text as it was written, shortened, with anything unprintable made visible."""
    shown = text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "..."
    return f'"{shown}"' if shown.isprintable() else ascii(shown)


def describe(value: object) -> str:
    """Name a value from a stack file: `the text "ten"`, `the number 5`, `a list`."""
    if isinstance(value, str):
        return f"the text {quote(value)}"
    if isinstance(value, bool):
        return as_written(value)
    if value == []:
        return "an empty list"
    if isinstance(value, int | float):
        return f"the number {as_written(value)}"
    return _NAMES.get(type(value), f"a value of type {type(value).__name__}")


def as_written(value: float) -> str:
    """A scalar as YAML writes it. Not every digit of a gigantic number: nobody would read them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) > _LARGEST_SHOWN:
        return f"of {value.bit_length()} bits"
    return str(value)


def whole_number(bounds: Range) -> str:
    """`a whole number from 1 to 900`, or as much of it as is bounded."""
    if bounds.minimum is None and bounds.maximum is None:
        return "a whole number"
    if bounds.maximum is None:
        return f"a whole number of at least {bounds.minimum}"
    return f"a whole number from {bounds.minimum} to {bounds.maximum}"


def one_of(choices: Iterable[object]) -> str:
    """`one of a, b, c`."""
    return f"one of {', '.join(str(choice) for choice in choices)}"


def suggestion(word: str, known: Iterable[str], otherwise: str) -> str:
    """`did you mean X?`, or something else to do when nothing is close."""
    guess = nearest(word, known)
    return f"did you mean {guess}?" if guess else otherwise
