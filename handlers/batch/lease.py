"""Who works on a batch: of two deliveries of one object at the same time, one only.

S3 has no lock, but it can refuse to store an object that exists already. So the lease with number n is
an object that only one run can have made; when it has run out, the next one is number n + 1.
"""

import json
import math
import secrets
from dataclasses import dataclass

from handlers.batch.objects import Objects
from handlers.batch.timing import Clock
from handlers.errors import HandlerError, NotFoundError
from handlers.json_values import is_number, object_in
from handlers.storage.bucket import ExistsAlreadyError

_CLOCKS_DIFFER_SECONDS = 5.0
_JUST_MISSED_SECONDS = 2


class BusyError(Exception):
    """Another run works on the batch."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"busy for {retry_after_seconds} s")
        self.retry_after_seconds: int = retry_after_seconds


@dataclass(frozen=True)
class Lease:
    """One run's right to work on a batch."""

    objects: Objects
    key: str
    owner: str

    @classmethod
    def take(cls, objects: Objects, prefix: str, clock: Clock) -> "Lease":
        """Take the lease on the batch of `prefix`, until the function must have ended.

        Raises BusyError when another run has it.
        """
        number = max((_number(key.removeprefix(prefix)) for key in objects.keys(prefix)), default=0)
        if number:
            _check_run_out(objects, _key(prefix, number), clock)
        lease = cls(objects, _key(prefix, number + 1), secrets.token_hex(8))
        ends_at = clock.now() + objects.seconds_left() + _CLOCKS_DIFFER_SECONDS
        try:
            objects.put(lease.key, lease.content(ends_at), only_if_absent=True)
        except ExistsAlreadyError:
            # Ours, if S3 took it and the answer was lost: the client tried again.
            if _read(objects, lease.key).get("owner") != lease.owner:
                raise BusyError(_JUST_MISSED_SECONDS) from None
        return lease

    def give_back(self) -> None:
        """Let the next run begin at once. If S3 does not hear of it, the lease runs out."""
        try:
            # Nobody else ever writes this object: only its maker has it.
            self.objects.put(self.key, self.content(0))
        except HandlerError:
            return

    def content(self, ends_at: float) -> bytes:
        """What is stored: until when it holds, in seconds since 1970, and for whom."""
        return json.dumps({"ends_at": ends_at, "owner": self.owner}).encode()


def _check_run_out(objects: Objects, key: str, clock: Clock) -> None:
    ends_at = _read(objects, key).get("ends_at")
    left = ends_at - clock.now() if is_number(ends_at) else 0
    if left > 0:
        raise BusyError(math.ceil(left) + 1)


def _read(objects: Objects, key: str) -> dict[str, object]:
    """A lease's content; empty when it is gone, which only its expiry does."""
    try:
        return object_in(objects.read(key))
    except NotFoundError:
        return {}


def _key(prefix: str, number: int) -> str:
    return f"{prefix}{number}.json"


def _number(name: str) -> int:
    digits = name.removesuffix(".json")
    return int(digits) if digits.isascii() and digits.isdigit() else 0
