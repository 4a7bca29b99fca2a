"""HTTP APIs: who may ask, which function is asked, and what the client gets back."""

import json
from typing import Any

import pytest

from rehearsal.signed_request import Signer, plain_request, signed_request
from tests.rehearsal.tenant import REGION, Tenant, allow, unique
from tests.rehearsal.web.test_function_urls import ADMIN, ECHO, signer_of, told

API = Signer(ADMIN.credentials, "execute-api", REGION)
ARN = f"arn:aws:lambda:{REGION}:123456789012:function"


class Api:
    """An API whose routes lead to one function."""

    def __init__(self, tenant: Tenant, function: str, *routes: str, **integration: Any) -> None:
        client = tenant.client("apigatewayv2")
        made = client.create_api(Name=unique("api"), ProtocolType="HTTP")
        self.id, self.url = made["ApiId"], made["ApiEndpoint"]
        wanted = {
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{ARN}:{function}/invocations",
            "PayloadFormatVersion": "2.0",
            **integration,
        }
        target = client.create_integration(ApiId=self.id, **wanted)["IntegrationId"]
        for key in routes or ["$default"]:
            client.create_route(
                ApiId=self.id,
                RouteKey=key,
                AuthorizationType="AWS_IAM",
                Target=f"integrations/{target}",
            )
        client.create_stage(ApiId=self.id, StageName="$default", AutoDeploy=True)
        self.arn = f"arn:aws:execute-api:{REGION}:123456789012:{self.id}"
        self._lambda, self._function = tenant.client("lambda"), function

    def let_in(self, source: str) -> None:
        self._lambda.add_permission(
            FunctionName=self._function,
            StatementId=unique("api"),
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"{self.arn}/{source}",
        )


@pytest.fixture(scope="module")
def api(tenant: Tenant) -> Api:
    made = Api(tenant, tenant.function(ECHO))
    made.let_in("*/$default")
    return made


def test_an_api_answers_at_its_endpoint(tenant: Tenant, api: Api) -> None:
    assert api.url.startswith("http://127.0.0.1:")
    described = tenant.client("apigatewayv2").get_api(ApiId=api.id)
    assert described["ApiEndpoint"] == api.url

    event = told(
        signed_request(
            API, "POST", f"{api.url}/a/b?c=1", b"{}", {"Content-Type": "application/json"}
        )
    )

    assert (event["version"], event["routeKey"]) == ("2.0", "$default")
    assert (event["rawPath"], event["rawQueryString"], event["body"]) == ("/a/b", "c=1", "{}")
    context = event["requestContext"]
    assert (context["apiId"], context["stage"]) == (api.id, "$default")
    assert context["authorizer"]["iam"]["userArn"] == "arn:aws:iam::123456789012:root"


def test_a_caller_needs_the_right_to_the_route(tenant: Tenant, api: Api) -> None:
    def status(resource: str) -> int:
        signer = signer_of(tenant, allow("execute-api:Invoke", resource))
        api_signer = Signer(signer.credentials, "execute-api", REGION)
        return signed_request(api_signer, "POST", f"{api.url}/ask").status

    assert status(f"{api.arn}/*") == 200
    assert status(f"{api.arn}/$default/POST/ask") == 200
    assert status(f"{api.arn}/$default/GET/ask") == 403
    assert plain_request("POST", f"{api.url}/ask").status == 403
    assert signed_request(ADMIN, "POST", f"{api.url}/ask").status == 403, "signed for Lambda"


def test_a_function_that_does_not_let_the_api_in_is_not_asked(tenant: Tenant) -> None:
    api = Api(tenant, tenant.function(ECHO))
    assert signed_request(API, "GET", api.url).status == 500
    api.let_in("other/$default")

    reply = signed_request(API, "GET", api.url)

    assert reply.status == 500
    assert "does not let apigateway.amazonaws.com invoke it" in json.loads(reply.body)["message"]


def test_a_route_is_found_by_method_and_path(tenant: Tenant) -> None:
    api = Api(tenant, tenant.function(ECHO), "POST /ask", "ANY /any")
    api.let_in("*/POST/ask")
    api.let_in("*/*/any")

    assert told(signed_request(API, "POST", f"{api.url}/ask"))["routeKey"] == "POST /ask"
    assert told(signed_request(API, "PUT", f"{api.url}/any"))["routeKey"] == "ANY /any"
    missing = signed_request(API, "GET", f"{api.url}/ask")
    assert (missing.status, json.loads(missing.body)) == (404, {"message": "Not Found"})


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ("1 / 0", 500),
        ("{'statusCode': 'no'}", 500),
        ("__import__('time').sleep(0.3)", 503),
        ("{'statusCode': 202, 'body': 'later'}", 202),
    ],
    ids=["an error", "no reply", "too slow", "a reply"],
)
def test_what_becomes_of_a_functions_result(tenant: Tenant, result: str, status: int) -> None:
    function = tenant.function(f"def handler(event, context): return {result}\n")
    tenant.call(function, {}) if status == 503 else None
    api = Api(tenant, function, TimeoutInMillis=200 if status == 503 else 30_000)
    api.let_in("*/$default")

    assert signed_request(API, "GET", api.url).status == status


def test_a_throttled_function_is_unavailable(tenant: Tenant) -> None:
    function = tenant.function(ECHO)
    api = Api(tenant, function)
    api.let_in("*/$default")
    tenant.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=0
    )

    assert signed_request(API, "GET", api.url).status == 503


@pytest.mark.parametrize(
    ("integration", "said"),
    [
        ({"PayloadFormatVersion": "1.0"}, "plays the payload format 2.0"),
        ({"IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://x"}, "plays AWS_PROXY"),
    ],
)
def test_what_is_not_played_says_so(tenant: Tenant, integration: dict[str, str], said: str) -> None:
    api = Api(tenant, tenant.function(ECHO), **integration)

    reply = signed_request(API, "GET", api.url)

    assert reply.status == 500
    assert said in json.loads(reply.body)["message"]
