"""The rows of `images.json` that a refresh rewrites: the tags there are, and those that families use."""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from catalog.refresh.errors import RefreshError

Row = dict[str, Any]

# Rows of `available` show what the documentation's list shows; this one only helps to name engines.
_NOT_SHOWN = "transformers"
_DIGITS = re.compile(r"([0-9]+)")
_CANDIDATE = re.compile(r"(?<=[0-9])rc[0-9]+")


def folders_to_read(images: Mapping[str, Any]) -> set[str]:
    """The folders of the documentation's data that the committed catalog was made from."""
    followed = [row["follows"]["files"] for row in images["families"].values() if "follows" in row]
    listed = [row["file"] for row in images["available"]]
    return {PurePosixPath(path).parent.as_posix() for path in (*followed, *listed)}


def available_rows(parsed: Iterable[Row]) -> list[Row]:
    """The rows of `available`, in the order of repositories and versions."""
    rows = [{name: row[name] for name in row if name != _NOT_SHOWN} for row in parsed]
    return sorted(
        rows, key=lambda row: (row["repository"], _natural(row["version"]), _natural(row["file"]))
    )


def family_rows(
    committed: Mapping[str, Row], parsed: Iterable[Row], address: str, date: str
) -> dict[str, Row]:
    """The rows of `families`, each with the newest image of the files that it follows.

    Args:
        committed: the rows so far; one that follows no files stays as it is.
        parsed: what `parse_image_file` gave for every file.
        address: of the documentation's repository at the commit that was read.
        date: of that commit.

    Raises:
        RefreshError: a family follows files that are no more.
    """
    parsed = list(parsed)
    return {name: _family_row(name, row, parsed, address, date) for name, row in committed.items()}


def _family_row(name: str, row: Row, parsed: list[Row], address: str, date: str) -> Row:
    follows = row.get("follows")
    if follows is None:
        return row
    found = [image for image in parsed if fnmatchcase(image["file"], follows["files"])]
    if not found:
        raise RefreshError(f"the family {name} follows {follows['files']}, and no file is named so")
    # A version is published again under a new tag when the image around it has changed.
    newest = max(found, key=lambda image: (_version(image["file"]), _natural(image["tag"])))
    if newest["tag"] == row["tag"]:
        return row
    return {
        **row,
        "cuda": newest["cuda"],
        "date": date,
        "engine": _engine(name, follows["engine"], newest),
        "repository": newest["repository"],
        "source": f"{address}/{newest['file'].replace('+', '%2B')}",
        "tag": newest["tag"],
    }


def _engine(name: str, template: str, image: Row) -> str:
    facts = {**image, "version": image["version"].partition("+")[0]}
    try:
        return template.format_map(facts)
    except KeyError as error:
        raise RefreshError(f"{image['file']} has no {error.args[0]}, which {name} shows") from error


def _version(file: str) -> tuple[list[int], bool]:
    """To find the newest by: numbers of the file's name, a release after its candidates."""
    name = PurePosixPath(file).name.partition("+")[0]
    release = _CANDIDATE.sub("", name)
    return [int(digits) for digits in _DIGITS.findall(release)], release == name


def _natural(text: str) -> list[tuple[bool, int, str]]:
    """To sort by as people do: 0.5.9 before 0.5.10."""
    return [
        (part.isdecimal(), int(part), "") if part.isdecimal() else (False, 0, part)
        for part in _DIGITS.split(text)
    ]
