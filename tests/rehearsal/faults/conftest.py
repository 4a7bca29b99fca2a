"""An account of their own for tests that make calls fail: what they ask for must strike nobody else."""

from collections.abc import Iterator

import pytest

from rehearsal.local_account import LocalAccount, local_account
from tests.rehearsal.tenant import REGION, Tenant


@pytest.fixture(scope="module")
def tenant() -> Iterator[Tenant]:
    with local_account(REGION) as account:
        yield Tenant(account.url)


@pytest.fixture(scope="module")
def account(tenant: Tenant) -> LocalAccount:
    return LocalAccount(tenant.url, REGION)
