"""Deployed stacks, each made once for a module."""

from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.local_account import LocalAccount
from tests.rehearsal.front_door.stacks import Project, Stack

Deploy = Callable[..., Stack]


@pytest.fixture(scope="module")
def deploy(account: LocalAccount, tmp_path_factory: pytest.TempPathFactory) -> Deploy:
    """Deploys a small stack of the given sections of settings, with an obedient model."""

    def deployed(**sections: dict[str, Any]) -> Stack:
        return Project(tmp_path_factory.mktemp("project")).deploy(account, sections)

    return deployed
