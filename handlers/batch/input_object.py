"""An object of prompts, and the names of what comes of it. Nothing that it is called leads elsewhere."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class InputObject:
    """One version of one object, as far as the event tells."""

    bucket: str
    key: str
    """Decoded: events have it URL-encoded."""
    version_id: str | None = None
    """None in a bucket without versions."""
    etag: str | None = None
    size: int | None = None
    """In bytes."""


def identity(version_id: str | None, etag: str | None) -> str | None:
    """What tells one content of a key from the next, or None when nothing does.

    S3 calls the version of an object that was put while versioning was off "null", and every such
    object has it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
    """
    if version_id and version_id != "null":
        return version_id
    return (etag or "").strip('"') or None


INPUTS_PREFIX = "inputs/"
QUEUED_PREFIX = "inputs/queued/"
RESULTS_PREFIX = "results/"
PARTS_PREFIX = "results/.parts/"
LEASES_PREFIX = "claims/batch/"

_LONGEST_KEY_BYTES = 1024
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""


@dataclass(frozen=True)
class BatchNames:
    """The keys of one batch: of one content of one input object."""

    result: str
    """One line for each line of the input."""
    missing: str
    """One line, if the input was gone: another key, so that it does not pass for a result."""
    parts: str
    """Prefix of what is done of an unfinished batch."""
    leases: str
    """Prefix of the leases of the runs that worked on it."""


def batch_names(bucket: str, key: str, content: str) -> BatchNames:
    """The names for an input under `inputs/`; `content` tells its contents apart (`identity`)."""
    identifying = f"{bucket}\0{key}\0{content}"
    digest = hashlib.sha256(identifying.encode(errors="backslashreplace")).hexdigest()
    stem = queued_id(key) or f"{key.removeprefix(INPUTS_PREFIX)}.{content}"
    folder = "queued/" if queued_id(key) else ""
    if not _is_plain(folder + stem):
        folder, stem = "hashed/", digest
    return BatchNames(
        result=f"{RESULTS_PREFIX}{folder}{stem}.jsonl",
        missing=f"{RESULTS_PREFIX}{folder}{stem}.missing.jsonl",
        parts=f"{PARTS_PREFIX}{digest}/",
        leases=f"{LEASES_PREFIX}{digest}/",
    )


def queued_id(key: str) -> str | None:
    """The id of a single request that the function itself kept for later, or None."""
    if not (key.startswith(QUEUED_PREFIX) and key.endswith(".json")):
        return None
    name = key.removeprefix(QUEUED_PREFIX).removesuffix(".json")
    return name if name and "/" not in name else None


def _is_plain(stem: str) -> bool:
    """Whether a key made of it is a valid one, and still under `results/` as a path or a URL."""
    folders = stem.split("/")
    return (
        stem.isprintable()
        and "\\" not in stem
        and not {"", ".", ".."} & set(folders)
        and folders[0] not in {".parts", "hashed"}
        and len(f"{RESULTS_PREFIX}{stem}.missing.jsonl".encode()) <= _LONGEST_KEY_BYTES
    )
