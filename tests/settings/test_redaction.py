"""The patterns that have a name: what they take out of a text, what they leave, and that it takes no time to speak of."""

import re

import pytest

from settings.redaction import NAMED_PATTERNS, redaction_rule

PIECES = ["a", "1", "a.", "1.", "1 ", "+1 ", "a@", "(1", "f:", ":", "2001:", "é", " "]


def redacted(name: str, text: str) -> str:
    rule = redaction_rule(name)
    return re.sub(rule["pattern"], rule["replacement"], text)


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("email", "Write to ann.lee+news@mail.example.com.", "Write to [email]."),
        ("email", "ann@example.com, bob@example.org", "[email], [email]"),
        ("email", "jürgen@bücher.example", "[email]"),
        ("email", "a < b @ c", "a < b @ c"),
        ("ip-address", "from 10.0.0.1 to 192.168.100.254.", "from [ip-address] to [ip-address]."),
        ("ip-address", "::1 or fe80::1ff:fe23:4567:890a", "[ip-address] or [ip-address]"),
        ("ip-address", "2001:db8:0:0:0:0:2:1", "[ip-address]"),
        ("ip-address", "2001:db8:: is a prefix", "[ip-address] is a prefix"),
        ("ip-address", "version 1.2.3, at 12:30:45", "version 1.2.3, at 12:30:45"),
        ("ip-address", "section 1.2.3.4.5", "section 1.2.3.4.5"),
        ("ip-address", "std::vector", "std::vector"),
        ("phone", "Call +49 30 1234567 today", "Call [phone] today"),
        ("phone", "+1 (555) 123-4567", "[phone]"),
        ("phone", "(555) 123-4567 or 555-123-4567", "[phone] or [phone]"),
        ("phone", "on 2026-11-25 for 1234567890", "on 2026-11-25 for 1234567890"),
        ("card-number", "4111 1111 1111 1111 until 12/30", "[card-number] until 12/30"),
        ("card-number", "5500-0000-0000-0004", "[card-number]"),
        ("card-number", "378282246310005", "[card-number]"),
        ("card-number", "4" * 20, "4" * 20),
        ("card-number", "order 123456789012", "order 123456789012"),
    ],
)
def test_a_named_pattern_takes_out_what_it_is_named_after(name: str, text: str, kept: str) -> None:
    assert redacted(name, text) == kept


@pytest.mark.parametrize("name", NAMED_PATTERNS)
def test_every_repetition_in_a_named_pattern_has_an_end(name: str) -> None:
    parsed = re._parser.parse(NAMED_PATTERNS[name])  # pyright: ignore[reportAttributeAccessIssue]  # only the parser knows how long a match can be

    _, longest = parsed.getwidth()

    assert longest < 700


@pytest.mark.parametrize("name", NAMED_PATTERNS)
@pytest.mark.parametrize("piece", PIECES)
def test_no_text_keeps_a_named_pattern_busy(name: str, piece: str) -> None:
    text = piece * (100_000 // len(piece))

    # Work that grows with the square of the length would not end within a test's patience.
    assert len(redacted(name, text)) <= len(text)
