"""How much memory a process and all that it started take, as Linux tells it.

Where there is no /proc nothing is known, and nothing is limited.
"""

import re
from pathlib import Path

BYTES_IN_A_MB = 1024 * 1024  # Lambda's MB are these
_PROC = Path("/proc")
_BYTES_IN_A_KIB = 1024


class MemoryUse:
    """The most that one process tree has taken so far."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak_bytes = 0

    @property
    def peak_mb(self) -> int:
        """In whole MB, as reports say it."""
        return round(self._peak_bytes / BYTES_IN_A_MB)

    def exceeds(self, limit_mb: int) -> bool:
        """Look once more, and tell whether it has ever been over the limit."""
        self._peak_bytes = max(self._peak_bytes, _used_bytes(self._pid))
        return self._peak_bytes > limit_mb * BYTES_IN_A_MB


def _used_bytes(pid: int) -> int:
    """Return a process's own peak, or what its tree takes now if that is more."""
    peak = _bytes_in(pid, "status", "VmHWM")
    descendants = _descendants(pid)
    if not descendants:
        return peak
    # A share of each page that several hold: a forked child is not all new.
    return max(peak, sum(_bytes_in(each, "smaps_rollup", "Pss") for each in [pid, *descendants]))


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for children in (_PROC / str(pid) / "task").glob("*/children"):
        try:
            direct = [int(child) for child in children.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):  # the thread has just ended
            continue
        found += [each for child in direct for each in [child, *_descendants(child)]]
    return found


def _bytes_in(pid: int, file: str, name: str) -> int:
    try:
        told = (_PROC / str(pid) / file).read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):  # just ended, or no Linux
        return 0
    match = re.search(rf"^{name}:\s+(\d+) kB", told, re.MULTILINE)
    return int(match[1]) * _BYTES_IN_A_KIB if match else 0
