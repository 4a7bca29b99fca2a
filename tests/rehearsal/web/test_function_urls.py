"""Function URLs: who may ask, what the function is told, and what the client gets back."""

import base64
import json
from typing import Any

import pytest
from botocore.credentials import Credentials

from rehearsal.account import ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from rehearsal.signed_request import HttpReply, Signer, plain_request, signed_request
from tests.rehearsal.tenant import REGION, Statement, Tenant, allow, refusal, trust

ECHO = "def handler(event, context): return {'statusCode': 200, 'body': __import__('json').dumps(event)}\n"
ADMIN = Signer(Credentials(ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY), "lambda", REGION)
ARN = f"arn:aws:lambda:{REGION}:123456789012:function"


def url_of(tenant: Tenant, function: str, auth: str = "AWS_IAM", **more: Any) -> str:
    made = tenant.client("lambda").create_function_url_config(
        FunctionName=function, AuthType=auth, **more
    )
    return made["FunctionUrl"]


def signer_of(tenant: Tenant, *statements: Statement) -> Signer:
    role = tenant.role(trust("lambda"), *statements)
    keys = tenant.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return Signer(credentials, "lambda", REGION)


def answered(tenant: Tenant, result: str, **more: Any) -> HttpReply:
    """What a client gets for the result of a function, given as Python."""
    function = tenant.function(f"def handler(event, context): return {result}\n")
    return signed_request(ADMIN, "GET", url_of(tenant, function, **more))


@pytest.fixture(scope="module")
def echo(tenant: Tenant) -> str:
    return url_of(tenant, tenant.function(ECHO))


def told(reply: HttpReply) -> dict[str, Any]:
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def test_a_url_is_described_as_it_was_made(tenant: Tenant) -> None:
    client, function = tenant.client("lambda"), tenant.function(ECHO)
    client.publish_version(FunctionName=function)
    client.create_alias(FunctionName=function, Name="live", FunctionVersion="1")

    url = url_of(tenant, function, Qualifier="live", InvokeMode="RESPONSE_STREAM")

    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/")
    found = client.get_function_url_config(FunctionName=function, Qualifier="live")
    assert found["FunctionUrl"] == url
    assert found["FunctionArn"] == f"{ARN}:{function}:live"
    assert (found["AuthType"], found["InvokeMode"]) == ("AWS_IAM", "RESPONSE_STREAM")
    listed = client.list_function_url_configs(FunctionName=function)["FunctionUrlConfigs"]
    assert [each["FunctionUrl"] for each in listed] == [url]
    assert refusal(lambda: url_of(tenant, function, Qualifier="live"))[0] == (
        "ResourceConflictException"
    )
    changed = client.update_function_url_config(
        FunctionName=function, Qualifier="live", InvokeMode="BUFFERED"
    )
    assert changed["InvokeMode"] == "BUFFERED"
    client.delete_function_url_config(FunctionName=function, Qualifier="live")
    assert (
        refusal(lambda: client.get_function_url_config(FunctionName=function, Qualifier="live"))[0]
        == "ResourceNotFoundException"
    )
    with pytest.raises(ConnectionError):
        signed_request(ADMIN, "GET", url)


def test_a_request_becomes_an_event_of_format_2(echo: str) -> None:
    headers = {"Content-Type": "application/json", "X-Two": "a", "Cookie": "one=1; two=2"}

    event = told(
        signed_request(ADMIN, "POST", f"{echo}some/p%C3%A4th?a=1&a=2&b=x%20y", b'{"p": 1}', headers)
    )

    assert (event["version"], event["routeKey"]) == ("2.0", "$default")
    assert event["rawPath"] == "/some/päth"
    assert event["rawQueryString"] == "a=1&a=2&b=x%20y"
    assert event["queryStringParameters"] == {"a": "1,2", "b": "x y"}
    assert event["cookies"] == ["one=1", "two=2"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"p": 1}', False)
    assert event["headers"]["x-two"] == "a"
    assert event["headers"]["x-forwarded-proto"] == "https"
    assert "authorization" not in event["headers"]
    assert "cookie" not in event["headers"]
    context = event["requestContext"]
    assert context["http"]["method"] == "POST"
    assert context["http"]["path"] == "/some/päth"
    assert context["accountId"] == "123456789012"
    assert context["authorizer"]["iam"]["userArn"] == "arn:aws:iam::123456789012:root"
    assert context["authorizer"]["iam"]["accessKey"] == ADMIN_ACCESS_KEY_ID
    assert context["timeEpoch"] > 1_700_000_000_000


@pytest.mark.parametrize(
    ("content_type", "body", "is_text"),
    [
        ("application/json; charset=utf-8", "Grüße".encode(), True),
        ("text/plain", b"x", True),
        ("application/octet-stream", b"\x00\xff", False),
        ("application/x-www-form-urlencoded", b"a=1", False),
        ("application/json", b"\xff", False),
    ],
)
def test_a_body_that_is_not_said_to_be_text_is_in_base64(
    echo: str,
    content_type: str,
    body: bytes,
    is_text: bool,  # noqa: FBT001 - a table's column
) -> None:
    event = told(signed_request(ADMIN, "POST", echo, body, {"Content-Type": content_type}))

    assert event["isBase64Encoded"] is not is_text
    given = event["body"]
    assert (given.encode() if is_text else base64.b64decode(given)) == body


