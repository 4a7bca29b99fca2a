"""Hold a request against AWS's own service model, as strictly as AWS does.

botocore checks types, required members and minimums before it sends; maximums, patterns and enums are
left to the server. This is the server.
"""

import re
from functools import lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}
_BOUNDED_BY_LENGTH = {"string", "list", "map", "blob"}
_ENUM_VALUES_SHOWN = 20
_JAVA_SPELLINGS = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\s",
    r"\p{ASCII}": r"[\x00-\x7f]",
    r"[\p{Print}]": r"[\x20-\x7e]",
    r"\p{Print}": r"[\x20-\x7e]",
    r"\z": r"\Z",
}


@lru_cache
def service_model(service: str) -> ServiceModel:
    """Load the model that the installed botocore ships for `service`."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def violations(service: str, operation: str, request: dict[str, Any]) -> list[str]:
    """Return what is wrong with `request`, in AWS's words; empty when nothing is."""
    shape: Any = service_model(service).operation_model(operation).input_shape
    found: list[str] = []
    if shape is not None:
        _check(shape, request, "", found)
    return found


def describe_violations(found: list[str]) -> str:
    """Join violations the way AWS's validation errors do."""
    errors = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {errors} detected: " + "; ".join(found)


def _check(shape: Any, value: Any, path: str, found: list[str]) -> None:
    if not _is_of_kind(value, shape.type_name):
        found.append(
            f"Value at '{path}' failed to satisfy constraint: Member must be a {shape.type_name}"
        )
        return
    _check_bounds(shape, value, path, found)
    if shape.type_name == "structure":
        _check_structure(shape, value, path, found)
    elif shape.type_name == "list":
        for index, item in enumerate(value, start=1):
            _check(shape.member, item, f"{path}.{index}.member", found)
    elif shape.type_name == "map":
        for key, item in value.items():
            _check(shape.key, key, f"{path}.{key}.key", found)
            _check(shape.value, item, f"{path}.{key}.value", found)


def _is_of_kind(value: object, type_name: str) -> bool:
    kinds = _KINDS.get(type_name, (object,))
    # To Python a bool is an int; to AWS it is not.
    return isinstance(value, kinds) and (type(value) is not bool or int not in kinds)


def _check_structure(shape: Any, value: dict[str, Any], path: str, found: list[str]) -> None:
    found.extend(
        f"Value at '{_member(path, name)}' failed to satisfy constraint: Member must not be null"
        for name in shape.required_members
        if name not in value
    )
    for name, item in value.items():
        if name not in shape.members:
            found.append(f"Unknown member '{_member(path, name)}'")
        else:
            _check(shape.members[name], item, _member(path, name), found)


def _check_bounds(shape: Any, value: Any, path: str, found: list[str]) -> None:
    limits = shape.metadata
    rule: str | None = None
    size = len(value) if shape.type_name in _BOUNDED_BY_LENGTH else value
    what = "length " if shape.type_name in _BOUNDED_BY_LENGTH else "value "
    if "min" in limits and size < limits["min"]:
        rule = f"Member must have {what}greater than or equal to {limits['min']}"
    elif "max" in limits and size > limits["max"]:
        rule = f"Member must have {what}less than or equal to {limits['max']}"
    elif "enum" in limits and value not in limits["enum"]:
        rule = f"Member must satisfy enum value set: {_abridged(limits['enum'])}"
    elif "pattern" in limits and not _satisfies(limits["pattern"], value):
        rule = f"Member must satisfy regular expression pattern: {limits['pattern']}"
    if rule:
        found.append(f"Value '{value}' at '{path}' failed to satisfy constraint: {rule}")


def _satisfies(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Compile a pattern of the service model, which are Java's; Python spells some of it its own way.

    None for the few that Python cannot express; none of them belongs to hosting.
    """
    for javas, pythons in _JAVA_SPELLINGS.items():
        pattern = pattern.replace(javas, pythons)
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _abridged(values: list[str]) -> str:
    shown = ", ".join(values[:_ENUM_VALUES_SHOWN])
    more = f", ... ({len(values)} in all)" if len(values) > _ENUM_VALUES_SHOWN else ""
    return f"[{shown}{more}]"


def _member(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered
