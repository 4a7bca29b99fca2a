"""What only the tests of the AWS client need."""

import pytest

from tests.handlers.aws.certificates import Certificates, issue


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates for a server on this machine."""
    folder = tmp_path_factory.mktemp("certificates")
    return issue(folder)
