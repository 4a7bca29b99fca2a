"""Reading JSON strictly, and naming JSON values in messages without showing what they hold."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn, TypeGuard


class NotJsonError(ValueError):
    """The text is not JSON; the message says why and quotes nothing of it."""


def parse_json(text: str) -> object:
    """The value of a JSON text.

    Unlike `json.loads` it refuses NaN and Infinity, and every failure is a NotJsonError.
    """
    with only_not_json_errors():
        return json.loads(text, parse_constant=refuse_constant)


@contextmanager
def only_not_json_errors() -> Generator[None, None, None]:
    """Inside, whatever is wrong with a JSON text becomes a NotJsonError."""
    try:
        yield
    except json.JSONDecodeError as error:
        raise NotJsonError(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise NotJsonError("it is nested too deeply") from None
    except NotJsonError:
        raise
    except ValueError:
        # int() takes 4300: https://docs.python.org/3/library/stdtypes.html#int-max-str-digits
        raise NotJsonError("it holds a number with too many digits") from None


def object_in(text: str | bytes | None) -> dict[str, object]:
    """The object that a JSON text of another's holds; an empty one when it holds none."""
    try:
        value = parse_json(text.decode(errors="replace") if isinstance(text, bytes) else text or "")
    except NotJsonError:
        return {}
    return value if is_object(value) else {}


def refuse_constant(name: str) -> NoReturn:
    """For `parse_constant`: NaN and Infinity are not JSON."""
    raise NotJsonError(f"{name} is not a JSON number")


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Whether a JSON value is a list."""
    return isinstance(value, list)


def is_whole_number(value: object) -> TypeGuard[int]:
    """Whether a JSON value is an integer; true and false are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a JSON value is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_unicode(text: str) -> bool:
    """Whether a string can be written as UTF-8: half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def kind_of(value: object) -> str:
    """What a JSON value is, for a message: "null", "a string", "an object"."""
    if value is None:
        return "null"
    for kind, name in _KIND_NAMES:
        if isinstance(value, kind):
            return name
    return f"a {type(value).__name__}"


_KIND_NAMES = (
    (bool, "a boolean"),  # before int: a bool is an int
    ((int, float), "a number"),
    (str, "a string"),
    (list, "a list"),
    (dict, "an object"),
)


def printable(text: str, longest: int = 500) -> str:
    """Foreign text fit for a message: one line of valid Unicode, at most `longest` characters."""
    # Cut before the costly steps: a stranger decides how long `text` is.
    line = " ".join(text[: longest * 2].encode(errors="replace").decode().split())
    return line if len(line) <= longest and len(text) <= longest * 2 else line[: longest - 1] + "…"
