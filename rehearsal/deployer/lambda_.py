"""Functions."""

import io
import zipfile
from pathlib import Path

import pulumi

from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name
from rehearsal.deployer.requests import to_request
from rehearsal.local_account import LocalAccount

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold
_NOT_OF_THE_REQUEST = {"name", "code", "reservedConcurrentExecutions"}
_NONE_RESERVED = -1  # as the provider spells it
# DOS's mark of a file: Pulumi writes no mode either, https://github.com/pulumi/pulumi/pull/4018.
_NO_MODE = 0x20


def _function(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    function_name = physical_name(name, inputs)
    members = {key: value for key, value in inputs.items() if key not in _NOT_OF_THE_REQUEST}
    request = to_request(
        "lambda",
        "CreateFunction",
        {**members, "functionName": function_name, "code": {"zipFile": _zip(inputs["code"])}},
    )
    client = account.client("lambda")
    answer = client.create_function(**request)
    if (reserved := inputs.get("reservedConcurrentExecutions", _NONE_RESERVED)) != _NONE_RESERVED:
        client.put_function_concurrency(
            FunctionName=function_name, ReservedConcurrentExecutions=int(reserved)
        )
    arn, version = answer["FunctionArn"], answer["Version"]
    qualified = f"{arn}:{version}"
    return Created(
        function_name,
        {
            "name": function_name,
            "arn": arn,
            "version": version,
            "invokeArn": invoke_arn(account, arn),
            "qualifiedArn": qualified,
            "qualifiedInvokeArn": invoke_arn(account, qualified),
        },
    )


def invoke_arn(account: LocalAccount, arn: str) -> str:
    """Return how API Gateway names a function that it invokes."""
    return (
        f"arn:{account.partition}:apigateway:{account.region}:lambda:path/2015-03-31/functions/"
        f"{arn}/invocations"
    )


def _zip(code: object) -> bytes:
    if not isinstance(code, pulumi.AssetArchive):
        raise TypeError(f"the rehearsal packs an AssetArchive, not a {type(code).__name__}")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, asset in sorted(code.assets.items()):
            if not isinstance(asset, pulumi.FileAsset):
                raise TypeError(
                    f"the rehearsal packs files, and {path} is a {type(asset).__name__}"
                )
            member = zipfile.ZipInfo(path, _EPOCH)
            member.external_attr = _NO_MODE
            archive.writestr(member, Path(asset.path).read_bytes())
    return packed.getvalue()


CREATORS: dict[str, Creator] = {
    "aws:lambda/function:Function": _function,
}
