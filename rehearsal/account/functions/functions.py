"""Lambda's functions: the code that moto stores, run under the real runtime client.

moto keeps the functions; what it drops and a run needs (`LoggingConfig`) is noted on the way through.
"""

import base64
import contextlib
import json
import re
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.functions.function_lookup import Target, exists, plain_name
from rehearsal.account.functions.function_stream import FunctionStream
from rehearsal.account.functions.reserved_concurrency import ReservedConcurrency
from rehearsal.account.functions.runtime_api import Event, Outcome
from rehearsal.account.functions.sandbox import Registration, Sandbox, refuse_bad_archive

MAX_SYNC_PAYLOAD_BYTES = 6 * 1024 * 1024  # AWS Lambda quota
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100  # as Lambda's own error says it: 6291556
_STOPPED_AT_ONCE = 16
_FUNCTIONS = "/2015-03-31/functions"
_UPDATE_PATH = re.compile(rf"{_FUNCTIONS}/(?P<function>[^/]+)/(configuration|code)")


@dataclass(frozen=True)
class Ran:
    """One invocation that is over."""

    outcome: Outcome
    log_tail: str
    """What the function logged last."""


class Functions:
    """The running side of every function of the account."""

    def __init__(self, url: str) -> None:
        """`url` is where the functions find the account."""
        self._url = url
        self._concurrency = ReservedConcurrency()
        self._lock = threading.Lock()
        self._logging: dict[tuple[str, str], dict[str, Any]] = {}  # by Region and name
        self._idle: dict[str, list[Sandbox]] = {}  # by fingerprint
        self._started: list[Sandbox] = []
        self._is_stopping = False

    def note(self, request: AwsRequest) -> None:
        """Remember what moto forgets of a function that is created or updated.

        Raises:
            AwsError: its code is no zip archive, which moto would not mind.
        """
        path = request.http.path.rstrip("/")
        updated = _UPDATE_PATH.fullmatch(path) if request.http.method == "PUT" else None
        is_creation = request.http.method == "POST" and path == _FUNCTIONS
        if updated is None and not is_creation:
            return
        members = json.loads(request.body)
        if "ZipFile" in (code := members.get("Code", members)):
            refuse_bad_archive(base64.b64decode(code["ZipFile"]))
        name = plain_name(updated["function"] if updated else members["FunctionName"])
        if is_creation and exists(name, request.region):
            return  # moto is about to refuse it
        if is_creation or "LoggingConfig" in members:
            self._logging[request.region, name] = members.get("LoggingConfig", {})

    def refuse_what_cannot_run(self, target: Target) -> None:
        """Raise an AwsError for a function that this machine would run otherwise than AWS."""
        self._registration(target).refuse_what_cannot_run()

    def run(self, target: Target, payload: bytes, request_id: str) -> Ran:
        """Run one event and wait for its outcome.

        Raises:
            AwsError: a role that Lambda may not assume, no free concurrency, or a function that cannot run
                here.
        """
        with self._sandbox(target) as sandbox:
            outcome, tail = sandbox.run(Event(request_id, payload or b"{}", target.arn))
        return Ran(_within_limit(outcome), tail)

    @contextlib.contextmanager
    def stream(self, target: Target, payload: bytes, request_id: str) -> Generator[FunctionStream]:
        """Run one event and give its reply as it comes.

        Raises:
            AwsError: as `run`.
        """
        with (
            self._sandbox(target) as sandbox,
            sandbox.stream(Event(request_id, payload, target.arn)) as stream,
        ):
            yield stream

    def stop(self) -> None:
        """End every execution environment."""
        with self._lock:
            started, self._started, self._idle = self._started, [], {}
            self._is_stopping = True
        with ThreadPoolExecutor(_STOPPED_AT_ONCE) as pool:
            for _ in pool.map(Sandbox.stop, started):
                pass

    @contextlib.contextmanager
    def _sandbox(self, target: Target) -> Generator[Sandbox]:
        """Give a sandbox for one invocation, which is kept for others if it survives that."""
        registration = self._registration(target)
        registration.refuse_what_cannot_run()
        with self._concurrency.taken(target):
            sandbox = self._warm_sandbox(registration) or self._new_sandbox(registration)
            yield sandbox
            if sandbox.environment.is_alive:
                with self._lock:
                    self._idle.setdefault(registration.fingerprint, []).append(sandbox)
            else:
                sandbox.stop()

    def _registration(self, target: Target) -> Registration:
        logging = self._logging.get((target.region, target.name), {})
        return Registration(target.function, logging, target.region)

    def _warm_sandbox(self, registration: Registration) -> Sandbox | None:
        with self._lock:
            idle = self._idle.get(registration.fingerprint, [])
            while idle:
                sandbox = idle.pop()
                if sandbox.environment.is_alive:
                    return sandbox
        return None

    def _new_sandbox(self, registration: Registration) -> Sandbox:
        sandbox = Sandbox(registration, self._url)
        with self._lock:
            self._started.append(sandbox)
            is_stopping = self._is_stopping
        if is_stopping:  # too late for stop() to see it
            sandbox.stop()
        return sandbox


def _within_limit(outcome: Outcome) -> Outcome:
    if len(outcome.payload) <= MAX_RESPONSE_BYTES:
        return outcome
    message = (
        f"Response payload size ({len(outcome.payload)} bytes) exceeded maximum allowed payload size "
        f"({MAX_RESPONSE_BYTES} bytes)."
    )
    body = {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}
    return Outcome(json.dumps(body).encode(), "Unhandled")
