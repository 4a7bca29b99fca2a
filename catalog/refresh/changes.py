"""What a refresh would change, and which of it deserves a human look first."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Change(NamedTuple):
    """One difference between the committed catalog and its sources."""

    text: str
    needs_acceptance: bool
    """Whether it may break a stack, so that it is written only when it was accepted."""


def instance_changes(
    old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> Iterator[Change]:
    """Differences between two versions of the instance types."""
    for name in sorted(old.keys() - new.keys()):
        yield Change(f"{name}: gone from AWS's list of hosting types", needs_acceptance=True)
    for name in sorted(new.keys() - old.keys()):
        yield Change(f"{name}: new", needs_acceptance=False)
    for name in sorted(old.keys() & new.keys()):
        for text in _differences(old[name], new[name]):
            yield Change(f"{name}: {text}", needs_acceptance=False)


def image_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Differences between two versions of the serving images."""
    yield from _tag_changes(old["available"], new["available"])
    for name in sorted(old["families"]):
        yield from _family_changes(name, old["families"][name], new["families"][name])
    for registry in sorted(old["registries"]):
        yield from _account_changes(
            registry, old["registries"][registry], new["registries"][registry]
        )


def _tag_changes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[Change]:
    before = {row["file"]: row for row in old}
    after = {row["file"]: row for row in new}
    for file in sorted(before.keys() - after.keys()):
        yield Change(f"{_image(before[file])}: gone", needs_acceptance=False)
    for file in sorted(after.keys() - before.keys()):
        yield Change(f"{_image(after[file])}: new", needs_acceptance=False)
    for file in sorted(before.keys() & after.keys()):
        for text in _differences(before[file], after[file]):
            yield Change(f"{_image(before[file])}: {text}", needs_acceptance=False)


def _family_changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for column in ("repository", "tag", "cuda"):
        if old[column] == new[column]:
            continue
        # The advice on the host image and the notes were written for the CUDA version that there was.
        advice = "; its host image and notes are to be read again" if column == "cuda" else ""
        text = f"family {name}: {column} {old[column]} -> {new[column]}{advice}"
        yield Change(text, needs_acceptance=column != "tag")


def _account_changes(
    registry: str, old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[Change]:
    for region in sorted(old.keys() | new.keys()):
        before, after = old.get(region), new.get(region)
        if before == after:
            continue
        if before is None:
            yield Change(f"registry {registry}: {region} new, {after}", needs_acceptance=False)
        else:
            text = f"registry {registry}: {region} {before} -> {after or 'gone'}"
            yield Change(text, needs_acceptance=True)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for column in sorted(old.keys() | new.keys()):
        if old.get(column) != new.get(column):
            yield f"{column} {old.get(column)} -> {new.get(column)}"


def _image(row: Mapping[str, Any]) -> str:
    return f"{row['repository']}:{row['tag']}"
