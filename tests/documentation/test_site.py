"""The documentation builds as a site, with every link and anchor right, and fetches nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.site_hooks import led_out, repository_url

PROJECT_DIR = Path(__file__).resolve().parents[2]
REPOSITORY = "https://git.example.org/team/genai"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder],
        cwd=PROJECT_DIR,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "REPOSITORY_URL": REPOSITORY},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    pages = {
        path.relative_to(PROJECT_DIR / "docs") for path in (PROJECT_DIR / "docs").rglob("*.md")
    }
    names = {
        page.with_name("index.html") if page.name == "README.md" else page.with_suffix(".html")
        for page in pages
    }

    assert {path.relative_to(site) for path in site.rglob("*.html")} == {*names, Path("404.html")}


def test_no_page_has_the_browser_fetch_anything_from_elsewhere(site: Path) -> None:
    fetched = re.compile(
        r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"((?:https?:)?//[^\"]+)"
    )
    strays = {path.name: fetched.findall(path.read_text()) for path in site.rglob("*.html")}

    assert {name: found for name, found in strays.items() if found} == {}


def test_a_file_of_the_repository_is_linked_on_the_web(site: Path) -> None:
    assert f'href="{REPOSITORY}/blob/HEAD/tests/' in (site / "conformance.html").read_text()


def test_the_diagrams_are_diagrams(site: Path) -> None:
    assert (site / "architecture.html").read_text().count('<pre class="mermaid">') >= 4


@pytest.mark.parametrize(
    ("link", "led"),
    [
        ("[a](../x/a.py)", f"[a]({REPOSITORY}/blob/HEAD/x/a.py)"),
        ("[`a`](../x/a.py#L3)", f"[`a`]({REPOSITORY}/blob/HEAD/x/a.py#L3)"),
        ("[x](../x/)", f"[x]({REPOSITORY}/tree/HEAD/x)"),
        ("[page](other.md#there)", "[page](other.md#there)"),
        ("[here](#there)", "[here](#there)"),
        ("[web](https://example.org/../x)", "[web](https://example.org/../x)"),
        ("`[a](../x/a.py)`", "`[a](../x/a.py)`"),
        ("```md\n[a](../x/a.py)\n```\n", "```md\n[a](../x/a.py)\n```\n"),
        ("[decisions](adr/)", "[decisions](adr/0001-first.md)"),
    ],
)
def test_only_what_is_no_page_is_led_out(link: str, led: str, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.py").touch()
    (tmp_path / "docs" / "adr").mkdir(parents=True)
    for name in ("0002-second.md", "0001-first.md"):
        (tmp_path / "docs" / "adr" / name).touch()

    assert led_out(link, "page.md", tmp_path, "docs", REPOSITORY) == led


def test_without_an_address_the_path_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()

    led = led_out("[a *b*](../../a.py)", "deep/page.md", tmp_path, "docs", None)

    assert led == '<span title="a.py">a *b*</span>'


def test_a_file_that_is_not_there_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"docs/page\.md: there is no b\.py"):
        led_out("[b](../b.py)", "page.md", tmp_path, "docs", REPOSITORY)


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, None),
        ({"REPOSITORY_URL": f"{REPOSITORY}/"}, REPOSITORY),
        (
            {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "team/genai"},
            "https://github.com/team/genai",
        ),
        ({"GITHUB_SERVER_URL": "https://github.com"}, None),
    ],
)
def test_where_the_repository_is_comes_from_the_environment(
    environment: dict[str, str], url: str | None
) -> None:
    assert repository_url(environment) == url
