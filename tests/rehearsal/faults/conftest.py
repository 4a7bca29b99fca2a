"""One account for all tests of faults, without any at first and after each test; a stack in it where one is wanted."""

from collections.abc import Iterator

import pytest

from rehearsal.local_account import LocalAccount, local_account
from tests.rehearsal.front_door.stacks import Project, Stack
from tests.rehearsal.tenant import REGION, Tenant


@pytest.fixture(scope="session")
def running() -> Iterator[LocalAccount]:
    with local_account(REGION) as account:
        yield account


@pytest.fixture(scope="session")
def tenant(running: LocalAccount) -> Tenant:
    return Tenant(running.url)


@pytest.fixture
def account(running: LocalAccount) -> Iterator[LocalAccount]:
    yield running
    running.inject()


@pytest.fixture(scope="session")
def stack(running: LocalAccount, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    project = Project(tmp_path_factory.mktemp("project"))
    return project.deploy(running, {"invoker": {"inputs": {"enabled": True}, "url": "iam"}})
