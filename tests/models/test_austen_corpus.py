"""The corpus reader, on a small lazy-load database written as R writes one."""

import gzip
import struct
import zlib
from pathlib import Path

import pytest
from austen_corpus import NOVELS, CorpusError, clean_text, read_novels, unserialise

HEADER_V3 = b"X\n" + struct.pack(">3i", 3, 0x040201, 0x030500) + struct.pack(">i", 5) + b"UTF-8"
UTF8, LATIN1, ASCII = 0x8009, 0x4009, 0x40009
NULL = struct.pack(">i", 0xFE)


def string(text: bytes, flags: int = ASCII) -> bytes:
    return struct.pack(">2i", flags, len(text)) + text


def strings(*texts: bytes) -> bytes:
    return struct.pack(">2i", 16, len(texts)) + b"".join(string(text) for text in texts)


def integers(*values: int) -> bytes:
    return struct.pack(f">{2 + len(values)}i", 13, len(values), *values)


def named_list(items: dict[bytes, bytes], symbol: bytes) -> bytes:
    names = struct.pack(">i", 0x402) + symbol + strings(*items) + NULL
    return struct.pack(">2i", 0x213, len(items)) + b"".join(items.values()) + names


def write_database(folder: Path, novels: dict[str, bytes]) -> None:
    """Write the two files; the symbol `names` is spelt once and referred to afterwards."""
    objects, places = b"", dict[bytes, bytes]()
    for name, serialised in novels.items():
        packed = struct.pack(">i", len(serialised)) + zlib.compress(serialised)
        places[name.encode()] = integers(len(objects), len(packed))
        objects += packed
    spelt, again = struct.pack(">i", 1) + string(b"names"), struct.pack(">i", 0x1FF)
    compressed = struct.pack(">3i", 10, 1, 1)
    index = named_list({b"variables": named_list(places, spelt), b"compressed": compressed}, again)
    (folder / "Rdata.rdb").write_bytes(objects)
    (folder / "Rdata.rdx").write_bytes(gzip.compress(HEADER_V3 + index))


def test_the_novels_are_read_in_the_order_of_publication(tmp_path: Path) -> None:
    stored = {name: HEADER_V3 + strings(name.encode(), b"") for name in sorted(NOVELS)}
    write_database(tmp_path, stored)
    assert list(read_novels(tmp_path).items()) == [(name, [name, ""]) for name in NOVELS]


def test_a_missing_novel_is_named(tmp_path: Path) -> None:
    write_database(tmp_path, {name: HEADER_V3 + strings() for name in NOVELS[:-1]})
    with pytest.raises(CorpusError, match=r"is not the database of the novels.*persuasion"):
        read_novels(tmp_path)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"Rdata\.rdx is missing; unpack r-cran-janeaustenr"):
        read_novels(tmp_path)


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    write_database(tmp_path, {name: HEADER_V3 + strings(b"x") for name in NOVELS})
    objects = tmp_path / "Rdata.rdb"
    objects.write_bytes(objects.read_bytes()[:-4])
    with pytest.raises(CorpusError, match="damaged"):
        read_novels(tmp_path)


def test_strings_come_in_the_encoding_they_are_marked_with() -> None:
    marked = string("\u00a3".encode(), UTF8) + string(b"\xa3", LATIN1) + struct.pack(">2i", 9, -1)
    data = HEADER_V3 + struct.pack(">2i", 16, 3) + marked
    assert unserialise(data) == ["\u00a3", "\u00a3", ""]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"A\n", r"expected R's XDR serialisation \(b'X\\n'\), got b'A\\n'"),
        (b"X\n" + struct.pack(">3i", 4, 0, 0), "expected serialisation version 2 or 3, got 4"),
        (HEADER_V3 + struct.pack(">i", 14), "R type 14 at byte 23 is not one this reads"),
        (HEADER_V3 + integers(1)[:-1], "a value of 4 bytes at byte 31 runs past the end"),
    ],
)
def test_what_is_not_understood_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        unserialise(data)


def test_a_novel_becomes_one_line_per_paragraph() -> None:
    lines = [
        "PERSUASION",
        "",
        "by",
        "",
        "Jane Austen (1818)",
        "",
        "",
        "Chapter 1",
        "",
        "",
        "Sir Walter Elliot,  of",
        "_Kellynch_ Hall, was",
        "a man.",
        "",
        "  \u201cCaf\u00e9 & tea,\u201d",
        "",
        "* * * * *",
        "",
        "[Editor's note.]",
        "",
        "CHAPTER XII",
        "",
        "It cost \u00a3 5.",
        "",
        "",
        "Finis",
        "",
        "A later note.",
    ]
    assert clean_text(lines) == (
        "Sir Walter Elliot, of Kellynch Hall, was a man.\nCafe and tea,\nIt cost 5.\n"
    )
