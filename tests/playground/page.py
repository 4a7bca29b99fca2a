"""The playground's page as its user sees it."""

import json
from collections.abc import Callable
from typing import Any

from tests.playground.browser import ENTER, Browser
from tests.playground.serving import Playground

_LAST = ".turn:last-child"


class Page:
    """The page in a browser."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def open(self, playground: Playground) -> None:
        """Open it as `genai playground` does, and wait until it knows the stack and its records."""
        self.browser.open(playground.url)
        self.wait(
            lambda: self.facts and "Reading" not in self.text("#history-note"), "the page is ready"
        )

    def ask(self, prompt: str) -> None:
        """Type a prompt on the keyboard in place of what is there, press Enter, and wait for the end."""
        self.type(prompt)
        self.browser.press(ENTER)
        self.wait_for_answer()

    def type(self, prompt: str) -> None:
        self.browser.run("document.getElementById('prompt').select()")
        self.browser.press(prompt)

    def wait_for_answer(self) -> None:
        self.wait(lambda: self.text(".turn") and not self.is_busy, "an answer or a failure")

    @property
    def facts(self) -> dict[str, str]:
        """What is said about the stack, or figures of the last answer."""
        return self.definitions("#facts")

    @property
    def figures(self) -> dict[str, str]:
        return self.definitions(f"{_LAST} .figures")

    def definitions(self, selector: str) -> dict[str, str]:
        """Names and values, read in one go: between two the page may have written them again."""
        words = self.browser.texts(f"{selector} dt, {selector} dd")
        return dict(zip(words[::2], words[1::2], strict=True))

    @property
    def is_busy(self) -> bool:
        return bool(self.browser.texts('.turn[aria-busy="true"]'))

    @property
    def turns(self) -> list[str]:
        """What was asked so far."""
        return self.browser.texts(".asked .said")

    @property
    def answer(self) -> str:
        """The last one, as far as it is there."""
        return self.text(f"{_LAST} .answer .said")

    @property
    def failure(self) -> str:
        return self.text(f"{_LAST} .failure")

    @property
    def status(self) -> str:
        return self.text("#status")

    @property
    def history(self) -> list[str]:
        return self.browser.texts("#records .of")

    @property
    def record(self) -> dict[str, Any]:
        """The one that is shown in the panel."""
        text = self.wait(lambda: self.text("#viewer-json"), "the panel shows a record")
        return json.loads(text)

    @property
    def is_panel_open(self) -> bool:
        return self.browser.run("return document.getElementById('viewer').open")

    @property
    def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        return self.browser.run("return document.documentElement.scrollWidth > innerWidth")

    def text(self, selector: str) -> str:
        return self.browser.text(selector)

    def wait(self, wanted: Callable[[], Any], what: str) -> Any:
        return self.browser.wait(wanted, what)
