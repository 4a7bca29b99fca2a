"""boto3 clients for the services that this account plays, acting with a role's own credentials."""

import threading
from typing import Any

from botocore.config import Config

from operations.aws_session import isolated_session
from rehearsal.account.iam.principals import RoleCredentials

_session = isolated_session()
# Creating clients from one session is not thread-safe; a session each would load every model again.
_lock = threading.Lock()


def client(service: str, url: str, region: str, credentials: RoleCredentials) -> Any:
    """Return a client that reaches the account at `url` as the role does."""
    with _lock:
        return _session.client(
            service,  # pyright: ignore[reportArgumentType] - any service name
            endpoint_url=url,
            region_name=region,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            config=Config(
                retries={"total_max_attempts": 1},
                connect_timeout=5,
                read_timeout=30,
                proxies={},
            ),
        )
