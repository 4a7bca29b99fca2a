"""Run Pulumi code in memory and inspect what it registered: no engine, no network, no credentials."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

from rehearsal.program import ProgramRun, run_program

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
SECRET_VALUE = "hf_secret"
DATA_SOURCES = {
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT_ID},
    "aws:index/getPartition:getPartition": {"partition": "aws"},
    "aws:index/getRegion:getRegion": {"region": REGION},
    "aws:secretsmanager/getSecretVersion:getSecretVersion": {"secretString": SECRET_VALUE},
}
# What AWS names if the program does not, under the output that tells it.
_NAME_OUTPUTS = {"aws:s3/bucket:Bucket": "bucket", "aws:s3/bucketObjectv2:BucketObjectv2": "key"}

# What else AWS decides of a resource, under the output that tells it.
_DECIDED_OUTPUTS: Mapping[str, Mapping[str, str]] = {
    "aws:apigatewayv2/api:Api": {
        "apiEndpoint": "https://{name}.execute-api.us-east-1.amazonaws.com",
        "executionArn": "arn:aws:execute-api:us-east-1:123456789012:{name}",
    },
    "aws:lambda/alias:Alias": {"invokeArn": "arn:mock:invoke:{name}"},
    "aws:lambda/function:Function": {"invokeArn": "arn:mock:invoke:{name}", "version": "7"},
    "aws:lambda/functionUrl:FunctionUrl": {"functionUrl": "https://{name}.example/"},
    "aws:sqs/queue:Queue": {"url": "https://sqs.us-east-1.amazonaws.com/123456789012/{name}"},
}


class EchoMocks(pulumi.runtime.Mocks):
    """Answer a resource with its inputs, a name and an ARN; refuse data sources nobody planned for."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if not args.custom:
            return f"{args.name}-id", args.inputs
        name_output = _NAME_OUTPUTS.get(args.typ, "name")
        answered = {name_output: args.name, "arn": f"arn:mock:{args.typ}:{args.name}"}
        decided = {
            output: value.format(name=args.name)
            for output, value in _DECIDED_OUTPUTS.get(args.typ, {}).items()
        }
        return f"{args.name}-id", {**answered, **decided, **args.inputs}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        if args.token not in DATA_SOURCES:
            raise NotImplementedError(f"no mock for data source {args.token}")
        return DATA_SOURCES[args.token], []


class PreviewMocks(EchoMocks):
    """Answer as a preview does: what AWS would decide is unknown, what the program said is echoed."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return None, args.inputs


def deploy(
    program: Callable[[], Any],
    *,
    stack: str = "test",
    config: Mapping[str, Any] | None = None,
    preview: bool = False,
) -> ProgramRun:
    """Run `program` against mocks."""
    mocks = PreviewMocks() if preview else EchoMocks()
    return run_program(program, mocks, project="genai", stack=stack, config=config, preview=preview)


def inputs_of(registration: Any) -> dict[str, Any]:
    """A registration's inputs as plain values; numbers come as floats, names in camelCase."""
    return json_format.MessageToDict(registration.object)


def is_secret(value: Any) -> bool:
    """Whether a value of a registration is marked as a secret, so that Pulumi encrypts it in its state."""
    return rpc.is_rpc_secret(value)


def without_secret_marks(value: Any) -> Any:
    """A registration's value with every secret laid open."""
    if is_secret(value):
        return without_secret_marks(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: without_secret_marks(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_secret_marks(item) for item in value]
    return value


def without_secrets(value: Any) -> Any:
    """A registration's value with every secret taken out: what anyone can read in the state."""
    if is_secret(value):
        return None
    if isinstance(value, dict):
        return {key: without_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


def policy_of(registration: Any, key: str = "policy") -> dict[str, Any]:
    """The policy document that a registration carries as JSON text."""
    return json.loads(inputs_of(registration)[key])


def statements_of(registration: Any, key: str = "policy") -> list[dict[str, Any]]:
    """The statements of the policy document that a registration carries."""
    return policy_of(registration, key)["Statement"]
