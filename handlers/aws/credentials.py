"""The function's credentials: from its environment, or from the address that Lambda names there."""

import json
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from handlers.aws.connections import Connections, HttpRequest
from handlers.aws.endpoints import address_of
from handlers.aws.errors import AwsSettingsError, CallFailedError, CredentialsMissingError
from handlers.json_values import is_object
from handlers.time_limit import TimeLimit

RENEWED_BEFORE_EXPIRY_SECONDS = 600
"""Credentials with less left are fetched anew, as botocore does at the latest."""
_FETCH_SECONDS = 2.0
_FETCH_TRIES = 3
_LARGEST_ANSWER_BYTES = 65_536
# Where botocore sends the authorization token without encryption: this machine, and the link-local
# addresses of ECS and EKS.
_PLAIN_HOSTS = {"localhost", "127.0.0.1", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"}


@dataclass(frozen=True, repr=False)
class Credentials:
    """An AWS access key, of a role when there is a token. Its `repr` shows nothing."""

    access_key: str
    secret_key: str
    token: str | None = None
    expires_at: float | None = None
    """In seconds since 1970; None when that is not known."""


class CredentialSource:
    """Gives the credentials of the moment to every thread."""

    def __init__(self, variables: Mapping[str, str], connections: Connections) -> None:
        self._variables = variables
        self._connections = connections
        self._lock = threading.Lock()
        self._known: Credentials | None = None

    def current(self, limit: TimeLimit) -> Credentials:
        """The credentials to sign with now. Raises CredentialsMissingError."""
        known = self._known
        if known is not None and not _ends_soon(known):
            return known
        with self._alone(limit):
            if self._known is None or _ends_soon(self._known):
                self._known = self._renewed(self._known, limit)
            return self._known

    def replace(self, refused: Credentials, limit: TimeLimit) -> bool:
        """Read the credentials again after AWS took these for expired; whether there are others now."""
        with self._alone(limit):
            if self._known == refused:
                self._known = self._read(limit)
            return self._known != refused

    @contextmanager
    def _alone(self, limit: TimeLimit) -> Generator[None, None, None]:
        """While another thread fetches them, wait; no longer than the call may take."""
        if not self._lock.acquire(timeout=max(0.0, limit.seconds_left())):
            raise CredentialsMissingError("the place that hands out credentials takes too long")
        try:
            yield
        finally:
            self._lock.release()

    def _renewed(self, known: Credentials | None, limit: TimeLimit) -> Credentials:
        try:
            return self._read(limit)
        except CredentialsMissingError:
            # Those at hand may still be good for minutes.
            if known is None or (known.expires_at or 0) <= time.time():
                raise
            return known

    def _read(self, limit: TimeLimit) -> Credentials:
        variables = self._variables
        access_key = variables.get("AWS_ACCESS_KEY_ID")
        secret_key = variables.get("AWS_SECRET_ACCESS_KEY")
        if access_key and secret_key:
            return Credentials(access_key, secret_key, variables.get("AWS_SESSION_TOKEN") or None)
        if url := variables.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
            return self._fetch(url, limit)
        raise CredentialsMissingError("the environment has no AWS credentials")

    def _fetch(self, url: str, limit: TimeLimit) -> Credentials:
        """From the address that Lambda gives, with SnapStart for example.

        https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
        """
        try:
            address = address_of(url, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        except AwsSettingsError as error:
            raise CredentialsMissingError(str(error)) from error
        if not address.is_encrypted and address.host not in _PLAIN_HOSTS:
            raise CredentialsMissingError(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI must be an https URL or lie on this machine, got"
                f" the host {address.host!r}."
            )
        # The path goes with the request, and with the address only for its host.
        path_and_query = url.partition("//")[2].partition("/")[2].partition("#")[0]
        request = HttpRequest(
            "GET", f"/{path_and_query}", {"host": address.host_header, **self._authorization()}
        )
        tries_left = _FETCH_TRIES
        while True:
            tries_left -= 1
            try:
                seconds = min(_FETCH_SECONDS, limit.seconds_left())
                with self._connections.request(address, request, TimeLimit.of(seconds)) as reply:
                    body = reply.read(_LARGEST_ANSWER_BYTES)
                return _credentials_in(body, reply.status)
            except (CallFailedError, TimeoutError) as error:
                if tries_left == 0:
                    raise CredentialsMissingError(
                        "the place that hands out credentials does not answer as it should"
                        f" ({type(error).__name__})"
                    ) from error

    def _authorization(self) -> dict[str, str]:
        token = self._variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        if path := self._variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
            try:
                with open(path) as file:  # noqa: PTH123 - pathlib would make every start longer
                    token = file.read()
            except (OSError, ValueError) as error:
                raise CredentialsMissingError(
                    "the file in AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read"
                ) from error
        return {"accept": "application/json", **({"authorization": token} if token else {})}


def _ends_soon(credentials: Credentials) -> bool:
    ends = credentials.expires_at
    return ends is not None and ends - time.time() < RENEWED_BEFORE_EXPIRY_SECONDS


def _credentials_in(body: bytes, status: int) -> Credentials:
    # Loaded here: only credentials from an address say when they expire.
    from datetime import datetime  # noqa: PLC0415 - as above

    try:
        members = json.loads(body) if status == 200 else None  # noqa: PLR2004 - HTTP's OK
        if is_object(members):
            return Credentials(
                str(members["AccessKeyId"]),
                str(members["SecretAccessKey"]),
                str(members["Token"]),
                datetime.fromisoformat(str(members["Expiration"])).timestamp(),
            )
    except (KeyError, ValueError) as error:
        raise CredentialsMissingError("the answer does not hold credentials") from error
    raise CredentialsMissingError(f"the answer does not hold credentials (status {status})")
