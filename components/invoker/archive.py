"""The function's code: this project's `handlers/`, without what only readers need.

Lambda loads and compiles every file anew in each new environment, so what only readers need stays at home. Lines stay
where they are: a trace in the function's log names the line of the repository. docs/adr/0013-code-ships-lean.md has
the figures.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pulumi

from components.invoker import lean_source

HANDLERS_FOLDER = Path(__file__).resolve().parents[2] / "handlers"
WEB_FOLDER = HANDLERS_FOLDER / "web"
ALL_EVENTS = (
    HANDLERS_FOLDER / "invoke_model.py",
    HANDLERS_FOLDER / "events",
    HANDLERS_FOLDER / "batch",
)
"""What answers Lambda's events of every kind; a web server gets HTTP requests only."""
_DIGEST_CHARACTERS = 16


def handlers_archive(into: Path, *, with_web_server: bool = False) -> pulumi.AssetArchive:
    """Return the function's code: named files, so that nothing but a changed source changes it.

    Args:
        into: folder on this machine that keeps the files.
        with_web_server: whether the function answers as a web server, and needs that part instead of the one for
            events of other kinds.
    """
    sources = _sources(with_web_server=with_web_server)
    folder = into / f"function-{_digest(sources)}"
    if not folder.exists():
        _write(sources, folder)
    return pulumi.AssetArchive({name: pulumi.FileAsset(str(folder / name)) for name in sources})


def _sources(*, with_web_server: bool) -> Mapping[str, Path]:
    """The files, by their names in the archive."""
    not_needed = {*ALL_EVENTS} if with_web_server else {WEB_FOLDER}
    return {
        path.relative_to(HANDLERS_FOLDER.parent).as_posix(): path
        for path in sorted([*HANDLERS_FOLDER.rglob("*.py"), *WEB_FOLDER.glob("*.sh")])
        if not_needed.isdisjoint({path, *path.parents})
    }


def _digest(sources: Mapping[str, Path]) -> str:
    whole = hashlib.sha256(Path(lean_source.__file__).read_bytes())
    for name, path in sources.items():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{digest}  {name}\n".encode())
    return whole.hexdigest()[:_DIGEST_CHARACTERS]


def _write(sources: Mapping[str, Path], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Written elsewhere first: another program may do the same, and an interrupted one leaves half.
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as own_folder:
        for name, path in sources.items():
            target = Path(own_folder) / "function" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            source = path.read_text(encoding="utf-8")
            lean = lean_source.without_comments(source) if path.suffix == ".py" else source
            target.write_text(lean, encoding="utf-8")
        _move(Path(own_folder) / "function", folder)


def _move(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        if not folder.exists():
            raise
