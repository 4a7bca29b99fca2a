"""Tags: what AWS accepts as key and value."""

import unicodedata

from catalog.service_model import Range
from settings import limits
from settings.wording import quote, refuse

STANDARD_TAGS = ("Project", "Stack")
"""What every resource carries; the costs of a stack are found by both."""


def check_tag_key(key: str) -> str:
    """Refuse the key of a tag that AWS would refuse."""
    if not key:
        raise refuse("a tag needs a key, found an empty one", "write a key such as Team")
    if key.casefold().startswith("aws:"):
        raise refuse(f"{quote(key)} starts with aws:, which only AWS may use", "write another key")
    _check_text(key, limits.TAG_KEY_LENGTH)
    return key


def check_tag_value(value: str) -> str:
    """Refuse the value of a tag that AWS would refuse."""
    _check_text(value, limits.TAG_VALUE_LENGTH)
    return value


def _check_text(text: str, length: Range) -> None:
    if length.maximum is not None and len(text) > length.maximum:
        raise refuse(
            f"{quote(text)} has {len(text)} characters; AWS allows {length.maximum}", "shorten it"
        )
    strange = sorted({character for character in text if not _is_allowed(character)})
    if strange:
        raise refuse(
            f"{quote(text)} has {quote(''.join(strange))}, which AWS does not allow in a tag",
            f"use letters, digits, spaces and {' '.join(sorted(limits.TAG_PUNCTUATION))}",
        )


def _is_allowed(character: str) -> bool:
    return unicodedata.category(character)[0] in "LZN" or character in limits.TAG_PUNCTUATION
