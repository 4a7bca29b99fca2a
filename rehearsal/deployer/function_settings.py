"""What belongs to a function: aliases, URLs, permissions, event configurations and mappings."""

from typing import Any

from botocore.exceptions import ClientError

from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name
from rehearsal.deployer.lambda_ import invoke_arn
from rehearsal.deployer.requests import checked_request
from rehearsal.local_account import LocalAccount


def _alias(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    alias, client = physical_name(name, inputs), account.client("lambda")
    request = checked_request("lambda", "CreateAlias", {**inputs, "name": alias})
    for version in request.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}):
        _stand_in_for_version(client, request["FunctionName"], version)
    arn = client.create_alias(**request)["AliasArn"]
    return Created(arn, {"name": alias, "arn": arn, "invokeArn": invoke_arn(account, arn)})


def _stand_in_for_version(client: Any, function: str, version: str) -> None:
    """Let the present code stand for a version that only the deployed function has.

    The number decides, so versions are published up to it; each needs a change to be a new one.
    """
    while True:
        try:
            client.get_function(FunctionName=function, Qualifier=version)
        except ClientError as missing:
            if missing.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
        else:
            return
        described = client.get_function_configuration(FunctionName=function)
        client.update_function_configuration(
            FunctionName=function, Description=described.get("Description", "")
        )
        client.publish_version(FunctionName=function)


def _url(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    renamed = {"authorizationType": "authType"}
    members = {renamed.get(key, key): value for key, value in inputs.items()}
    request = checked_request("lambda", "CreateFunctionUrlConfig", members)
    made = account.client("lambda").create_function_url_config(**request)
    return Created(
        made["FunctionArn"],
        {"functionUrl": made["FunctionUrl"], "functionArn": made["FunctionArn"]},
    )


def _permission(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    statement = physical_name(name, inputs, "statementId")
    renamed = {"function": "functionName"}
    members = {renamed.get(key, key): value for key, value in inputs.items()}
    request = checked_request("lambda", "AddPermission", {**members, "statementId": statement})
    account.client("lambda").add_permission(**request)
    return Created(statement, {"statementId": statement})


def _event_invoke_config(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    request = checked_request("lambda", "PutFunctionEventInvokeConfig", inputs)
    made = account.client("lambda").put_function_event_invoke_config(**request)
    return Created(made["FunctionArn"], {})


def _event_source_mapping(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    request = checked_request("lambda", "CreateEventSourceMapping", inputs)
    made = account.client("lambda").create_event_source_mapping(**request)
    outputs = {"uuid": made["UUID"], "functionArn": made["FunctionArn"]}
    return Created(made["UUID"], {**outputs, "arn": made["EventSourceMappingArn"]})


CREATORS: dict[str, Creator] = {
    "aws:lambda/alias:Alias": _alias,
    "aws:lambda/eventSourceMapping:EventSourceMapping": _event_source_mapping,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _event_invoke_config,
    "aws:lambda/functionUrl:FunctionUrl": _url,
    "aws:lambda/permission:Permission": _permission,
}
