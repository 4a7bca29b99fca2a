"""Guess which known name a mistyped one was meant to be."""

import difflib
from collections.abc import Iterable

_LONGEST_GUESS = 100  # difflib compares every pair of characters; no known name is half as long


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name closest to `word`, ignoring case; None when nothing is close."""
    if len(word) > _LONGEST_GUESS:
        return None
    by_folded = {name.casefold(): name for name in known}
    matches = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[matches[0]] if matches else None
