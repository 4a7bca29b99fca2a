"""The types of pulumi-aws that take tags: `python -m policy.taggable` reads them from the package.

A list, because a policy sees what a program said of a resource, and not what it could have said.
"""

import json
import re
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

_DATA = Path(__file__).parent / "data" / "taggable.json"
_PACKAGE = "pulumi_aws"
_TYPE = re.compile(r"super\(\w+, __self__\)\.__init__\(\s*'(aws:[\w/]+:\w+)'")
_TAGS = '__props__.__dict__["tags"] = tags'


@cache
def taggable_types() -> frozenset[str]:
    """Every type that has an input `tags`."""
    data = cast("dict[str, Any]", json.loads(_DATA.read_text("utf-8")))
    return frozenset(cast("list[str]", data["types"]))


def types_in_package() -> list[str]:
    """The same from the sources of the installed pulumi-aws, sorted; nothing of it is imported."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{_PACKAGE} is not installed")
    found: list[str] = []
    for file in Path(spec.origin).parent.rglob("*.py"):
        source = file.read_text("utf-8")
        named = _TYPE.search(source)
        if named and _TAGS in source:
            found.append(named[1])
    return sorted(found)


def main() -> None:
    """Write the list."""
    told = {"source": f"{_PACKAGE} {version('pulumi-aws')}", "types": types_in_package()}
    _ = _DATA.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
