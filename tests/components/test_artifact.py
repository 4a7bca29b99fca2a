import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components import artifact
from components.artifact import ArtifactError, pack


def test_files_lie_at_the_root_of_the_archive(model_folder: Path, tmp_path: Path) -> None:
    packed = pack(model_folder, tmp_path / "out")

    with tarfile.open(packed.path) as archive:
        assert archive.getnames() == ["code/inference.py", "model.safetensors"]


def test_the_same_folder_gives_the_same_bytes(model_folder: Path, tmp_path: Path) -> None:
    first = pack(model_folder, tmp_path / "first")
    for path in model_folder.rglob("*"):
        os.utime(path, (1, 1))
    second = pack(model_folder, tmp_path / "second")

    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.key == second.key


def test_a_renamed_file_gives_another_key(model_folder: Path, tmp_path: Path) -> None:
    before = pack(model_folder, tmp_path)
    (model_folder / "model.safetensors").rename(model_folder / "weights.safetensors")

    assert pack(model_folder, tmp_path).key != before.key


def test_what_python_and_editors_leave_behind_is_not_packed(
    model_folder: Path, tmp_path: Path
) -> None:
    before = pack(model_folder, tmp_path)
    (model_folder / "code" / "__pycache__").mkdir()
    (model_folder / "code" / "__pycache__" / "inference.pyc").write_bytes(b"x")
    (model_folder / ".DS_Store").write_bytes(b"x")

    assert pack(model_folder, tmp_path).key == before.key


def test_an_existing_archive_is_not_written_again(model_folder: Path, tmp_path: Path) -> None:
    first = pack(model_folder, tmp_path)
    written = first.path.stat().st_mtime_ns

    assert pack(model_folder, tmp_path).path.stat().st_mtime_ns == written


def test_two_programs_may_pack_the_same_folder_at_the_same_time(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = artifact._write_archive  # pyright: ignore[reportPrivateUsage] - the moment between two programs

    def write_while_another_does_the_same(*arguments: Any) -> None:
        monkeypatch.setattr(artifact, "_write_archive", write)
        pack(model_folder, tmp_path)
        write(*arguments)

    monkeypatch.setattr(artifact, "_write_archive", write_while_another_does_the_same)

    assert pack(model_folder, tmp_path).path.stat().st_size > 0


def test_no_partial_archive_is_left(model_folder: Path, tmp_path: Path) -> None:
    packed = pack(model_folder, tmp_path / "out")

    assert [path.name for path in packed.path.parent.iterdir()] == ["model.tar.gz"]


@pytest.mark.row("bad-artifact")
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_symbolic_link_is_refused(model_folder: Path, tmp_path: Path, kind: str) -> None:
    target = model_folder / ("model.safetensors" if kind == "file" else "code")
    (model_folder / "link").symlink_to(target)

    with pytest.raises(
        ArtifactError, match="link is a symbolic link; SageMaker cannot unpack links"
    ):
        pack(model_folder, tmp_path)


@pytest.mark.row("bad-artifact")
def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(ArtifactError, match="empty holds no files"):
        pack(tmp_path / "empty", tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="nowhere does not exist"):
        pack(tmp_path / "nowhere", tmp_path)


@pytest.mark.row("bad-artifact")
@settings(deadline=None)
@given(contents=st.dictionaries(st.sampled_from("abcdef"), st.binary(max_size=64), min_size=1))
def test_what_is_packed_is_what_lay_there(
    contents: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, out = tmp_path_factory.mktemp("model"), tmp_path_factory.mktemp("out")
    for name, content in contents.items():
        (folder / name).write_bytes(content)

    with tarfile.open(pack(folder, out).path) as archive:
        unpacked = {m.name: archive.extractfile(m).read() for m in archive}  # pyright: ignore[reportOptionalMemberAccess] - files only
    assert unpacked == contents
