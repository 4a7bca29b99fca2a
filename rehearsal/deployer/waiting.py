"""Wait for what SageMaker does in its own time."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import ClientError

POLL_SECONDS = 0.05
SETTLED_LIMIT_SECONDS = 60
_UNDER_WAY = "Cannot update in-progress "
T = TypeVar("T")


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


def once_settled(ask: Callable[[], T]) -> T:
    """Ask for a change of an endpoint or a component as soon as no other one is under way, and return the reply.

    Minutes last moments here, so scaling is in the way far more often than on AWS.

    Raises:
        ClientError: it was refused for another reason, or is still changing after a minute.
    """
    deadline = time.monotonic() + SETTLED_LIMIT_SECONDS
    while True:
        try:
            return ask()
        except ClientError as refused:
            is_changing = refused.response["Error"]["Message"].startswith(_UNDER_WAY)
            if not is_changing or time.monotonic() > deadline:
                raise
        time.sleep(POLL_SECONDS)
