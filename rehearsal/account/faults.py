"""Let calls fail now and then, as calls to AWS do, so that it can be seen how they are survived.

Only what functions and other clients ask is failed: neither the administrator's calls nor those that
SageMaker makes itself. Every fault comes before anything is done: no container is asked, nothing is stored.
"""

import random
import socket
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.account import ADMIN_ACCESS_KEY_ID
from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.iam.principals import session_name
from rehearsal.account.sagemaker.runtime_request import is_invocation
from rehearsal.account.wire_errors import AwsError

REPORT_PATH = "/rehearsal/faults"
_OWN_SESSION = "sagemaker"
_RESET = "ConnectionReset"


@dataclass(frozen=True)
class Faults:
    """How many calls fail, and which: the same ones for the same seed, as far as their order is the same."""

    percent: float
    seed: int = 0

    @classmethod
    def parse(cls, text: str) -> "Faults":
        """Read what `str` wrote."""
        percent, _, seed = text.partition(":")
        return cls(float(percent), int(seed))

    def __str__(self) -> str:
        return f"{self.percent}:{self.seed}"


class FaultInjector:
    """Decides about each call, and counts."""

    def __init__(self, faults: Faults) -> None:
        self._share = faults.percent / 100
        self._random = random.Random(faults.seed)  # noqa: S311 - for tests, no secret
        self._lock = threading.Lock()
        self._counts = Counter[str]()

    def counts(self) -> dict[str, int]:
        """How often each fault has come, by service and error."""
        with self._lock:
            return dict(self._counts)

    def strike(self, request: AwsRequest) -> None:
        """Fail `request` if it is its turn.

        Raises:
            AwsError: as the service does when it is overloaded or broken.
            ConnectionResetError: the connection is gone.
        """
        kinds = _kinds_for(request) if self._share else {}
        if not kinds:
            return
        with self._lock:
            if self._random.random() >= self._share:
                return
            name = self._random.choice(sorted(kinds))
            self._counts[f"{request.service} {name}"] += 1
        if name == _RESET:
            _hang_up(request)
        fault = kinds[name]()
        raise fault


def _kinds_for(request: AwsRequest) -> dict[str, Callable[[], Exception]]:
    if request.access_key_id == ADMIN_ACCESS_KEY_ID or session_name(request) == _OWN_SESSION:
        return {}
    if request.service == "s3":
        return _OF_S3
    return _OF_THE_RUNTIME if request.service == "sagemaker" and is_invocation(request) else {}


def _hang_up(request: AwsRequest) -> None:
    connection = request.http.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)


def _error(code: str, message: str, status: int) -> Callable[[], Exception]:
    return lambda: AwsError(code, message, status)


_OF_S3: dict[str, Callable[[], Exception]] = {
    "SlowDown": _error("SlowDown", "Please reduce your request rate.", 503),
    "InternalError": _error(
        "InternalError", "We encountered an internal error. Please try again.", 500
    ),
}
_OF_THE_RUNTIME: dict[str, Callable[[], Exception]] = {
    "ThrottlingException": _error("ThrottlingException", "Rate exceeded", 400),
    "ServiceUnavailable": _error(
        "ServiceUnavailable", "The service is currently unavailable.", 503
    ),
    "InternalFailure": _error("InternalFailure", "An internal failure occurred.", 500),
    "ModelNotReadyException": _error(
        "ModelNotReadyException", "The model is not ready yet. Try again later.", 429
    ),
    _RESET: lambda: ConnectionResetError("a fault that was asked for"),
}
