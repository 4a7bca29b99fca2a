"""The links of Markdown files and the anchors of their headings, as GitHub makes them."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from docs.site_hooks import outside_code

_LINK = re.compile(r"\]\((?P<markdown>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
_HTML = re.compile(r"<(?:a|img|source)\s[^>]*?(?:href|src|srcset)=\"(?P<html>[^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} +(?P<title>.+?) *#*$", re.MULTILINE)
_NAMED = re.compile(r"<a (?:id|name)=\"([^\"]+)\"")


def links_in(markdown: str) -> Iterator[str]:
    """Every target of a link or picture that is not on the web."""
    for pattern in (_LINK, _HTML):
        for link in pattern.finditer(_without_code(markdown)):
            target = next(iter(link.groups()))
            if not re.match(r"[a-z]+:", target):
                yield target


def anchors_in(markdown: str) -> Iterator[str]:
    """Every anchor that a link to this text may end in: a second heading of the same words gets `-1`."""
    seen = Counter[str]()
    blocks_out = re.sub(
        r"^(`{3,})[^\n]*\n.*?^\1`*[ ]*$", "", markdown, flags=re.MULTILINE | re.DOTALL
    )
    for heading in _HEADING.finditer(blocks_out):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading["title"]).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        yield f"{slug}-{seen[slug]}" if seen[slug] else slug
        seen[slug] += 1
    yield from _NAMED.findall(markdown)


def broken_links(file: Path, root: Path) -> Iterator[str]:
    """Every link of a Markdown file that leads nowhere, with the reason; `root` is the repository."""
    text = file.read_text()
    for target in links_in(text):
        name, _, anchor = target.partition("#")
        linked = (file.parent / name).resolve() if name else file
        if not linked.is_relative_to(root):
            yield f"{target}: leads out of the repository"
        elif not linked.exists():
            yield f"{target}: there is no such file"
        elif anchor and (linked.suffix != ".md" or anchor not in anchors_in(linked.read_text())):
            yield f"{target}: there is no heading for #{anchor}"


def _without_code(markdown: str) -> str:
    # What stands for the code holds no link, and the text of a link stays one.
    texts: list[str] = []
    outside_code(markdown, lambda text: texts.append(text) or text)
    return "".join(texts)
