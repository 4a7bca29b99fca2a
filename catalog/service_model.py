"""AWS's own limits, read from the service models that botocore ships. No network, no credentials.

The files are read directly: botocore's loader gives the same content, but importing it takes three
times as long as reading the largest model, and every command would pay. A test compares the two.
"""

import gzip
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, TypedDict, cast

from catalog.errors import CatalogError
from catalog.nearest import nearest


class Range(NamedTuple):
    """Least and greatest value of a number, or length of a text, list or map. None: unbounded."""

    minimum: int | None
    maximum: int | None


class _Shape(TypedDict, total=False):
    enum: list[str]
    pattern: str
    min: int
    max: int


def shape_enum(service: str, shape: str) -> tuple[str, ...]:
    """The values that AWS accepts for an enumerated shape.

    `shape_enum("sagemaker", "ProductionVariantInstanceType")` is every hosting instance type. Being
    in an enum says nothing of a Region's stock or an account's quota.

    Raises:
        CatalogError: no such service or shape, or the shape has no enum.
    """
    values = _shape(service, shape).get("enum")
    if values is None:
        raise CatalogError(f"shape {shape} of {service} has no enum")
    return tuple(values)


def shape_pattern(service: str, shape: str) -> str:
    r"""The pattern that the whole text must match, as AWS writes it.

    Most patterns are valid for Python's `re`; those with `\p{L}` and the like are not.

    Raises:
        CatalogError: no such service or shape, or the shape has no pattern.
    """
    pattern = _shape(service, shape).get("pattern")
    if pattern is None:
        raise CatalogError(f"shape {shape} of {service} has no pattern")
    return pattern


def shape_range(service: str, shape: str) -> Range:
    """Bounds of a number, or of the length of a text, list or map.

    Raises:
        CatalogError: no such service or shape, or the shape has neither bound.
    """
    facts = _shape(service, shape)
    if "min" not in facts and "max" not in facts:
        raise CatalogError(f"shape {shape} of {service} has no bounds")
    return Range(facts.get("min"), facts.get("max"))


def _shape(service: str, shape: str) -> _Shape:
    shapes = _shapes(service)
    if shape not in shapes:
        guess = nearest(shape, shapes)
        hint = f"; the nearest is {guess}" if guess else ""
        raise CatalogError(f"botocore's model of {service} has no shape {shape}{hint}")
    return shapes[shape]


@cache
def _shapes(service: str) -> dict[str, _Shape]:
    versions = sorted((_botocore_data() / service).glob("*/service-2.json*"))
    if not versions:
        raise CatalogError(f"botocore has no service {service}")
    newest = versions[-1]
    content = newest.read_bytes()
    if newest.suffix == ".gz":
        content = gzip.decompress(content)
    return cast("dict[str, _Shape]", json.loads(content)["shapes"])


def _botocore_data() -> Path:
    spec = find_spec("botocore")
    if spec is None or spec.origin is None:
        raise CatalogError("botocore is not installed; it comes with boto3")
    return Path(spec.origin).parent / "data"
