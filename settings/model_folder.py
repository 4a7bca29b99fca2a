"""A model's folder on this machine, as it is about to be packed."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# What packing leaves out too: components/artifact.py.
NEVER_PACKED = frozenset({"__pycache__", ".DS_Store", ".git", ".ipynb_checkpoints"})


@dataclass(frozen=True)
class ModelFolder:
    """What lies in a model's folder. Nothing was opened."""

    files: Mapping[str, int]
    """Bytes of each file, by its path in the folder: `code/inference.py`."""

    links: tuple[str, ...]
    """Symbolic links, to files and to folders."""

    @property
    def size_bytes(self) -> int:
        """Size of all files together."""
        return sum(self.files.values())

    @property
    def only_folder(self) -> str | None:
        """The folder that holds everything, when nothing lies beside it."""
        tops = {path.partition("/")[0] for path in self.files}
        return tops.pop() if len(tops) == 1 and not tops & self.files.keys() else None


def read_folder(folder: Path) -> ModelFolder | None:
    """Look into a folder; None if there is none, or it cannot be looked into."""
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            return None
    except (OSError, ValueError):  # ValueError: a name that no file system takes
        return None
    files: dict[str, int] = {}
    links: list[str] = []
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - NEVER_PACKED)
        for name in sorted({*names, *folders} - NEVER_PACKED):
            path = Path(above, name)
            inside = path.relative_to(folder).as_posix()
            if path.is_symlink():
                links.append(inside)
            elif name in names:
                files[inside] = _size(path)
    return ModelFolder(files, tuple(links))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it went away while we looked
        return 0
