"""What the real provider asks of API Gateway for our HTTP API, in its order.

Read in hashicorp/terraform-provider-aws, internal/service/apigatewayv2, November 2026: stage.go at 02f6d2d9fb60.
Tags are read with the resource, and changed by its ARN.
"""

from typing import Any

import pytest

from tests.rehearsal.tenant import REGION, Tenant, refusal, unique

GONE = "NotFoundException"
FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:f"


@pytest.fixture
def client(tenant: Tenant) -> Any:
    return tenant.client("apigatewayv2")


@pytest.fixture
def api(client: Any) -> str:
    return client.create_api(Name=unique("api"), ProtocolType="HTTP")["ApiId"]


def arn_of(api: str) -> str:
    return f"arn:aws:apigateway:{REGION}::/apis/{api}"


def test_an_api_is_created_read_as_given_updated_and_gone(client: Any) -> None:
    given = {
        "Name": unique("api"),
        "ProtocolType": "HTTP",
        "Description": "asks",
        "CorsConfiguration": {"AllowOrigins": ["https://example.com"]},
        "DisableExecuteApiEndpoint": False,
        "RouteSelectionExpression": "$request.method $request.path",
        "ApiKeySelectionExpression": "$request.header.x-api-key",
        "Tags": {"Project": "genai", "old": "1"},
    }
    api = client.create_api(**given)["ApiId"]
    assert client.get_api(ApiId=api).items() >= given.items()

    client.update_api(ApiId=api, Description="asks twice")
    client.untag_resource(ResourceArn=arn_of(api), TagKeys=["old"])
    client.tag_resource(ResourceArn=arn_of(api), Tags={"new key": "2"})
    tags = {"Project": "genai", "new key": "2"}
    changed = {**given, "Description": "asks twice", "Tags": tags}
    assert client.get_api(ApiId=api).items() >= changed.items()
    assert client.get_tags(ResourceArn=arn_of(api))["Tags"] == tags

    client.delete_api(ApiId=api)
    assert refusal(lambda: client.get_api(ApiId=api))[0] == GONE
    assert refusal(lambda: client.get_tags(ResourceArn=arn_of(api)))[0] == GONE


def test_an_integration_is_created_read_as_given_updated_and_gone(client: Any, api: str) -> None:
    given = {
        "ConnectionType": "INTERNET",
        "IntegrationMethod": "POST",
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": FUNCTION,
        "PayloadFormatVersion": "2.0",
        "TimeoutInMillis": 30_000,
    }
    named = {"ApiId": api}
    named["IntegrationId"] = client.create_integration(**named, **given)["IntegrationId"]
    assert client.get_integration(**named).items() >= given.items()

    client.update_integration(**named, TimeoutInMillis=20_000)
    assert client.get_integration(**named)["TimeoutInMillis"] == 20_000

    client.delete_integration(**named)
    assert refusal(lambda: client.get_integration(**named))[0] == GONE


def test_a_route_is_created_read_as_given_updated_and_gone(client: Any, api: str) -> None:
    given = {
        "RouteKey": "POST /generate",
        "Target": "integrations/i",
        "AuthorizationType": "AWS_IAM",
        "ApiKeyRequired": False,
    }
    named = {"ApiId": api}
    named["RouteId"] = client.create_route(**named, **given)["RouteId"]
    assert client.get_route(**named).items() >= given.items()

    client.update_route(**named, RouteKey="POST /ask", AuthorizationType="NONE")
    found = client.get_route(**named)
    assert (found["RouteKey"], found["AuthorizationType"]) == ("POST /ask", "NONE")

    client.delete_route(**named)
    assert refusal(lambda: client.get_route(**named))[0] == GONE


@pytest.mark.parametrize("stage", ["$default", "live"])
def test_a_stage_is_created_read_as_given_updated_and_gone(
    client: Any, api: str, stage: str
) -> None:
    given = {
        "StageName": stage,
        "AutoDeploy": True,
        "DefaultRouteSettings": {"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 2.5},
        "StageVariables": {"old": "1", "kept": "1"},
        "Tags": {"Project": "genai", "old": "1"},
    }
    named = {"ApiId": api, "StageName": stage}
    client.create_stage(ApiId=api, **given)
    assert client.get_stage(**named).items() >= given.items()

    arn = f"{arn_of(api)}/stages/{stage}"
    changed = {
        "DefaultRouteSettings": {"ThrottlingBurstLimit": 7, "ThrottlingRateLimit": 3.0},
        "AccessLogSettings": {"DestinationArn": f"arn:aws:logs:{REGION}:1:g", "Format": "{}"},
        "Description": "answers",
    }
    client.update_stage(**named, **changed, StageVariables={"old": "", "new": "2"})
    client.untag_resource(ResourceArn=arn, TagKeys=["old"])
    client.tag_resource(ResourceArn=arn, Tags={"new": "2"})
    tags = {"Project": "genai", "new": "2"}
    expected = {**given, **changed, "StageVariables": {"kept": "1", "new": "2"}, "Tags": tags}
    assert client.get_stage(**named).items() >= expected.items()
    assert client.get_tags(ResourceArn=arn)["Tags"] == tags

    client.delete_stage(**named)
    assert refusal(lambda: client.get_stage(**named))[0] == GONE
    assert refusal(lambda: client.update_stage(**named, Description="-"))[0] == GONE
    assert refusal(lambda: client.get_tags(ResourceArn=arn))[0] == GONE


def test_tags_of_what_is_no_api_are_refused(client: Any) -> None:
    code, message = refusal(lambda: client.get_tags(ResourceArn="arn:aws:sqs:us-east-1:1:queue"))

    assert code == GONE
    assert message == "Invalid resource identifier specified arn:aws:sqs:us-east-1:1:queue"
