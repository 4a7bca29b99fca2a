"""Reserved concurrency: no more invocations of a function at the same time than it has reserved."""

import contextlib
import threading
from collections import Counter
from collections.abc import Generator
from typing import Any

from moto.awslambda.models import lambda_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.functions.function_lookup import Target
from rehearsal.account.wire_errors import AwsError

TOO_MANY_REQUESTS = "TooManyRequestsException"


class ReservedConcurrency:
    """Counts what runs of each function, all its versions together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = Counter[tuple[str, str]]()  # by Region and name

    @contextlib.contextmanager
    def taken(self, target: Target) -> Generator[None]:
        """Take one of the function's places, for the length of a `with` block.

        Raises:
            AwsError: `TooManyRequestsException`, if all are taken.
        """
        function = (target.region, target.name)
        limit = _reserved(target)
        with self._lock:
            if limit is not None and self._running[function] >= limit:
                raise AwsError(
                    TOO_MANY_REQUESTS,
                    "Rate Exceeded.",
                    429,
                    {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User"},
                )
            self._running[function] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[function] -= 1


def _reserved(target: Target) -> int | None:
    # moto keeps it on the unpublished version only.
    latest: Any = lambda_backends[ACCOUNT_ID][target.region].get_function(target.name)
    reserved = latest.reserved_concurrency
    return None if reserved is None else int(reserved)
