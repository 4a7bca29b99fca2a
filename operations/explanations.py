"""What the text of a failure means and what to do about it, from `data/explanations.toml`."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

from catalog.images import image_families, lookup_family
from catalog.nearest import nearest

_DATA = Path(__file__).parent / "data" / "explanations.toml"
# How far around a telling phrase its details are looked for, so that long texts cost no more than short ones.
_BEFORE_CHARACTERS = 600
_AFTER_CHARACTERS = 1200
# A log repeats itself; more places of one phrase tell nothing new.
_MOST_PLACES = 5
# One character for one: `str.lower` makes two of some, and places would no longer fit.
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_PLACEHOLDER = re.compile(r"\{(\w+)\|([^{}]*)\}")
_IMAGE = re.compile(r"/(?P<repository>[\w./-]+):(?P<tag>[\w.-]+)$")


class _Row(TypedDict):
    name: str
    says: list[str]
    near: NotRequired[list[str]]
    details: NotRequired[list[str]]
    cause: str
    fix: str
    rehearsal: NotRequired[str]
    source: str
    example: str


@dataclass(frozen=True)
class Explanation:
    """Why something failed, as far as its text tells."""

    name: str
    """Of the entry, such as `quota`."""

    cause: str
    fix: str
    source: str
    """Where the text was seen, or the limit is written down."""

    found: Mapping[str, str] = field(default_factory=dict[str, str])
    """What was taken out of the text: a quota's name, a bucket, an image."""

    fix_in_rehearsal: str = ""
    """What to do instead where a rehearsal failed; empty: the same."""

    def as_data(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {key: value for key, value in asdict(self).items() if key != "fix_in_rehearsal"}


def explain(text: str) -> list[Explanation]:
    """Return what is known of a failure's text or an excerpt of a log; causes before symptoms, empty if nothing is."""
    lowered = text.translate(_LOWER)
    return [
        _explanation(row, text, places)
        for row in _rows()
        if (places := list(_places(row, lowered)))
    ]


def fix_for(text: str) -> str:
    """Return the most telling fix for a failure's text; empty if nothing is known of it."""
    known = explain(text)
    return known[0].fix if known else ""


def table() -> tuple[Mapping[str, Any], ...]:
    """Return every entry as it is written, in the order in which they are tried."""
    return tuple({**row} for row in _rows())


def _places(row: _Row, lowered: str) -> Iterator[int]:
    """Where a text says what the entry is about, the first few times."""
    for phrase in row["says"]:
        at = lowered.find(phrase)
        for _ in range(_MOST_PLACES):
            if at < 0:
                break
            around = _around(lowered, at)
            if any(word in around for word in row.get("near", [""])):
                yield at
            at = lowered.find(phrase, at + len(phrase))


def _around(text: str, at: int) -> str:
    return text[max(0, at - _BEFORE_CHARACTERS) : at + _AFTER_CHARACTERS]


def _explanation(row: _Row, text: str, places: list[int]) -> Explanation:
    found: dict[str, str] = {}
    for at in places:
        around = _around(text, at)
        for pattern in _patterns(tuple(row.get("details", ()))):
            if match := pattern.search(around):
                found = {
                    **{name: value for name, value in match.groupdict().items() if value},
                    **found,
                }
    known = {**found, **_concluded(found)}

    def filled(template: str) -> str:
        return _PLACEHOLDER.sub(lambda hole: known.get(hole[1], hole[2]), template)

    return Explanation(
        row["name"],
        filled(row["cause"]),
        filled(row["fix"]),
        row["source"],
        found,
        filled(row.get("rehearsal", "")),
    )


def _concluded(found: Mapping[str, str]) -> dict[str, str]:
    """What follows from the details: who grants an action here, and which tag an image may have meant."""
    concluded: dict[str, str] = {}
    if granted := _grants().get(found.get("action", "")):
        concluded["how"] = granted
    if (image := _IMAGE.search(found.get("image", ""))) and (
        tag := nearest(image["tag"], _tags_of(image["repository"]))
    ):
        concluded["nearest"] = tag
    return concluded


def _tags_of(repository: str) -> list[str]:
    return [
        each.tag
        for family in image_families()
        for each in lookup_family(family)
        if each.repository == repository
    ]


@cache
def _patterns(written: tuple[str, ...]) -> list[re.Pattern[str]]:
    return [re.compile(each, re.IGNORECASE) for each in written]


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(_DATA.read_text("utf-8"))


def _rows() -> list[_Row]:
    return cast("list[_Row]", _file()["explanations"])


def _grants() -> dict[str, str]:
    return _file()["grants"]
