"""What containers say, as stored in payloads/ (see its README.md)."""

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "payloads"


def payload(name: str) -> bytes:
    """The bytes of one stored reply or stream."""
    return (_FOLDER / name).read_bytes()
