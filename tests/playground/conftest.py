"""Playgrounds of stacks that are deployed once for each test process."""

from collections.abc import Iterator

import pytest

from rehearsal.local_account import LocalAccount
from tests.operations.conftest import Deployed, deployed, dev, dev_stack, streaming
from tests.playground.browser import Browser, missing_programs
from tests.playground.page import Page
from tests.playground.serving import Playground, a_playground, deploy
from tests.rehearsal.conftest import account, tenant

# Fixtures of the commands' tests that these share.
__all__ = ["account", "deployed", "dev", "dev_stack", "streaming", "tenant"]


@pytest.fixture(scope="session")
def playground(streaming: Deployed) -> Iterator[Playground]:
    """Of a stack whose texts come piece by piece."""
    with a_playground(streaming) as served:
        yield served


@pytest.fixture(scope="session")
def whole(deployed: Deployed) -> Iterator[Playground]:
    """Of the dev stack, whose texts come as a whole."""
    with a_playground(deployed) as served:
        yield served


@pytest.fixture(scope="session")
def queued(account: LocalAccount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """Of a stack that answers later."""
    folder = tmp_path_factory.mktemp("queued")
    with a_playground(deploy(account, folder, endpoint={"mode": "async"})) as served:
        yield served


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if missing := missing_programs():
        pytest.skip(f"this machine has no {missing}")
    with Browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser that has shown nothing yet, and must have nothing to complain about in the end."""
    browser.prefer("light")
    browser.resize(1280, 860)
    browser.complaints()
    yield Page(browser)
    assert browser.complaints() == []
    browser.open("about:blank")
