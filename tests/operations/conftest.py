"""Stacks that are deployed once for each test process, as a command finds them: by name, in a local account."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from operations.deployment import Deployment, find_deployment
from rehearsal.local_account import LocalAccount
from tests.rehearsal.conftest import account, tenant
from tests.rehearsal.front_door.stacks import Project, Stack

__all__ = ["account", "tenant"]

STREAMING = "streaming"
Genai = Callable[..., Result]


class Deployed(NamedTuple):
    """A deployed stack: as operations see it, and as tests look behind it."""

    deployment: Deployment
    stack: Stack


@pytest.fixture(scope="session")
def dev_stack(account: LocalAccount, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The dev stack, deployed once for each test process, with a model that obeys its prompt."""
    stack = Project(tmp_path_factory.mktemp("dev")).deploy_dev(account)
    account.publish("dev", stack.exports)
    return stack


@pytest.fixture(scope="session")
def dev(dev_stack: Stack) -> Deployment:
    return find_deployment("dev", project_dir=None, account_url=dev_stack.account.url)


@pytest.fixture(scope="session")
def deployed(dev: Deployment, dev_stack: Stack) -> Deployed:
    return Deployed(dev, dev_stack)


@pytest.fixture(scope="session")
def streaming(account: LocalAccount, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """A stack whose URL streams."""
    sections = {"invoker": {"url": "iam", "streaming": True}}
    stack = Project(tmp_path_factory.mktemp(STREAMING)).deploy(account, sections)
    account.publish(STREAMING, stack.exports)
    found = find_deployment(STREAMING, project_dir=None, account_url=account.url)
    return Deployed(found, stack)


@pytest.fixture
def genai(account: LocalAccount) -> Genai:
    """Runs a command on what is deployed in the account."""

    def run(*arguments: str, stdin: str | None = None) -> Any:
        environment = {"GENAI_ACCOUNT": account.url, "COLUMNS": "200"}
        return CliRunner().invoke(app, arguments, input=stdin, env=environment)

    return run
