"""Functions."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pulumi

from rehearsal.deployer.differences import changed_properties, frozen
from rehearsal.deployer.kind import Created, Inputs, Kind, call, physical_name, tags_by
from rehearsal.deployer.requests import to_request
from rehearsal.deployer.state import Deployed, Options
from rehearsal.local_account import LocalAccount

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold
_NOT_OF_THE_REQUEST = {"name", "code", "reservedConcurrentExecutions"}
_NOT_OF_AN_UPDATE = {*_NOT_OF_THE_REQUEST, "architectures", "packageType", "publish", "tags"}
# A change of the others is a new version, where versions are published (needsFunctionConfigUpdate in function.go).
_NOT_PUBLISHED = {"reservedConcurrentExecutions", "tags"}
_OF_A_VERSION = ("version", "qualifiedArn", "qualifiedInvokeArn")
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
    _reserve(client, function_name, inputs, {})
    arn = answer["FunctionArn"]
    return Created(
        function_name,
        {
            "name": function_name,
            "arn": arn,
            "invokeArn": invoke_arn(account, arn),
            **_of_version(account, arn, answer["Version"]),
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


def _update(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    """Change settings first, then the code, then publish: the provider's order."""
    client, name = account.client("lambda"), was.id
    _reserve(client, name, inputs, was.inputs)
    if not set(changed_properties(was.inputs, frozen(inputs), Options())) - _NOT_PUBLISHED:
        return was.outputs
    members = {key: value for key, value in inputs.items() if key not in _NOT_OF_AN_UPDATE}
    left_out = "environment" in was.inputs and "environment" not in members
    emptied = {"environment": {"variables": {}}} if left_out else {}
    request = to_request(
        "lambda", "UpdateFunctionConfiguration", {**emptied, **members, "functionName": name}
    )
    client.update_function_configuration(**request)
    if frozen({"code": inputs["code"]})["code"] != was.inputs.get("code"):
        architectures = (
            {"Architectures": inputs["architectures"]} if "architectures" in inputs else {}
        )
        client.update_function_code(
            FunctionName=name, ZipFile=_zip(inputs["code"]), **architectures
        )
    if not inputs.get("publish"):
        return was.outputs
    version = client.publish_version(FunctionName=name)["Version"]
    return {**was.outputs, **_of_version(account, was.outputs["arn"], version)}


def _reserve(client: Any, name: str, inputs: Inputs, before: Inputs) -> None:
    key = "reservedConcurrentExecutions"
    reserved = inputs.get(key, _NONE_RESERVED)
    if reserved != _NONE_RESERVED:
        client.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=int(reserved)
        )
    elif before.get(key, _NONE_RESERVED) != _NONE_RESERVED:
        client.delete_function_concurrency(FunctionName=name)


def _of_version(account: LocalAccount, arn: str, version: str) -> dict[str, str]:
    qualified = f"{arn}:{version}"
    return {
        "version": version,
        "qualifiedArn": qualified,
        "qualifiedInvokeArn": invoke_arn(account, qualified),
    }


KINDS = {
    "aws:lambda/function:Function": Kind(
        create=_function,
        update=_update,
        delete=call("lambda", "delete_function", FunctionName="id"),
        tag=tags_by("lambda", "Resource", as_list=False),
        made_anew_by=lambda changed: _OF_A_VERSION if set(changed) - _NOT_PUBLISHED else (),
    ),
}