def test_a_request_without_a_body_has_none(echo: str) -> None:
    event = told(signed_request(ADMIN, "GET", echo))

    assert "body" not in event
    assert "queryStringParameters" not in event
    assert (event["rawPath"], event["rawQueryString"]) == ("/", "")


@pytest.mark.parametrize(
    ("result", "status", "body", "content_type"),
    [
        ("{'statusCode': 201, 'body': 'made'}", 201, b"made", "application/json"),
        ("{'statusCode': '404'}", 404, b"", "application/json"),
        (
            "{'statusCode': 200, 'headers': {'Content-Type': 'text/plain'}, 'body': 'Grüße'}",
            200,
            "Grüße".encode(),
            "text/plain",
        ),
        (
            "{'statusCode': 200, 'isBase64Encoded': True, 'body': 'AP8='}",
            200,
            b"\x00\xff",
            "application/json",
        ),
        ("{'text': 'hello'}", 200, b'{"text": "hello"}', "application/json"),
        ("'hello'", 200, b"hello", "application/json"),
        ("[1]", 200, b"[1]", "application/json"),
        ("{'statusCode': 200, 'body': {'no': 'text'}}", 502, b"Internal Server Error", None),
        ("{'statusCode': 'no'}", 502, b"Internal Server Error", None),
        ("1 / 0", 502, b"Internal Server Error", None),
    ],
)
def test_a_result_becomes_a_reply(
    tenant: Tenant, result: str, status: int, body: bytes, content_type: str | None
) -> None:
    reply = answered(tenant, result)

    assert (reply.status, reply.body) == (status, body)
    assert content_type is None or reply.headers["Content-Type"].startswith(content_type)
    assert content_type is None or reply.headers["x-amzn-RequestId"]


def test_headers_and_cookies_of_a_result_are_the_replys(tenant: Tenant) -> None:
    result = "{'statusCode': 202, 'headers': {'Retry-After': 7}, 'cookies': ['a=1', 'b=2']}"

    reply = answered(tenant, result)

    assert reply.headers["Retry-After"] == "7"
    assert reply.headers.get_all("Set-Cookie") == ["a=1", "b=2"]


def test_a_caller_needs_both_rights(tenant: Tenant) -> None:
    function = tenant.function(ECHO)
    url, arn = url_of(tenant, function), f"{ARN}:{function}"
    both = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]
    for_urls = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}

    assert signed_request(signer_of(tenant, allow(both, arn)), "GET", url).status == 200
    narrow = [allow(both[0], arn), allow(both[1], arn, Condition=for_urls)]
    assert signed_request(signer_of(tenant, *narrow), "GET", url).status == 200
    for only in both:
        reply = signed_request(signer_of(tenant, allow(only, arn)), "GET", url)
        (missing,) = set(both) - {only}
        assert reply.status == 403
        assert reply.headers["x-amzn-ErrorType"] == "AccessDeniedException"
        assert f"not authorized to perform: {missing} on resource: {arn}" in reply.body.decode()
    elsewhere = signer_of(tenant, allow(both, f"{arn}-other"))
    assert signed_request(elsewhere, "GET", url).status == 403


def test_a_functions_own_policy_may_let_a_role_in(tenant: Tenant) -> None:
    function = tenant.function(ECHO)
    url, client = url_of(tenant, function), tenant.client("lambda")
    role = tenant.role(trust("lambda"))
    keys = tenant.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    signer = Signer(credentials, "lambda", REGION)
    let = {"FunctionName": function, "Principal": role}

    client.add_permission(
        **let, StatementId="url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="AWS_IAM"
    )
    assert signed_request(signer, "GET", url).status == 403
    client.add_permission(
        **let, StatementId="invoke", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True
    )

    assert signed_request(signer, "GET", url).status == 200
    directly = tenant.client_as(role, "lambda")
    assert refusal(lambda: directly.invoke(FunctionName=function))[0] == "AccessDeniedException"


def test_nobody_gets_in_unsigned_or_signed_for_another_service(echo: str) -> None:
    for reply in (
        plain_request("GET", echo),
        signed_request(Signer(ADMIN.credentials, "s3", REGION), "GET", echo),
        signed_request(Signer(Credentials("nobody", "x"), "lambda", REGION), "GET", echo),
    ):
        assert reply.status == 403
        assert json.loads(reply.body)["Message"].startswith("Forbidden.")


def test_an_open_url_is_open_only_if_the_functions_policy_says_so(tenant: Tenant) -> None:
    function = tenant.function(ECHO)
    url, client = url_of(tenant, function, auth="NONE"), tenant.client("lambda")
    assert plain_request("GET", url).status == 403
    let = {"FunctionName": function, "Principal": "*"}
    client.add_permission(
        **let, StatementId="url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE"
    )
    client.add_permission(
        **let, StatementId="invoke", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True
    )

    event = told(plain_request("GET", url))

    assert event["requestContext"]["accountId"] == "anonymous"
    assert "authorizer" not in event["requestContext"]


def test_a_throttled_function_says_so(tenant: Tenant) -> None:
    function = tenant.function(ECHO)
    tenant.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=0
    )

    reply = signed_request(ADMIN, "GET", url_of(tenant, function))

    assert (reply.status, json.loads(reply.body)) == (429, {"Message": "Rate Exceeded."})


def test_a_body_that_is_too_large_is_refused(echo: str) -> None:
    reply = signed_request(ADMIN, "POST", echo, b"x" * 6 * 1024 * 1024)

    assert (reply.status, json.loads(reply.body)) == (413, {"Message": "Request Entity Too Large"})
