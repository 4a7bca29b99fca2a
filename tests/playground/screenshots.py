"""Pictures of the playground for the documentation: `make screenshots` takes them of a stack that is rehearsed for it."""

import tempfile
from pathlib import Path

from operations.deployment import find_deployment
from rehearsal.local_account import local_account
from tests.operations.conftest import Deployed
from tests.playground.browser import Browser
from tests.playground.page import Page
from tests.playground.serving import a_playground
from tests.rehearsal.front_door.stacks import PROJECT_DIR, Project
from tests.rehearsal.tenant import REGION

PICTURES = PROJECT_DIR / "docs" / "images"
WIDTH, HEIGHT = 1200, 820
_SHARPNESS = 1.5  # pixels of the picture for one of the page's
_PROMPTS = (
    ("Elizabeth looked out of the window.", "200", ""),
    ("She had never been at a ball in her life, and", "120", "0.8"),
    ("A letter from London was on the table;", "180", "0.5"),
    ("The next morning Mr. Darcy came into the room, and", "160", ""),
    ("It was a fine morning, and the young lady", "240", "0.6"),
)


def main() -> None:
    """Deploy the dev stack with a streaming URL into an account of its own, and ask it in the page."""
    with tempfile.TemporaryDirectory() as folder, local_account(REGION) as account:
        project = Path(folder) / "project"
        project.mkdir()
        stack = Project(project, storyteller=True).deploy_dev(account, streaming=True)
        account.publish("dev", stack.exports)
        deployment = find_deployment("dev", project_dir=None, account_url=account.url)
        with (
            a_playground(Deployed(deployment, stack)) as served,
            Browser(Path(folder) / "browser") as browser,
        ):
            browser.resize(WIDTH, HEIGHT, _SHARPNESS)
            page = Page(browser)
            page.open(served)
            for prompt, tokens, temperature in _PROMPTS:
                _fill(page, max_new_tokens=tokens, temperature=temperature)
                page.ask(prompt)
                page.wait(lambda asked=prompt: page.history[:1] == [asked], "its record")
            browser.run(
                "const p = document.getElementById('prompt'); p.setSelectionRange(999, 999)"
            )
            PICTURES.mkdir(exist_ok=True)
            for scheme, name in (("light", "playground.png"), ("dark", "playground-dark.png")):
                browser.prefer(scheme)
                (PICTURES / name).write_bytes(browser.screenshot())


def _fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.browser.run("document.getElementById(arguments[0]).value = arguments[1]", name, value)


if __name__ == "__main__":
    main()
