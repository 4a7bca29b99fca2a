"""What operations are tried on: a local account, and the dev stack deployed into it."""

import pytest

from operations.deployment import Deployment, find_deployment
from rehearsal.local_account import LocalAccount
from tests.rehearsal.conftest import account, tenant
from tests.rehearsal.front_door.stacks import Project, Stack

__all__ = ["account", "tenant"]


@pytest.fixture(scope="session")
def dev_stack(account: LocalAccount, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The dev stack, deployed once for each test process, with a model that obeys its prompt."""
    stack = Project(tmp_path_factory.mktemp("dev")).deploy_dev(account)
    account.publish("dev", stack.exports)
    return stack


@pytest.fixture(scope="session")
def dev(dev_stack: Stack) -> Deployment:
    return find_deployment("dev", project_dir=None, account_url=dev_stack.account.url)
