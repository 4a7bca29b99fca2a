"""Turn a resource's registered inputs into the request that the AWS API expects.

Pulumi hands inputs over in camelCase with every number as a float; the API wants its own spelling and
whole numbers. The service model says which. What the model does not know is an error, so that no input
is dropped without a word.
"""

from functools import lru_cache
from typing import Any

from botocore.model import Shape

from rehearsal.account.service_model import describe_violations, service_model, violations

_CONTAINERS: dict[str, type] = {"structure": dict, "map": dict, "list": list}


class InputError(Exception):
    """An input that the API has no member for, or that cannot be what the member is."""


def to_request(service: str, operation: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Convert `inputs` to the members of an operation's request.

    Raises:
        InputError: naming the input, and the members that exist or the type that is wanted.
    """
    shape = service_model(service).operation_model(operation).input_shape
    return _convert(shape, inputs, operation)


def checked_request(service: str, operation: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Convert `inputs` as `to_request`, and hold them against the maximums, patterns and enums too.

    For what moto answers, which does not look at them.

    Raises:
        InputError: also for what AWS would refuse by its service model.
    """
    request = to_request(service, operation, inputs)
    if found := violations(service, operation, request):
        raise InputError(f"{operation}: {describe_violations(found)}")
    return request


def _convert(shape: Any, value: Any, path: str) -> Any:
    wanted = _CONTAINERS.get(shape.type_name)
    if wanted is not None and not isinstance(value, wanted):
        raise InputError(f"{path} must be a {shape.type_name}, got {value!r}")
    if shape.type_name == "structure":
        return _structure(shape, value, path)
    if shape.type_name == "list":
        return [_convert(shape.member, item, path) for item in value]
    if shape.type_name == "map":
        return {key: _convert(shape.value, item, f"{path}.{key}") for key, item in value.items()}
    if shape.type_name in {"integer", "long"}:
        return _whole_number(value, path)
    if shape.type_name in {"float", "double"} and isinstance(value, str):
        return _number(value, path)  # the provider keeps some as text, to tell 0 from none
    return value


def _structure(shape: Any, value: dict[str, Any], path: str) -> dict[str, Any]:
    members = _members_by_lowered_name(shape)
    converted: dict[str, Any] = {}
    for key, item in value.items():
        if item is None:
            continue
        if key.lower() not in members:
            known = ", ".join(sorted(name for name, _ in members.values()))
            raise InputError(f"{path} has no member for the input {key!r}; it has: {known}")
        name, member = members[key.lower()]
        converted[name] = _convert(member, item, f"{path}.{key}")
    return converted


def _whole_number(value: Any, path: str) -> int:
    try:
        whole = int(value)
        is_whole = whole == float(value)
    except (TypeError, ValueError, OverflowError) as failure:
        raise InputError(f"{path} must be a whole number, got {value!r}") from failure
    if not is_whole:
        raise InputError(f"{path} must be a whole number, got {value!r}")
    return whole


def _number(text: str, path: str) -> float:
    try:
        return float(text)
    except ValueError as failure:
        raise InputError(f"{path} must be a number, got {text!r}") from failure


@lru_cache(maxsize=512)
def _members_by_lowered_name(shape: Any) -> dict[str, tuple[str, Shape]]:
    return {name.lower(): (name, member) for name, member in shape.members.items()}
