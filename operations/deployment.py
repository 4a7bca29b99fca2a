"""One deployed stack: what it exports, and AWS clients for the place where it runs."""

import functools
import threading
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from operations.aws_session import isolated_session
from operations.errors import NotFoundError, OperationError
from operations.stack_outputs import (
    Outputs,
    RehearsedStacks,
    ask_account,
    outputs_of_file,
    outputs_of_pulumi,
)

LONGEST_ANSWER_SECONDS = 910
"""Lambda runs for 900 s at most: https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"""
_CONNECT_SECONDS = 10
_ATTEMPTS = 3
_CONNECTIONS = 64
# What may be done once only, or is repeated by whoever asks.
_ASKED_ONCE = frozenset({"lambda", "sagemaker-runtime"})
_REGION_OF_ARN = 3


class Clients(Protocol):
    """Makes boto3 clients for one account and Region."""

    region: str

    def client(self, service: str) -> Any:
        """Return the client for a service, always the same one."""
        ...


class AwsClients:
    """Makes boto3 clients for one Region, on AWS or in a local account."""

    def __init__(self, region: str, account: "LocalAccess | None" = None) -> None:
        """Know where to ask.

        Args:
            region: such as `us-east-1`.
            account: a local account; AWS, with this machine's credentials, if left out.
        """
        self.region: str = region
        self.account = account
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the boto3 client for a service, always the same one.

        Raises:
            OperationError: the profile that is configured on this machine is of no use.
        """
        with self._lock:  # a session may not make clients from several threads at once
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    def credentials(self) -> Any:
        """Return what requests are signed with, as botocore's signers take it.

        Raises:
            OperationError: there are none on this machine.
        """
        try:
            found = self._session.get_credentials()
        except BotoCoreError as failure:
            raise no_credentials(str(failure)) from failure
        if found is None:
            raise no_credentials("none are configured")
        return found

    @functools.cached_property
    def _session(self) -> boto3.Session:
        if self.account is None:
            try:
                return boto3.Session(region_name=self.region)
            except BotoCoreError as failure:
                raise no_credentials(str(failure)) from failure
        return isolated_session(
            aws_access_key_id=self.account.access_key_id,
            aws_secret_access_key=self.account.secret_access_key,
            region_name=self.region,
        )

    def _new_client(self, service: str) -> Any:
        attempts = 1 if service in _ASKED_ONCE else _ATTEMPTS
        config = Config(
            retries={"total_max_attempts": attempts, "mode": "standard"},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=LONGEST_ANSWER_SECONDS,
            max_pool_connections=_CONNECTIONS,
            **({"proxies": {}} if self.account else {}),
        )
        return self._session.client(
            service,  # pyright: ignore[reportArgumentType] - any service name
            endpoint_url=self.account.url if self.account else None,
            config=config,
        )


class Deployment(AwsClients):
    """A stack that is deployed, on AWS or in a local account."""

    def __init__(self, stack: str, outputs: Outputs, account: "LocalAccess | None" = None) -> None:
        """Know the stack by what it exports.

        Args:
            stack: its name.
            outputs: what it exports; its Region is read from the ARN of its function.
            account: the local account that it is in; AWS, with this machine's credentials, if left out.

        Raises:
            OperationError: the outputs are not those of this program.
        """
        self.stack = stack
        self.outputs = outputs
        super().__init__(_region_of(self.output("function_arn")), account)

    @property
    def endpoint_name(self) -> str:
        """The endpoint's name."""
        return self.output("endpoint_name")

    @property
    def bucket_name(self) -> str:
        """The bucket with model, inputs and results."""
        return self.output("bucket_name")

    @property
    def function_name(self) -> str:
        """The function's name, without its alias."""
        return self.output("function_name")

    @property
    def function(self) -> str:
        """What callers invoke: the function by its alias, if it has one."""
        alias = self.outputs.get("function_alias")
        return f"{self.function_name}:{alias}" if alias else self.function_name

    def output(self, name: str) -> str:
        """Return one of the stack's outputs.

        Raises:
            OperationError: the stack exports no such text.
        """
        found = self.outputs.get(name)
        if not isinstance(found, str):
            raise OperationError(
                f"the stack {self.stack} exports no {name}",
                "give the outputs of a stack of this program that is deployed",
            )
        return found


class LocalAccess:
    """How a local account is reached."""

    def __init__(self, url: str, told: RehearsedStacks) -> None:
        self.url = url
        self.access_key_id = told.access_key_id
        self.secret_access_key = told.secret_access_key


def local_access(url: str) -> LocalAccess:
    """Return how the local account at a URL is reached.

    Raises:
        NotFoundError: nobody answers there.
        OperationError: what answers there is no local account, or it is no URL.
    """
    url = url.rstrip("/")
    return LocalAccess(url, ask_account(url))


def find_deployment(
    stack: str,
    *,
    project_dir: Path | None,
    outputs_file: Path | None = None,
    account_url: str | None = None,
) -> Deployment:
    """Find a deployed stack by its name.

    Args:
        stack: its name.
        project_dir: the project's folder, for the Pulumi CLI; None outside of one.
        outputs_file: what `pulumi stack output --json` wrote, instead of the CLI.
        account_url: the local account that it is in, instead of AWS. It knows what was rehearsed in it; what the
            Pulumi CLI deployed there is known by the CLI, or by `outputs_file`.

    Raises:
        NotFoundError: there is no such stack, or nobody to ask.
        OperationError: what was found is not this program's.
    """
    access = None
    if account_url:
        url = account_url.rstrip("/")
        told = ask_account(url)
        access = LocalAccess(url, told)
        if outputs_file is None and (outputs := told.stacks.get(stack)) is not None:
            return Deployment(stack, outputs, access)
        if outputs_file is None and told.stacks:
            raise NotFoundError(
                f"no stack {stack} was rehearsed in the account at {access.url}",
                f"name one of {', '.join(sorted(told.stacks))}",
            )
    if outputs_file is not None:
        return Deployment(stack, outputs_of_file(outputs_file), access)
    if project_dir is None:
        raise NotFoundError(
            "there is no Pulumi.yaml here or in any folder above",
            "run this inside the project's folder, or name the stack's outputs with --outputs FILE",
        )
    return Deployment(stack, outputs_of_pulumi(project_dir, stack), access)


def _region_of(arn: str) -> str:
    parts = arn.split(":")
    if len(parts) <= _REGION_OF_ARN or not parts[_REGION_OF_ARN]:
        raise OperationError(f"the output function_arn is no ARN: {arn}")
    return parts[_REGION_OF_ARN]


def no_credentials(reason: str) -> OperationError:
    """Return what to tell whoever has no credentials that AWS takes."""
    return OperationError(
        f"AWS cannot be asked with the credentials of this machine: {reason}",
        "configure some (aws configure sso, AWS_PROFILE, AWS_ACCESS_KEY_ID), or name a local account "
        "with --account URL",
    )
