"""HTTP APIs with their integrations, routes and stages."""

from rehearsal.account import ACCOUNT_ID
from rehearsal.deployer.creator import Created, Creator, Inputs, physical_name
from rehearsal.deployer.requests import checked_request
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
    return Created(stage, {"name": stage, "invokeUrl": url})


CREATORS: dict[str, Creator] = {
    "aws:apigatewayv2/api:Api": _api,
    "aws:apigatewayv2/integration:Integration": _integration,
    "aws:apigatewayv2/route:Route": _route,
    "aws:apigatewayv2/stage:Stage": _stage,
}
