"""Find which function, and which version of it, a name means."""

import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import UnknownAliasException, UnknownFunctionException
from moto.awslambda.models import LambdaFunction, lambda_backends

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.partitions import partition_of
from rehearsal.account.wire_errors import AwsError


@dataclass(frozen=True)
class Target:
    """What one invocation runs."""

    function: LambdaFunction
    """The version, as moto keeps it."""
    arn: str
    """As it was invoked: it ends in the version or alias that was asked for, if one was."""
    region: str

    @property
    def name(self) -> str:
        """The function's plain name."""
        return str(self.function.function_name)

    @property
    def qualifier(self) -> str:
        """The version or alias that was asked for; empty if none was."""
        return self.arn.partition(":function:")[2].partition(":")[2]

    @property
    def qualified_arn(self) -> str:
        """The ARN with its version or alias, which is `$LATEST` if none was asked for."""
        return self.arn if self.qualifier else f"{self.arn}:$LATEST"


def function_arn(name: str, region: str) -> str:
    """Return the ARN of a function of this account."""
    return f"arn:{partition_of(region)}:lambda:{region}:{ACCOUNT_ID}:function:{name}"


def plain_name(name_or_arn: str) -> str:
    """Return a function's name from its name, ARN or partial ARN, each with or without a qualifier."""
    return _name_and_qualifier(name_or_arn)[0]


def exists(name: str, region: str) -> bool:
    """Whether the account has a function of this name."""
    try:
        find_target(name, None, region)
    except AwsError:
        return False
    return True


def find_target(name_or_arn: str, qualifier: str | None, region: str) -> Target:
    """Find a function by name, ARN or partial ARN; an alias that is weighted chooses anew each time.

    Raises:
        AwsError: there is no such function, version or alias.
    """
    name, in_name = _name_and_qualifier(name_or_arn)
    wanted = in_name or qualifier
    arn = function_arn(name, region) + (f":{wanted}" if wanted else "")
    try:
        function = lambda_backends[ACCOUNT_ID][region].get_function(
            name, _chosen_version(name, wanted, region)
        )
    except (UnknownFunctionException, UnknownAliasException) as missing:
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404) from missing
    return Target(function, arn, region)


def _name_and_qualifier(name_or_arn: str) -> tuple[str, str]:
    name, _, qualifier = unquote(name_or_arn).rpartition("function:")[2].partition(":")
    return name, qualifier


def _chosen_version(name: str, qualifier: str | None, region: str) -> str | None:
    """Return the version that an alias sends this one invocation to; anything else is its own."""
    if not qualifier or qualifier == "$LATEST":
        return qualifier
    try:
        alias: Any = lambda_backends[ACCOUNT_ID][region].get_alias(qualifier, name)
    except UnknownAliasException:
        return qualifier
    drawn = random.random()  # noqa: S311 - a share of traffic, no secret
    for version, weight in (
        (alias.routing_config or {}).get("AdditionalVersionWeights") or {}
    ).items():
        drawn -= weight
        if drawn < 0:
            return version
    return alias.function_version
