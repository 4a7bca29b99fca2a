"""Read Jane Austen's six novels out of Debian's `r-cran-janeaustenr`, without R.

The package keeps them in an R lazy-load database, two files in
`usr/lib/R/site-library/janeaustenr/data/`:

- `Rdata.rdx`, the index: a gzip stream of one serialised list, whose `variables` give each
  object's (offset, length) in the other file;
- `Rdata.rdb`, the objects, one after the other: a 4-byte big-endian size of the unpacked data,
  then a zlib stream of the serialised object. Each novel is a character vector of lines.

Both hold R's XDR serialisation, version 2 or 3 ("R Internals", section 1.8). Only the types that
occur in these files are read; any other is refused.

The novels (1811 to 1817) are in the public domain; the package that carries them is under the
MIT licence.
"""

import gzip
import re
import struct
import unicodedata
import zlib
from pathlib import Path
from typing import Any

NOVELS = (
    "sensesensibility",
    "prideprejudice",
    "mansfieldpark",
    "emma",
    "northangerabbey",
    "persuasion",
)
"""The objects of the database that are read, in the order of publication."""

_VERSION_2, _VERSION_3 = 2, 3
# Type codes and flags of R's serialisation (R sources: Rinternals.h and serialize.c).
_SYMBOL, _PAIR_LIST, _STRING = 1, 2, 9
_LOGICALS, _INTEGERS, _STRINGS, _LIST = 10, 13, 16, 19
_NULL, _BACK_REFERENCE = 254, 255
_HAS_ATTRIBUTES, _HAS_TAG = 1 << 9, 1 << 10
_STRING_IS_LATIN1 = 1 << 14  # LATIN1_MASK (1 << 2) in the level bits, which start at bit 12

_HEADING = re.compile(r"(?:chapter|volume)\s+(?:[ivxlc]+|\d+)\.?", re.IGNORECASE)
_ENDING = re.compile(r"(?:the end|finis|a note on the text)\.?", re.IGNORECASE)


class CorpusError(Exception):
    """The files are not the lazy-load database this reader knows."""


def read_novels(data_folder: Path) -> dict[str, list[str]]:
    """Return the lines of each novel by its name, in the order of `NOVELS`.

    data_folder: the folder with `Rdata.rdx` and `Rdata.rdb`.
    Raises CorpusError if a file is missing, damaged, or not the database described above.
    """
    index_file, objects_file = data_folder / "Rdata.rdx", data_folder / "Rdata.rdb"
    for file in (index_file, objects_file):
        if not file.is_file():
            raise CorpusError(f"{file} is missing; unpack r-cran-janeaustenr and name its data/")
    try:
        index = unserialise(gzip.decompress(index_file.read_bytes()))
        objects = objects_file.read_bytes()
        return {name: _lines(index, objects, name) for name in NOVELS}
    except (KeyError, TypeError, ValueError) as cause:
        raise CorpusError(f"{data_folder} is not the database of the novels: {cause!r}") from cause
    except (OSError, EOFError, zlib.error, struct.error) as damage:
        raise CorpusError(f"{data_folder}: damaged: {damage}") from damage


def clean_text(lines: list[str]) -> str:
    """Return a novel as ASCII prose: one line per paragraph, no headings, no emphasis marks.

    What stands before the first chapter heading (title page, advertisement) and after the end
    mark is dropped, as are editors' notes in brackets and lines of asterisks.
    """
    paragraphs: list[str] = []
    started = False
    for paragraph in _paragraphs(lines):
        if _HEADING.fullmatch(paragraph):
            started = True
        elif _ENDING.fullmatch(paragraph):
            break
        elif started and not paragraph.startswith("[") and re.search("[A-Za-z]", paragraph):
            paragraphs.append(_plain(paragraph))
    return "".join(f"{paragraph}\n" for paragraph in paragraphs)


