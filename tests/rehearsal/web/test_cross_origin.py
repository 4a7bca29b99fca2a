"""Function URLs and browsers of other origins."""

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.rehearsal.tenant import Tenant

HERE, ELSEWHERE = "https://app.example.com", "https://evil.example.com"
CORS = {
    "AllowOrigins": [HERE],
    "AllowMethods": ["POST"],
    "AllowHeaders": ["content-type"],
    "ExposeHeaders": ["x-request"],
    "MaxAge": 60,
    "AllowCredentials": True,
}
PREFLIGHT = {"Access-Control-Request-Method": "POST"}
REPLYING = "def handler(event, context): return {'statusCode': 201, 'body': event['requestContext']['http']['method']}\n"


def public_url(tenant: Tenant, cors: dict[str, Any] | None) -> str:
    function, client = tenant.function(REPLYING), tenant.client("lambda")
    for sid, more in {
        "url": {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
        "invoke": {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
    }.items():
        client.add_permission(FunctionName=function, StatementId=sid, Principal="*", **more)
    more = {"Cors": cors} if cors else {}
    made = client.create_function_url_config(FunctionName=function, AuthType="NONE", **more)
    assert made.get("Cors") == cors
    return made["FunctionUrl"]


def asked(url: str, method: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, the headers that browsers look at, and the body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request(method, "/", headers=headers)
    reply = connection.getresponse()
    body = reply.read().decode()
    connection.close()
    found = {name.lower(): value for name, value in reply.getheaders()}
    wanted = {name: v for name, v in found.items() if name.startswith("access-control-")}
    return reply.status, wanted, body


@pytest.fixture(scope="module")
def url(tenant: Tenant) -> str:
    return public_url(tenant, CORS)


@pytest.mark.fact("§6 Function URL: cors; Lambda answers the preflight by itself")
def test_a_browser_of_an_allowed_origin_may_ask(url: str) -> None:
    assert asked(url, "OPTIONS", Origin=HERE, **PREFLIGHT) == (
        200,
        {
            "access-control-allow-origin": HERE,
            "access-control-allow-methods": "POST",
            "access-control-allow-headers": "content-type",
            "access-control-allow-credentials": "true",
            "access-control-expose-headers": "x-request",
            "access-control-max-age": "60",
        },
        "",
    )


@pytest.mark.parametrize(("origin", "method"), [(ELSEWHERE, "POST"), (HERE, "DELETE")])
def test_what_is_not_allowed_is_not_said_to_be(url: str, origin: str, method: str) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": method}

    assert asked(url, "OPTIONS", **headers) == (200, {}, "")


def test_a_reply_says_who_may_read_it(url: str) -> None:
    status, headers, body = asked(url, "POST", Origin=HERE)

    assert (status, body) == (201, "POST")
    assert headers["access-control-allow-origin"] == HERE
    assert asked(url, "POST", Origin=ELSEWHERE) == (201, {}, "POST")
    assert asked(url, "POST") == (201, {}, "POST")


def test_everybody_may_be_let_in(tenant: Tenant) -> None:
    url = public_url(tenant, {"AllowOrigins": ["*"], "AllowMethods": ["*"]})

    _, headers, _ = asked(url, "OPTIONS", Origin=ELSEWHERE, **PREFLIGHT)

    assert headers == {"access-control-allow-origin": "*", "access-control-allow-methods": "*"}


def test_without_a_configuration_the_function_answers_for_itself(tenant: Tenant) -> None:
    url = public_url(tenant, None)

    assert asked(url, "OPTIONS", Origin=HERE, **PREFLIGHT) == (201, {}, "OPTIONS")


def test_a_configuration_is_changed_and_told(tenant: Tenant) -> None:
    function, client = tenant.function(REPLYING), tenant.client("lambda")
    client.create_function_url_config(FunctionName=function, AuthType="AWS_IAM", Cors=CORS)

    changed = client.update_function_url_config(
        FunctionName=function, Cors={"AllowOrigins": ["*"]}, InvokeMode="RESPONSE_STREAM"
    )

    found = client.get_function_url_config(FunctionName=function)
    assert found["Cors"] == changed["Cors"] == {"AllowOrigins": ["*"]}
    assert (found["AuthType"], found["InvokeMode"]) == ("AWS_IAM", "RESPONSE_STREAM")
    assert found["FunctionUrl"] == changed["FunctionUrl"]
