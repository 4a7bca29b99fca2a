"""HTTP APIs with their integrations, routes and stages."""

from typing import Any

from rehearsal.account import ACCOUNT_ID
from rehearsal.deployer.kind import (
    Created,
    Inputs,
    Kind,
    Updater,
    call,
    physical_name,
    tags_by,
)
from rehearsal.deployer.requests import checked_request
from rehearsal.deployer.state import Deployed
from rehearsal.local_account import LocalAccount

_SERVICE = "apigatewayv2"
_RENAMED = {"timeoutMilliseconds": "timeoutInMillis"}


def _api(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    members = {**inputs, "name": physical_name(name, inputs)}
    made = account.client(_SERVICE).create_api(**checked_request(_SERVICE, "CreateApi", members))
    api_id = made["ApiId"]
    execution_arn = f"arn:{account.partition}:execute-api:{account.region}:{ACCOUNT_ID}:{api_id}"
    return Created(
        api_id,
        {
            "name": members["name"],
            "apiEndpoint": made["ApiEndpoint"],
            "executionArn": execution_arn,
            "arn": f"arn:{account.partition}:apigateway:{account.region}::/apis/{api_id}",
        },
    )


def _integration(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    members = {_RENAMED.get(key, key): value for key, value in inputs.items()}
    request = checked_request(_SERVICE, "CreateIntegration", members)
    return Created(account.client(_SERVICE).create_integration(**request)["IntegrationId"], {})


def _route(account: LocalAccount, _name: str, inputs: Inputs) -> Created:
    request = checked_request(_SERVICE, "CreateRoute", inputs)
    return Created(account.client(_SERVICE).create_route(**request)["RouteId"], {})


def _stage(account: LocalAccount, name: str, inputs: Inputs) -> Created:
    stage = physical_name(name, inputs)
    members = {key: value for key, value in inputs.items() if key != "name"}
    client = account.client(_SERVICE)
    client.create_stage(**checked_request(_SERVICE, "CreateStage", {**members, "stageName": stage}))
    endpoint = client.get_api(ApiId=inputs["apiId"])["ApiEndpoint"]
    url = f"{endpoint}/" if stage == "$default" else f"{endpoint}/{stage}"
    arn = f"arn:{account.partition}:apigateway:{account.region}::/apis/{inputs['apiId']}/stages/{stage}"
    return Created(stage, {"name": stage, "invokeUrl": url, "arn": arn})


def _update(operation: str, method: str, key: str) -> Updater:
    """Return an update by one call that takes all that creating takes, beside the id under `key`."""

    def update(account: LocalAccount, was: Deployed, inputs: Inputs) -> dict[str, Any]:
        members = {_RENAMED.get(name, name): value for name, value in inputs.items()}
        fixed = {"tags", "protocolType", *({"name"} if key == "stageName" else ())}
        kept = {name: value for name, value in members.items() if name not in fixed}
        request = checked_request(_SERVICE, operation, {**kept, key: was.id})
        getattr(account.client(_SERVICE), method)(**request)
        named = {"name": inputs["name"]} if "name" in inputs else {}
        return {**was.outputs, **named}

    return update


KINDS = {
    "aws:apigatewayv2/api:Api": Kind(
        create=_api,
        update=_update("UpdateApi", "update_api", "apiId"),
        delete=call(_SERVICE, "delete_api", ApiId="id"),
        tag=tags_by(_SERVICE, "ResourceArn", as_list=False),
    ),
    "aws:apigatewayv2/integration:Integration": Kind(
        create=_integration,
        update=_update("UpdateIntegration", "update_integration", "integrationId"),
        delete=call(_SERVICE, "delete_integration", ApiId="apiId", IntegrationId="id"),
    ),
    "aws:apigatewayv2/route:Route": Kind(
        create=_route,
        update=_update("UpdateRoute", "update_route", "routeId"),
        delete=call(_SERVICE, "delete_route", ApiId="apiId", RouteId="id"),
    ),
    "aws:apigatewayv2/stage:Stage": Kind(
        create=_stage,
        update=_update("UpdateStage", "update_stage", "stageName"),
        delete=call(_SERVICE, "delete_stage", ApiId="apiId", StageName="id"),
        tag=tags_by(_SERVICE, "ResourceArn", as_list=False),
    ),
}
