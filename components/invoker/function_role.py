"""The role that the function runs under, with what it needs before it can be made."""

from collections.abc import Iterator, Sequence

import pulumi
from pulumi_aws import cloudwatch

from components import iam
from components.invoker.args import InvokerFunctionArgs
from components.invoker.place import FunctionRole
from components.roles import grant, grant_document, service_role


def make_role(
    name: str,
    args: InvokerFunctionArgs,
    *,
    log_group: cloudwatch.LogGroup,
    parent: pulumi.Resource,
) -> FunctionRole:
    """Register a role that may write this function's logs, and what the options ask for on top."""
    role = service_role(
        f"{name}-role",
        "lambda.amazonaws.com",
        description="Runs the function in front of the endpoint",
        permissions_boundary_arn=args.get("permissions_boundary_arn"),
        tags=args.get("tags"),
        parent=parent,
    )
    policies = [
        grant(f"{name}-write-logs", role.name, log_group.arn, iam.write_logs, parent=parent),
        *(
            grant_document(f"{name}-{purpose}", role.name, iam.document(*statements), parent)
            for purpose, statements in _options(args)
        ),
    ]
    key = args.get("environment_kms_key_arn")
    if key is not None:
        purpose = f"{name}-decrypt-environment"
        policies.append(grant(purpose, role.name, key, _decrypt, parent))
    return FunctionRole(role, policies)


def _decrypt(key_arn: str) -> iam.Statement:
    return iam.decrypt_with([key_arn])


def _options(args: InvokerFunctionArgs) -> Iterator[tuple[str, Sequence[iam.Statement]]]:
    if args.get("tracing", True):
        yield "send-traces", [iam.send_traces()]
    if args.get("vpc"):
        yield "run-in-vpc", [iam.run_in_vpc()]
    if more := args.get("extra_statements"):
        # Apart, because a statement's id is unique in its policy, and to be seen as what they are.
        yield "additions", more
