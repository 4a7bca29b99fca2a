"""What the site does differently from GitHub's view of the same pages; mkdocs calls it (mkdocs.yml, `hooks`).

A link to a file of the repository that is no page (`../components/`) leads to the repository on the web. Where that is, a
build is told by REPOSITORY_URL, or by what GitHub Actions sets in every run; a build that knows neither shows the path
instead of a link. A link to a folder of pages leads to the first of them.
"""

import html
import os
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

_LINK = re.compile(r"(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])+)\]\((?P<target>[^)\s]+)\)")
# Alternatives in the order in which Markdown reads them: what is code holds no links.
_CODE = re.compile(
    r"^(?P<fence>`{3,})[^\n]*\n.*?^(?P=fence)`*[ ]*$|(?P<ticks>`+)[^`\n]+(?P=ticks)",
    re.MULTILINE | re.DOTALL,
)


def on_config(config: Any) -> Any:
    """Tell where the repository is, and write out the patterns of the navigation."""
    config["repo_url"] = repository_url(os.environ)
    config["nav"] = list(_written_out(config["nav"], Path(config["docs_dir"])))
    return config


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Lead what links out of the documentation's folder to the repository."""
    docs = Path(config["docs_dir"])
    return led_out(markdown, page.file.src_uri, docs.parent, docs.name, config["repo_url"])


def repository_url(environment: Any) -> str | None:
    """Return the address of the repository on the web; None if nobody said.

    Such as `https://github.com/owner/name`.
    """
    if said := environment.get("REPOSITORY_URL"):
        return said.rstrip("/")
    server, name = environment.get("GITHUB_SERVER_URL"), environment.get("GITHUB_REPOSITORY")
    return f"{server}/{name}" if server and name else None


def led_out(markdown: str, page: str, root: Path, docs: str, repository: str | None) -> str:
    """Return a page whose links to files outside `root/docs` lead to the repository, or tell the path.

    Args:
        markdown: the page's text.
        page: its path below the documentation's folder, such as `operations/asking.md`.
        root: the repository.
        docs: the name of the documentation's folder in it.
        repository: its address on the web, if known.

    Raises:
        FileNotFoundError: a link leads to a file that is not there.
    """

    def lead(link: re.Match[str]) -> str:
        if link["target"].endswith("/") and "://" not in link["target"]:
            pages = sorted((root / docs / page).parent.joinpath(link["target"]).glob("*.md"))
            if pages:
                return f"[{link['text']}]({link['target']}{pages[0].name})"
        outside = _path_outside(link["target"], page, docs)
        if outside is None:
            return link[0]
        path, anchor = outside
        if not (root / path).exists():
            raise FileNotFoundError(f"{docs}/{page}: there is no {path}")
        if repository is None:
            return f'<span title="{html.escape(path)}">{link["text"]}</span>'
        kind = "tree" if (root / path).is_dir() else "blob"
        return f"[{link['text']}]({repository}/{kind}/HEAD/{path}{anchor})"

    return outside_code(markdown, lambda text: _LINK.sub(lead, text))


def outside_code(markdown: str, change: Callable[[str], str]) -> str:
    """Return the text with `change` made to what is neither a block nor a span of code.

    A link whose text is code is none of these: it stays whole.
    """
    kept: list[str] = []

    def keep(code: re.Match[str]) -> str:
        kept.append(code[0])
        return f"\0{len(kept) - 1}\0"

    changed = change(_CODE.sub(keep, markdown))
    return re.sub("\0(\\d+)\0", lambda mark: kept[int(mark[1])], changed)


def _path_outside(target: str, page: str, docs: str) -> tuple[str, str] | None:
    """The path in the repository that a link leads to, and its anchor; None if it stays in the documentation."""
    name, hash_, anchor = target.partition("#")
    if not name or "://" in name or name.startswith("mailto:"):
        return None
    path = os.path.normpath(PurePosixPath(docs, page).parent / name)
    return None if path == docs or path.startswith(f"{docs}/") else (path, hash_ + anchor)


def _written_out(nav: list[Any], docs: Path) -> Iterator[Any]:
    for entry in nav:
        if isinstance(entry, str) and "*" in entry:
            folder = docs / PurePosixPath(entry).parent
            names = sorted(path.name for path in folder.iterdir())
            pattern = PurePosixPath(entry).name
            yield from (
                (folder / name).relative_to(docs).as_posix()
                for name in names
                if fnmatch(name, pattern)
            )
        elif isinstance(entry, dict):
            yield {
                title: list(_written_out(below, docs)) if isinstance(below, list) else below
                for title, below in entry.items()
            }
        else:
            yield entry
