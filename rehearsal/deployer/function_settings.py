"""What belongs to a function: aliases, URLs, permissions, event configurations and mappings."""

from typing import Any

from botocore.exceptions import ClientError

from rehearsal.deployer.kind import (
    Created,
    Inputs,
    Kind,
    call,
    physical_name,
    put_again,
    tags_by,
)
from rehearsal.deployer.lambda_ import invoke_arn
from rehearsal.deployer.requests import checked_request
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount

_OF_THE_URL = {"authorizationType": "authType"}
_QUALIFIED = {"FunctionName": "functionName", "Qualifier": "qualifier"}


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
    members = {_OF_THE_URL.get(key, key): value for key, value in inputs.items()}
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


def _update_alias(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    """What is said no more of routing is taken back: an update keeps what it is not told."""
    members = {"routingConfig": {}, **inputs, "name": was.outputs["name"]}
    request = checked_request("lambda", "UpdateAlias", members)
    account.client("lambda").update_alias(**request)
    return was.outputs


def _update_url(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    members = {_OF_THE_URL.get(key, key): value for key, value in inputs.items()}
    request = checked_request("lambda", "UpdateFunctionUrlConfig", members)
    account.client("lambda").update_function_url_config(**request)
    return was.outputs


def _update_mapping(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
    members = {key: value for key, value in inputs.items() if key not in {"eventSourceArn", "tags"}}
    request = checked_request("lambda", "UpdateEventSourceMapping", {**members, "uuid": was.id})
    account.client("lambda").update_event_source_mapping(**request)
    return was.outputs


KINDS = {
    "aws:lambda/alias:Alias": Kind(
        create=_alias,
        update=_update_alias,
        delete=call("lambda", "delete_alias", FunctionName="functionName", Name="name"),
    ),
    "aws:lambda/eventSourceMapping:EventSourceMapping": Kind(
        create=_event_source_mapping,
        update=_update_mapping,
        delete=call("lambda", "delete_event_source_mapping", UUID="id"),
        tag=tags_by("lambda", "Resource", as_list=False),
    ),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": Kind(
        create=_event_invoke_config,
        update=put_again(_event_invoke_config),
        delete=call("lambda", "delete_function_event_invoke_config", **_QUALIFIED),
    ),
    "aws:lambda/functionUrl:FunctionUrl": Kind(
        create=_url,
        update=_update_url,
        delete=call("lambda", "delete_function_url_config", **_QUALIFIED),
    ),
    "aws:lambda/permission:Permission": Kind(
        create=_permission,
        delete=call(
            "lambda",
            "remove_permission",
            FunctionName="function",
            Qualifier="qualifier",
            StatementId="id",
        ),
    ),
}
