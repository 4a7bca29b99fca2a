"""Which changes of a resource replace it, from `data/replacements.json`.

Every other change is an update in place. Read from the schemas of terraform-provider-aws, which pulumi-aws is
made from: file, commit and date are in the data.
"""

import json
from functools import cache
from pathlib import Path
from typing import TypedDict, cast

from catalog.errors import CatalogError

_DATA = Path(__file__).parent / "data" / "replacements.json"


class _Row(TypedDict):
    replaces: list[str]
    source: str
    type: str


class _Table(TypedDict):
    create_only: dict[str, list[str]]
    resources: list[_Row]


def replacing_properties(resource_type: str) -> tuple[str, ...]:
    """The properties whose change replaces a resource; a dotted one is a member of a block.

    Args:
        resource_type: the resource's token, such as `aws:sagemaker/endpoint:Endpoint`.

    Raises:
        CatalogError: nothing is known of the type.
    """
    row = _rows().get(resource_type)
    if row is None:
        raise CatalogError(f"it is not known which changes replace a {resource_type}")
    return tuple(row["replaces"])


def create_only_properties(cloudformation_type: str) -> tuple[str, ...]:
    """The properties of a Cloud Control resource whose change replaces it; none for an unknown type."""
    return tuple(_table()["create_only"].get(cloudformation_type, ()))


def known_resource_types() -> tuple[str, ...]:
    """Every type of the catalog, sorted."""
    return tuple(sorted(_rows()))


@cache
def _rows() -> dict[str, _Row]:
    return {row["type"]: row for row in _table()["resources"]}


@cache
def _table() -> _Table:
    return cast("_Table", json.loads(_DATA.read_bytes()))
