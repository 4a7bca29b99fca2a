"""The function's code as it ships: what is in the archive, and what is left of the sources."""

import ast
import io
import subprocess
import sys
import tokenize
import zipfile
from pathlib import Path

import pulumi
import pytest

from components.invoker import archive
from components.invoker.archive import HANDLERS_FOLDER, WEB_FOLDER, handlers_archive
from components.invoker.lean_source import without_comments

SOURCES = sorted(HANDLERS_FOLDER.rglob("*.py"))
LARGEST_ARCHIVE_BYTES = 100_000


def paths_of(packed: pulumi.AssetArchive) -> dict[str, Path]:
    files = {
        name: asset for name, asset in packed.assets.items() if isinstance(asset, pulumi.FileAsset)
    }
    assert files.keys() == packed.assets.keys()
    return {name: Path(asset.path) for name, asset in files.items()}


def in_repository(path: Path) -> str:
    return path.relative_to(HANDLERS_FOLDER.parent).as_posix()


def test_it_is_every_source_file_but_the_web_server(tmp_path: Path) -> None:
    expected = {in_repository(path) for path in SOURCES if WEB_FOLDER not in path.parents}

    assert paths_of(handlers_archive(tmp_path)).keys() == expected
    assert "handlers/invoke_model.py" in expected


def test_a_web_server_gets_its_part_instead_of_the_one_for_other_events(tmp_path: Path) -> None:
    plain = paths_of(handlers_archive(tmp_path)).keys()
    web = paths_of(handlers_archive(tmp_path, with_web_server=True)).keys()

    assert {name.rpartition("/")[0] for name in web - plain} == {"handlers/web"}
    assert "handlers/web/start.sh" in web
    assert {name.split("/")[1] for name in plain - web} == {"invoke_model.py", "events", "batch"}


@pytest.mark.parametrize(
    ("entry", "with_web_server"),
    [("handlers.invoke_model", False), ("handlers.web.__main__", True)],
)
def test_whatever_the_code_may_import_is_in_it(
    tmp_path: Path,
    entry: str,
    with_web_server: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    packed = paths_of(handlers_archive(tmp_path, with_web_server=with_web_server))
    shipped = {_module(name): path for name, path in packed.items() if name.endswith(".py")}
    # Contracts are loaded by a name that is a variable.
    found = {entry, *(name for name in shipped if name.startswith("handlers.contracts."))}
    waiting = [*found]
    while waiting:
        for module in _imports(shipped[waiting.pop()]) - found:
            found.add(module)
            waiting.append(module)

    assert len(found) > 40
    assert found <= shipped.keys()


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imports(path: Path) -> set[str]:
    """The modules of ours that a file may load, be it within a function; not those for the type checker."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("handlers"):
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            folder = HANDLERS_FOLDER.parent / node.module.replace(".", "/")
            found |= {
                name for name in submodules if (folder / f"{name.rpartition('.')[2]}.py").exists()
            }
            found.add(node.module)
        waiting.extend(ast.iter_child_nodes(node))
    return found


@pytest.mark.parametrize("with_web_server", [False, True])
def test_it_is_small(tmp_path: Path, with_web_server: bool) -> None:  # noqa: FBT001 - a parameter of the test
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, path in paths_of(
            handlers_archive(tmp_path, with_web_server=with_web_server)
        ).items():
            target.write(path, name)

    assert len(packed.getvalue()) < LARGEST_ARCHIVE_BYTES


@pytest.mark.parametrize("path", SOURCES, ids=in_repository)
def test_code_ships_as_it_is_on_the_same_lines(path: Path) -> None:
    source = path.read_text()
    lean = without_comments(source)

    assert _code_with_lines(lean) == _code_with_lines(source)
    assert not [
        token
        for token in tokenize.generate_tokens(io.StringIO(lean).readline)
        if token.type == tokenize.COMMENT
    ]


def _code_with_lines(source: str) -> list[str]:
    """Every statement but the texts for readers, with its place."""
    return [
        ast.dump(node, include_attributes=True)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt)
        and not isinstance(
            node,
            ast.Expr
            | ast.ClassDef
            | ast.FunctionDef
            | ast.With
            | ast.Try
            | ast.If
            | ast.For
            | ast.While,
        )
    ]


def test_docstrings_comments_and_texts_under_fields_go() -> None:
    source = '''"""What it is."""

class Point:
    """A point.

    In a plane.
    """

    x: int  # to the right
    """Across."""


def name() -> str:
    """Only a text."""


TEXT = "# no comment"
'''

    assert without_comments(source) == (
        "\n\nclass Point:\n\n\n\n\n\n    x: int\n\n\n\n"
        'def name() -> str:\n    ...\n\n\nTEXT = "# no comment"\n'
    )


def test_the_shipped_code_runs(tmp_path: Path) -> None:
    handlers_archive(tmp_path)
    (folder,) = tmp_path.iterdir()

    run = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.path[0:0] = [{str(folder)!r}]; import handlers.errors",
        ],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (run.returncode, run.stderr) == (0, "")


def test_the_same_sources_are_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = paths_of(handlers_archive(tmp_path))
    monkeypatch.setattr(archive, "_write", None)

    assert paths_of(handlers_archive(tmp_path)) == first


def test_two_programs_may_write_it_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = archive._move  # pyright: ignore[reportPrivateUsage] - the moment between two programs

    def move_after_another_has(made: Path, folder: Path) -> None:
        monkeypatch.setattr(archive, "_move", move)
        handlers_archive(tmp_path)
        move(made, folder)

    monkeypatch.setattr(archive, "_move", move_after_another_has)

    assert len(paths_of(handlers_archive(tmp_path))) > 1
    assert [path.name[:9] for path in tmp_path.iterdir()] == ["function-"]
