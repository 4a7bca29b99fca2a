"""How policies spell things."""

from typing import Any


def as_list(value: Any) -> list[Any]:
    """Return what may be written as one value or a list of them as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]
