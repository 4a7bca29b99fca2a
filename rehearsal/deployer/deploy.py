"""Answer a Pulumi program's resources and data sources by creating them in the local account."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

from rehearsal.deployer import (
    alarms,
    apigateway,
    bucket_notification,
    cloud_control,
    ec2,
    function_settings,
    iam,
    inference_components,
    lambda_,
    logs,
    s3,
    sagemaker,
    scaling,
    sns,
    sqs,
)
from rehearsal.deployer.creator import Creator, Inputs
from rehearsal.deployer.data_sources import DATA_SOURCES
from rehearsal.local_account import LocalAccount

_CREATORS: dict[str, Creator] = {
    **alarms.CREATORS,
    **apigateway.CREATORS,
    **bucket_notification.CREATORS,
    **cloud_control.CREATORS,
    **ec2.CREATORS,
    **function_settings.CREATORS,
    **iam.CREATORS,
    **inference_components.CREATORS,
    **lambda_.CREATORS,
    **logs.CREATORS,
    **s3.CREATORS,
    **sagemaker.CREATORS,
    **scaling.CREATORS,
    **sns.CREATORS,
    **sqs.CREATORS,
}
# How the Pulumi SDK marks a secret that it hands to mocks: {_SIGNATURE: _SECRET, "value": ...}.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public constant of the SDK


class DeployError(Exception):
    """A resource could not be created."""

    def __init__(self, resource_type: str, name: str, cause: Exception) -> None:
        super().__init__(f"{short_type(resource_type)} {name}: {cause}")
        self.resource_type = resource_type
        self.name = name
        self.cause = cause


@dataclass(frozen=True)
class CreatedResource:
    """One line of the transcript."""

    resource_type: str
    name: str
    id: str
    seconds: float


class Deployer(pulumi.runtime.Mocks):
    """The mocks of a rehearsal: they create the real thing, in an account that is not."""

    def __init__(
        self, account: LocalAccount, on_start: Callable[[str, str], None] = lambda *_: None
    ) -> None:
        """`on_start(resource type, logical name)` is called as each creation begins."""
        self._account = account
        self._on_start = on_start
        self._lock = threading.Lock()
        self.created: list[CreatedResource] = []
        self.failures: list[DeployError] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Create one resource and return its id and outputs.

        Raises:
            DeployError: it could not be created; the cause is the account's own answer.
        """
        if not args.custom:
            return f"{args.name}-id", args.inputs
        self._on_start(args.typ, args.name)
        started = time.monotonic()
        inputs: Inputs = _revealed(args.inputs)
        try:
            made = _creator_of(args.typ)(self._account, args.name, inputs)
        except Exception as cause:
            failure = DeployError(args.typ, args.name, cause)
            with self._lock:
                self.failures.append(failure)
            raise failure from cause
        with self._lock:
            seconds = time.monotonic() - started
            self.created.append(CreatedResource(args.typ, args.name, made.id, seconds))
        return made.id, {**inputs, **made.outputs}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        """Answer a data source about the local account."""
        if args.token not in DATA_SOURCES:
            raise NotImplementedError(
                f"the rehearsal cannot answer the data source {args.token} yet"
            )
        return DATA_SOURCES[args.token](self._account, _revealed(args.args)), []


def short_type(resource_type: str) -> str:
    """Return a type as people say it: `s3 Bucket` for `aws:s3/bucket:Bucket`."""
    _, module, kind = resource_type.split(":")
    return f"{module.partition('/')[0]} {kind}"


def _creator_of(resource_type: str) -> Creator:
    if resource_type not in _CREATORS:
        raise NotImplementedError(f"the rehearsal cannot create a {resource_type} yet")
    return _CREATORS[resource_type]


def _revealed(value: Any) -> Any:
    """Take the secret marks off: the API gets plain values, as the provider would send them."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return _revealed(value["value"])
        return {key: _revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_revealed(item) for item in value]
    return value
