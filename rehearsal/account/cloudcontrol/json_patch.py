"""JSON Patch (RFC 6902), as far as Cloud Control takes it: add, remove, replace and test."""

import copy
from typing import Any


class PatchError(Exception):
    """The patch is not one, or does not fit what it is applied to."""


def apply_patch(document: Any, patch: list[dict[str, Any]]) -> Any:
    """Return `document` as `patch` changes it; the document itself stays as it is.

    Raises:
        PatchError: an operation is unknown, or names what is not there.
    """
    changed = copy.deepcopy(document)
    for step in patch:
        try:
            changed = _apply(changed, step["op"], _keys(step["path"]), step)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError) as failure:
            raise PatchError(f"cannot apply {step}: {failure!r}") from failure
    return changed


def _keys(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"{pointer} is no JSON pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _apply(document: Any, operation: str, keys: list[str], step: dict[str, Any]) -> Any:
    if not keys:
        if operation not in {"add", "replace"}:
            raise ValueError(f"{operation} of everything")
        return step["value"]
    parent = document
    for key in keys[:-1]:
        parent = parent[_place(parent, key)]
    _change(parent, operation, keys[-1], step)
    return document


def _change(parent: Any, operation: str, key: str, step: dict[str, Any]) -> None:
    if operation == "add":
        if isinstance(parent, list):
            parent.insert(len(parent) if key == "-" else int(key), step["value"])
        else:
            parent[key] = step["value"]
        return
    place = _place(parent, key)
    present = parent[place]
    if operation == "remove":
        del parent[place]
    elif operation == "replace":
        parent[place] = step["value"]
    elif operation != "test":
        raise ValueError(f"{operation} is not played")
    elif present != step["value"]:
        raise ValueError(f"found {present!r}")


def _place(parent: Any, key: str) -> Any:
    return int(key) if isinstance(parent, list) else key
