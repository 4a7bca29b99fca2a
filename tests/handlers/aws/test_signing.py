"""The signature, held against botocore's for any request."""

import io
import tempfile
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from botocore import auth as botocore_auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.aws.credentials import Credentials
from handlers.aws.signing import Request, Signer, sha256_of

NOW = datetime(2026, 11, 25, 12, 34, 56, tzinfo=UTC)
HOST = "example.amazonaws.com"

segments = st.text(st.sampled_from("aB9-._~%20+ü€*'()!/ &=?#"), max_size=8)
keys = st.lists(
    st.one_of(segments, st.sampled_from(["", ".", ".."]), st.text(max_size=6)), max_size=5
)
queries = st.dictionaries(st.text(max_size=6), st.text(max_size=8), max_size=4)
header_values = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
headers = st.dictionaries(
    st.from_regex(r"\Ax-amz(n-sagemaker)?-[a-z]{1,6}\Z")
    | st.sampled_from(["content-type", "accept", "user-agent", "expect", "x-amzn-trace-id"]),
    header_values,
    max_size=5,
)
tokens = st.none() | st.text(st.sampled_from("abc+/="), min_size=1, max_size=12)


def botocores(request: Request, credentials: Credentials, service: str) -> str:
    """What botocore writes into `Authorization` for the same request."""
    from botocore.compat import quote  # noqa: PLC0415 - only used here

    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in request.query.items()
    )
    url = f"https://{HOST}{request.path}{'?' if query else ''}{query}"
    signed: Any = AWSRequest(
        method=request.method, url=url, data=request.body, headers=dict(request.headers)
    )
    kind = botocore_auth.S3SigV4Auth if service == "s3" else botocore_auth.SigV4Auth
    given_credentials = BotocoreCredentials(
        credentials.access_key, credentials.secret_key, credentials.token
    )
    with patch.object(botocore_auth, "get_current_datetime", lambda: NOW):
        kind(given_credentials, service, "eu-central-1").add_auth(signed)
    return signed.headers["Authorization"]


def ours(request: Request, credentials: Credentials, service: str) -> dict[str, str]:
    signer = Signer(service, "eu-central-1")
    return signer.signed_headers(request, HOST, credentials, NOW.timestamp())


@settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "HEAD"]),
    key=keys,
    query=queries,
    given_headers=headers,
    body=st.binary(max_size=40),
    token=tokens,
    service=st.sampled_from(["s3", "sagemaker", "sqs"]),
)
def test_the_signature_is_botocores_for_any_request(
    *,
    method: str,
    key: list[str],
    query: dict[str, str],
    given_headers: dict[str, str],
    body: bytes,
    token: str | None,
    service: str,
) -> None:
    from botocore.utils import percent_encode  # noqa: PLC0415 - only used here

    path = f"/{percent_encode('/'.join(key), safe='/-._~')}"
    request = Request(method, path, query, given_headers, body)
    credentials = Credentials("AKID", "secret/+", token)

    assert ours(request, credentials, service)["authorization"] == botocores(
        request, credentials, service
    )


def test_a_token_and_the_hash_of_s3s_body_go_along() -> None:
    request = Request("PUT", "/key", body=b"body")

    signed = ours(request, Credentials("AKID", "secret", "token"), "s3")

    assert {name: signed[name] for name in signed if name != "authorization"} == {
        "host": HOST,
        "x-amz-date": "20261125T123456Z",
        "x-amz-security-token": "token",
        "x-amz-content-sha256": "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5",
    }


def test_a_day_later_the_key_is_another() -> None:
    signer = Signer("sqs", "eu-central-1")
    request, credentials = Request("POST", "/"), Credentials("AKID", "secret")
    on_the_first = signer.signed_headers(request, HOST, credentials, NOW.timestamp())
    signer.signed_headers(request, HOST, credentials, NOW.timestamp() + 86_400)

    again = signer.signed_headers(request, HOST, credentials, NOW.timestamp())

    assert again == on_the_first


@pytest.mark.parametrize("content", [b"", b"x" * 3_000_000])
def test_a_file_has_the_hash_of_its_bytes_and_is_read_from_its_beginning(content: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(content)

        assert sha256_of(file) == sha256_of(content)
        assert file.tell() == 0


def test_a_query_goes_over_the_wire_in_the_order_of_the_signature() -> None:
    request = Request("GET", "/", {"prefix": "a b/ü", "list-type": "2"})

    assert request.target == "/?list-type=2&prefix=a%20b%2F%C3%BC"


def test_a_bytes_file_counts_as_a_file() -> None:
    assert sha256_of(io.BytesIO(b"body")) == sha256_of(b"body")
