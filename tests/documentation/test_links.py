"""Every link of every Markdown file leads somewhere, as GitHub shows it; the site's are checked where it is built."""

from pathlib import Path

import pytest

from tests.documentation.markdown_links import anchors_in, broken_links, links_in

PROJECT_DIR = Path(__file__).resolve().parents[2]
OTHERS = {".venv", ".artifacts", ".pytest_cache", "node_modules", "build"}
TEMPLATE = PROJECT_DIR / "tests" / "security_page.md"  # its links are those of docs/security.md
COLLECTED = PROJECT_DIR / "tests" / "catalog" / "data"  # pages of others, as tests read them
FILES = sorted(
    path
    for path in PROJECT_DIR.rglob("*.md")
    if not OTHERS & set(path.relative_to(PROJECT_DIR).parts)
    and not path.is_relative_to(COLLECTED)
    and path != TEMPLATE
)


def test_the_pages_are_found() -> None:
    found = {file.relative_to(PROJECT_DIR).as_posix() for file in FILES}

    assert found >= {
        "README.md",
        "CONTRIBUTING.md",
        "docs/index.md",
        "docs/adr/0002-dependencies.md",
    }


@pytest.mark.parametrize(
    "file", FILES, ids=[file.relative_to(PROJECT_DIR).as_posix() for file in FILES]
)
def test_every_link_leads_somewhere(file: Path) -> None:
    assert list(broken_links(file, PROJECT_DIR)) == []


def test_a_link_is_found_whatever_its_form_and_none_in_code() -> None:
    text = """\
See [one](a.md) and [`two`](b.md#x), ![three](c.png "A title"), <img src="d.png">, [web](https://example.org).

`[four](no.md)` ``[`five`](no.md)``

```text
[six](no.md)
```
"""

    assert list(links_in(text)) == ["a.md", "b.md#x", "c.png", "d.png"]


def test_anchors_are_github_s() -> None:
    text = "# A `key.name`: what, why?\n\n## Under_score\n\n## Twice\n## Twice\n\n```sh\n# not one\n```\n"

    assert list(anchors_in(text)) == ["a-keyname-what-why", "under_score", "twice", "twice-1"]


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("b.md", "there is no such file"),
        ("a.md#two", "there is no heading for #two"),
        ("#three", "there is no heading for #three"),
        ("../../x.md", "leads out of the repository"),
    ],
)
def test_a_broken_link_is_told_with_its_reason(link: str, reason: str, tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text(f"# One\n\n[good](#one) [bad]({link})\n")

    assert list(broken_links(page, tmp_path)) == [f"{link}: {reason}"]
