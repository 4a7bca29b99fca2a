"""One local account for each test process; tests keep out of each other's way by unique names."""

from collections.abc import Iterator

import pytest

from rehearsal.local_account import LocalAccount, local_account
from tests.rehearsal.deployment import Deployment
from tests.rehearsal.tenant import REGION, Tenant


@pytest.fixture(scope="session")
def tenant() -> Iterator[Tenant]:
    with local_account(REGION) as account:
        yield Tenant(account.url)


@pytest.fixture(scope="session")
def account(tenant: Tenant) -> LocalAccount:
    """One for all tests: its clients take a while to make."""
    return LocalAccount(tenant.url, REGION)


@pytest.fixture
def deployment(account: LocalAccount) -> Deployment:
    return Deployment(account)
