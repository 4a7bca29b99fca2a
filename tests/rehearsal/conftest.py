"""One local account for each test process; tests keep out of each other's way by unique names."""

from collections.abc import Iterator

import pytest

from rehearsal.local_account import local_account
from tests.rehearsal.tenant import REGION, Tenant


@pytest.fixture(scope="session")
def tenant() -> Iterator[Tenant]:
    with local_account(REGION) as account:
        yield Tenant(account.url)
