"""Pack a local model folder into the `model.tar.gz` that SageMaker unpacks.

The same folder always gives the same digest, on any machine: order, owners and times are fixed. The
digest is made from names and contents before compression, so that another zlib cannot change it.
"""

import gzip
import hashlib
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pulumi

ARCHIVE_NAME = "model.tar.gz"
DEFAULT_BUILD_DIRECTORY = ".artifacts"
_DIGEST_CHARACTERS = 16  # 64 bits of SHA-256: plenty to tell one team's models apart
_NEVER_PACKED = {"__pycache__", ".DS_Store", ".git", ".ipynb_checkpoints"}
_FILE_MODE = 0o644


class ArtifactError(pulumi.RunError):
    """The folder cannot become a model archive that SageMaker accepts.

    A `RunError`, so that `pulumi up` ends with the message and without a stack trace.
    """


@dataclass(frozen=True)
class Artifact:
    """A packed model: the archive on this machine and the digest of what it holds."""

    path: Path
    digest: str

    @property
    def key(self) -> str:
        """The S3 key to upload to; other contents give another key, so a changed model redeploys."""
        return f"models/{self.digest}/{ARCHIVE_NAME}"


def pack(folder: Path, into: Path) -> Artifact:
    """Pack `folder` with its files at the archive's root, and keep the archive under `into`.

    Raises:
        ArtifactError: the folder is missing, empty, or holds a symbolic link (SageMaker's extraction
            fails on links, and a link could carry in a file from anywhere).
    """
    members = _members(folder)
    digest = _digest(folder, members)
    target = into / digest / ARCHIVE_NAME
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        # Of a name of its own: two programs may pack the same model at the same time.
        with tempfile.TemporaryDirectory(dir=target.parent) as own_folder:
            partial = Path(own_folder) / ARCHIVE_NAME
            _write_archive(folder, members, partial)
            partial.replace(target)
    return Artifact(target, digest)


def _members(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ArtifactError(f"the model folder {folder} does not exist")
    members: list[Path] = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if _NEVER_PACKED.intersection(relative.parts):
            continue
        if path.is_symlink():
            raise ArtifactError(
                f"{path} is a symbolic link; SageMaker cannot unpack links. Put the file itself there"
            )
        if path.is_file():
            members.append(relative)
    if not members:
        raise ArtifactError(f"the model folder {folder} holds no files")
    return members


def _digest(folder: Path, members: list[Path]) -> str:
    whole = hashlib.sha256()
    for member in members:
        with (folder / member).open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        whole.update(f"{digest}  {member.as_posix()}\n".encode())
    return whole.hexdigest()[:_DIGEST_CHARACTERS]


def _write_archive(folder: Path, members: list[Path], target: Path) -> None:
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for member in members:
            # A TarInfo of our own: no owner, group or time of this machine gets in.
            entry = tarfile.TarInfo(member.as_posix())
            entry.size = (folder / member).stat().st_size
            entry.mode = _FILE_MODE
            with (folder / member).open("rb") as content:
                archive.addfile(entry, content)
