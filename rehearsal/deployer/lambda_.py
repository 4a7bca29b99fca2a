"""Functions."""

import io
import zipfile
from pathlib import Path

import pulumi

from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name
from rehearsal.deployer.requests import to_request
from rehearsal.local_account import LocalAccount

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold


def _function(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    function_name = physical_name(name, inputs)
    members = {key: value for key, value in inputs.items() if key not in {"name", "code"}}
    request = to_request(
        "lambda",
        "CreateFunction",
        {**members, "functionName": function_name, "code": {"zipFile": _zip(inputs["code"])}},
    )
    answer = account.client("lambda").create_function(**request)
    return Created(
        function_name, {"name": function_name, "arn": answer["FunctionArn"], "version": "$LATEST"}
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
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), Path(asset.path).read_bytes())
    return packed.getvalue()


CREATORS: dict[str, Creator] = {
    "aws:lambda/function:Function": _function,
}
