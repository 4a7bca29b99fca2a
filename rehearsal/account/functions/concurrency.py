"""Concurrency: what one Region of an account may run at the same time, and what of it is set aside.

Facts: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html and
https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html, read in November 2026.
"""

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
ACCOUNT_LIMIT = 1000  # AWS Lambda quota, by Region
LEAST_UNRESERVED = 100  # what reservations must leave to all other functions


class Concurrency:
    """Counts what runs of each function, all its versions together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = Counter[tuple[str, str]]()  # by Region and name

    @contextlib.contextmanager
    def taken(self, target: Target) -> Generator[int]:
        """Take one of the function's places for the length of a `with` block, which gets how many are taken.

        Raises:
            AwsError: `TooManyRequestsException`, if there is none left.
        """
        function = (target.region, target.name)
        reserved = reservations(target.region)
        with self._lock:
            if target.name in reserved:
                if self._running[function] >= reserved[target.name]:
                    raise _throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
            elif self._unreserved(target.region, reserved) >= ACCOUNT_LIMIT - sum(
                reserved.values()
            ):
                raise _throttled("ConcurrentInvocationLimitExceeded")
            self._running[function] += 1
            count = self._running[function]
        try:
            yield count
        finally:
            with self._lock:
                self._running[function] -= 1

    def _unreserved(self, region: str, reserved: dict[str, int]) -> int:
        return sum(
            count
            for (where, name), count in self._running.items()
            if where == region and name not in reserved
        )


def reservations(region: str) -> dict[str, int]:
    """Return what each function of a Region has reserved, by name; not those that have nothing."""
    # moto keeps it on the unpublished version only.
    functions: list[Any] = list(lambda_backends[ACCOUNT_ID][region].list_functions())
    return {
        str(each.function_name): int(each.reserved_concurrency)
        for each in functions
        if each.reserved_concurrency is not None
    }


def refuse_to_reserve(target: Target, wanted: int) -> None:
    """Refuse a reservation that would leave too little to the functions without one.

    Raises:
        AwsError: `InvalidParameterValueException`, in Lambda's words.
    """
    others = {**reservations(target.region), target.name: 0}
    if ACCOUNT_LIMIT - sum(others.values()) - wanted < LEAST_UNRESERVED:
        raise AwsError(
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{LEAST_UNRESERVED}].",
        )


def _throttled(reason: str) -> AwsError:
    return AwsError(TOO_MANY_REQUESTS, "Rate Exceeded.", 429, {"Reason": reason, "Type": "User"})
