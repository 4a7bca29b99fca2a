"""A URL of the account checks who signed a request, and that it is what was signed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from rehearsal.account import ADMIN_ACCESS_KEY_ID
from rehearsal.signed_request import HttpReply, Signer, plain_request, signed_request
from tests.rehearsal.tenant import REGION, Tenant, allow
from tests.rehearsal.web.test_function_urls import ADMIN, ECHO, signer_of, url_of

BODY = b'{"prompt": "x"}'


@pytest.fixture(scope="module")
def url(tenant: Tenant) -> str:
    return url_of(tenant, tenant.function(ECHO))


def signed_headers(method: str, url: str, body: bytes) -> dict[str, str]:
    request = AWSRequest(method, url, headers={"X-Own": "mine"}, data=body)
    SigV4Auth(ADMIN.credentials, "lambda", REGION).add_auth(request)
    return dict(request.headers.items())


def message_of(reply: HttpReply) -> str:
    assert reply.status == 403, reply.body
    return json.loads(reply.body)["Message"]


@pytest.mark.parametrize(
    "path", ["", "a/b?x=1&a=2", "with%20space/%C3%BC?q=%2F%20+&q=1", "a//b/../c"]
)
def test_what_is_signed_well_comes_through(url: str, path: str) -> None:
    assert signed_request(ADMIN, "POST", url + path, BODY).status == 200


def test_what_a_role_signed_comes_through(tenant: Tenant, url: str) -> None:
    signer = signer_of(tenant, allow(["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"], "*"))

    assert signed_request(signer, "POST", url, BODY).status == 200


def test_another_secret_or_another_roles_token_is_refused(tenant: Tenant, url: str) -> None:
    wrong = Signer(Credentials(ADMIN_ACCESS_KEY_ID, "not the secret"), "lambda", REGION)
    own, other = (signer_of(tenant).credentials for _ in range(2))
    mixed = Signer(Credentials(own.access_key, own.secret_key, other.token), "lambda", REGION)

    assert "does not match the signature you provided" in message_of(
        signed_request(wrong, "POST", url, BODY)
    )
    assert "security token included in the request is invalid" in message_of(
        signed_request(mixed, "POST", url, BODY)
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "header"),
    [
        ("PUT", "", BODY, "mine"),
        ("POST", "other", BODY, "mine"),
        ("POST", "?a=1", BODY, "mine"),
        ("POST", "", b'{"prompt": "y"}', "mine"),
        ("POST", "", BODY, "another's"),
    ],
)
def test_what_was_changed_after_signing_is_refused(
    url: str, method: str, path: str, body: bytes, header: str
) -> None:
    headers = {**signed_headers("POST", url, BODY), "X-Own": header}

    reply = plain_request(method, url + path, body, headers)

    assert "does not match the signature you provided" in message_of(reply)


def test_a_signature_of_yesterday_or_without_a_time_is_refused(url: str) -> None:
    headers = signed_headers("POST", url, BODY)
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y%m%dT%H%M%SZ}"

    old = plain_request("POST", url, BODY, {**headers, "X-Amz-Date": yesterday})
    timeless = plain_request("POST", url, BODY, {**headers, "X-Amz-Date": "today"})

    assert f"Signature not valid now: {yesterday}" in message_of(old)
    assert "needs the headers Authorization and X-Amz-Date" in message_of(timeless)
