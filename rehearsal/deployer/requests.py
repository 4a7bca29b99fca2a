"""Turn a resource's registered inputs into the request that the AWS API expects.

Pulumi hands inputs over in camelCase with every number as a float; the API wants its own spelling and
whole numbers. The service model says which. What the model does not know is an error, so that no input
is dropped without a word.
"""

from functools import lru_cache
from typing import Any

from botocore.model import Shape

from rehearsal.account.service_model import service_model


class UnknownInputError(Exception):
    """An input that the API has no member for."""


def to_request(service: str, operation: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Convert `inputs` to the members of an operation's request.

    Raises:
        UnknownInputError: naming the input and the members that exist.
    """
    shape = service_model(service).operation_model(operation).input_shape
    return _convert(shape, inputs, operation)


def _convert(shape: Any, value: Any, path: str) -> Any:
    if shape.type_name == "structure":
        members = _members_by_lowered_name(shape)
        return {
            members[key.lower()][0]: _convert(members[key.lower()][1], item, f"{path}.{key}")
            for key, item in value.items()
            if item is not None and _is_known(key, members, path)
        }
    if shape.type_name == "list":
        return [_convert(shape.member, item, path) for item in value]
    if shape.type_name == "map":
        return {key: _convert(shape.value, item, f"{path}.{key}") for key, item in value.items()}
    if shape.type_name in {"integer", "long"}:
        return int(value)
    return value


def _is_known(key: str, members: dict[str, tuple[str, Shape]], path: str) -> bool:
    if key.lower() not in members:
        known = ", ".join(sorted(name for name, _ in members.values()))
        raise UnknownInputError(f"{path} has no member for the input {key!r}; it has: {known}")
    return True


@lru_cache(maxsize=512)
def _members_by_lowered_name(shape: Any) -> dict[str, tuple[str, Shape]]:
    return {name.lower(): (name, member) for name, member in shape.members.items()}