def unserialise(data: bytes) -> Any:
    """Return the R object of a serialised stream.

    Vectors become lists, named lists become dicts, NULL becomes None.
    Raises CorpusError for a format or a type that the package's files do not use.
    """
    if data[:2] != b"X\n":
        raise CorpusError(f"expected R's XDR serialisation (b'X\\n'), got {data[:2]!r}")
    return _Reader(data).document()


class _Reader:
    """A position in a serialised stream."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 2  # after b"X\n"
        self._symbols: list[str] = []

    def document(self) -> Any:
        version, _written_by, _oldest_reader = self._integers(3)
        if version not in (_VERSION_2, _VERSION_3):
            raise CorpusError(f"expected serialisation version 2 or 3, got {version}")
        if version == _VERSION_3:  # adds the name of the writer's encoding
            self._take(self._integer())
        return self._item()

    def _take(self, length: int) -> bytes:
        start, self._position = self._position, self._position + length
        if length < 0 or self._position > len(self._data):
            raise CorpusError(f"a value of {length} bytes at byte {start} runs past the end")
        return self._data[start : self._position]

    def _integers(self, count: int) -> list[int]:
        return list(struct.unpack(f">{count}i", self._take(4 * count)))

    def _integer(self) -> int:
        return self._integers(1)[0]

    def _item(self) -> Any:
        flags = self._integer()
        kind = flags & 0xFF
        if kind in (_LOGICALS, _INTEGERS, _STRINGS, _LIST):
            return self._vector(kind, has_attributes=bool(flags & _HAS_ATTRIBUTES))
        if kind == _STRING:
            return self._string(flags)
        if kind == _SYMBOL:
            self._symbols.append(str(self._item()))
            return self._symbols[-1]
        if kind == _BACK_REFERENCE:
            return self._symbols[(flags >> 8) - 1]
        if kind == _PAIR_LIST:
            return self._pairs(flags)
        if kind == _NULL:
            return None
        raise CorpusError(f"R type {kind} at byte {self._position - 4} is not one this reads")

    def _string(self, flags: int) -> str:
        length = self._integer()
        if length == -1:  # R's NA
            return ""
        return self._take(length).decode("latin-1" if flags & _STRING_IS_LATIN1 else "utf-8")

    def _vector(self, kind: int, *, has_attributes: bool) -> Any:
        length = self._integer()
        if kind in (_LOGICALS, _INTEGERS):
            values: list[Any] = [*self._integers(length)]
        else:
            values = [self._item() for _ in range(length)]
        attributes = self._item() if has_attributes else None
        names = attributes.get("names") if attributes else None
        return dict(zip(names, values, strict=True)) if names else values

    def _pairs(self, flags: int) -> dict[str, Any]:
        """Return a pair list, a chain of cells: tag and value, then the next cell or NULL."""
        pairs: dict[str, Any] = {}
        while flags & 0xFF == _PAIR_LIST:
            if not flags & _HAS_TAG or flags & _HAS_ATTRIBUTES:
                raise CorpusError(f"an untagged pair at byte {self._position - 4}")
            tag = str(self._item())
            pairs[tag] = self._item()
            flags = self._integer()
        return pairs


def _lines(index: Any, objects: bytes, name: str) -> list[str]:
    """Return the character vector of a name, found through the index."""
    offset, length = index["variables"][name]
    lines = unserialise(zlib.decompress(objects[offset + 4 : offset + length]))
    return [str(line) for line in lines]


def _paragraphs(lines: list[str]) -> list[str]:
    """Join the lines between blank lines with single spaces."""
    blocks = "\n".join(line.strip() for line in lines).split("\n\n")
    return [" ".join(block.split()) for block in blocks if block.strip()]


def _plain(paragraph: str) -> str:
    """Reduce a paragraph to the characters of ordinary prose."""
    spelled = paragraph.replace("&", "and").replace("_", "").replace("*", "")
    decomposed = unicodedata.normalize("NFKD", spelled)
    return " ".join(decomposed.encode("ascii", "ignore").decode().split())
