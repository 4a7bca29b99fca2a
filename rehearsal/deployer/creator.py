"""What every creator of resources is given, gives back and shares."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rehearsal.local_account import LocalAccount

Inputs = dict[str, Any]
_SUFFIX_BYTES = 4


@dataclass(frozen=True)
class Created:
    """The physical id of a created resource, and the outputs that the provider would report."""

    id: str
    outputs: dict[str, Any]


Creator = Callable[[LocalAccount, str, Inputs], Created]
"""`(account, logical name, inputs in camelCase) -> Created`."""


def physical_name(logical_name: str, inputs: Inputs, key: str = "name") -> str:
    """Return the name the program gave, or one as Pulumi makes them: the logical name and 7 hex digits."""
    return inputs.get(key) or f"{logical_name}-{secrets.token_hex(_SUFFIX_BYTES)[:7]}"


def tag_list(inputs: Inputs) -> list[dict[str, str]]:
    """Return tags as most AWS requests carry them."""
    return [{"Key": key, "Value": value} for key, value in inputs.get("tags", {}).items()]
