"""Reads public repositories on GitHub, without credentials."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import quote
from urllib.request import Request, urlopen

from catalog.refresh.errors import RefreshError

Fetch = Callable[[str], str]
"""The text at an address."""

_TIMEOUT_SECONDS = 30
_MOST_BYTES = 20_000_000  # the largest source, the page of instance types, has 1.2 million
_READERS = 8


class Commit(NamedTuple):
    """A state of a repository."""

    sha: str
    date: str
    """`2026-08-21`."""


class Repository:
    """A public repository at its newest commit."""

    def __init__(self, name: str, fetch: Fetch) -> None:
        """`name` is `owner/repository`."""
        self.name = name
        self._fetch = fetch
        self.commit = self._newest_commit()

    def address(self, path: str = "") -> str:
        """Where people read a file, or the whole, at this commit."""
        return f"https://github.com/{self.name}/blob/{self.commit.sha}{'/' if path else ''}{path}"

    def text(self, path: str) -> str:
        """The content of a file."""
        return self._fetch(
            f"https://raw.githubusercontent.com/{self.name}/{self.commit.sha}/{quote(path)}"
        )

    def texts(self, paths: Iterable[str]) -> dict[str, str]:
        """The content of many files."""
        paths = list(paths)
        with ThreadPoolExecutor(_READERS) as readers:
            return dict(zip(paths, readers.map(self.text, paths), strict=True))

    def files(self) -> list[str]:
        """The paths of all files."""
        tree = self._ask(f"git/trees/{self.commit.sha}?recursive=1")
        try:
            entries = [(entry["path"], entry["type"]) for entry in tree["tree"]]
            is_cut = tree["truncated"]
        except (KeyError, TypeError) as error:
            raise RefreshError(
                f"GitHub's list of files of {self.name} is not understood"
            ) from error
        if is_cut:
            raise RefreshError(f"GitHub's list of files of {self.name} is cut off")
        return [path for path, kind in entries if kind == "blob"]

    def _newest_commit(self) -> Commit:
        answer = self._ask("commits/HEAD")
        try:
            date = answer["commit"]["committer"]["date"][: len("2026-08-21")]
            return Commit(answer["sha"], date)
        except (KeyError, TypeError) as error:
            raise RefreshError(
                f"GitHub's newest commit of {self.name} is not understood"
            ) from error

    def _ask(self, what: str) -> Any:
        text = self._fetch(f"https://api.github.com/repos/{self.name}/{what}")
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RefreshError(f"GitHub's answer for {self.name} is no JSON") from error


def fetch_text(address: str) -> str:
    """The text at an address of the internet.

    Raises:
        RefreshError: it cannot be had.
    """
    request = Request(address, headers={"User-Agent": "genai-endpoint catalog refresh"})
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
            content = response.read(_MOST_BYTES + 1)
    except (OSError, HTTPException) as error:
        raise RefreshError(f"{address} cannot be read: {error}") from error
    if len(content) > _MOST_BYTES:
        raise RefreshError(f"{address} has more than {_MOST_BYTES} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise RefreshError(f"{address} is no text") from error
