"""Rehearsal after rehearsal, and this machine is as it was before the second."""

import ctypes
import gc
import os
import tempfile
import threading
from pathlib import Path

import pytest

from rehearsal.rehearse import rehearse

PROJECT_DIR = Path(__file__).resolve().parent.parent.parent
_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of Linux: what a child leaves behind becomes ours
_PROMPT = "It was a fine morning"


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(3, marks=pytest.mark.matrix),
        pytest.param(50, marks=pytest.mark.soak),
    ],
)
def test_rehearsals_leave_no_process_port_thread_or_file_behind(
    times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1)
    children_before = _children()
    _rehearse()  # the first one imports, and caches for good
    threads, descriptors = _threads(), _open_descriptors()

    for _ in range(times):
        _rehearse()

    assert _children() == children_before
    assert _threads() == threads
    assert _open_descriptors() <= descriptors  # ports are among them
    assert list(tmp_path.iterdir()) == []


def _rehearse() -> None:
    transcript = rehearse(PROJECT_DIR, "dev", _PROMPT)

    assert transcript.failure is None


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def _open_descriptors() -> int:
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _children() -> set[int]:
    mine = f"PPid:\t{os.getpid()}\n"
    found = set[int]()
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                status = (process / "status").read_text()
            except OSError:  # gone meanwhile
                continue
            if mine in status:
                found.add(int(process.name))
    return found
