"""Wait for what SageMaker does in its own time."""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

POLL_SECONDS = 0.05


def wait_until_gone(describe: Callable[[], Any]) -> None:
    """Return once SageMaker cannot find what `describe` asks for.

    Raises:
        ClientError: it was refused for another reason.
    """
    while True:
        try:
            describe()
        except ClientError as refused:
            if "Could not find" in refused.response["Error"]["Message"]:
                return
            raise
        time.sleep(POLL_SECONDS)
