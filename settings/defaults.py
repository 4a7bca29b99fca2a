"""What the sections declare for settings that a stack leaves out."""

from collections.abc import Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from settings.sections import GenaiSettings


def default_of(path: Sequence[object]) -> Any:
    """The default of the setting at a path of keys; None if it has none, or there is no such setting."""
    section: type[BaseModel] | None = GenaiSettings
    rest = list(path)
    while rest and section is not None:
        step = rest.pop(0)
        field = next((each for each in section.model_fields.values() if each.alias == step), None)
        if field is None:
            return None
        if not rest:
            return None if field.is_required() else field.get_default(call_default_factory=True)
        if get_origin(field.annotation) is dict:
            del rest[0]  # the entry's name, which the stack chose
        section = _section_of(field.annotation)
    return None


def _section_of(annotation: Any) -> type[BaseModel] | None:
    """The section that a field holds, seen through `or nothing`."""
    for candidate in (annotation, *get_args(annotation)):
        if (
            get_origin(candidate) is None
            and isinstance(candidate, type)
            and issubclass(candidate, BaseModel)
        ):
            return candidate
    return None
