"""Every request's signature is checked, whichever service it is for and however it is signed."""

import io
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from rehearsal.account import ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from rehearsal.signed_request import HttpReply, plain_request
from tests.rehearsal.tenant import REGION, Tenant, refusal, trust


@pytest.mark.fact("IAM, not in aws-facts: a wrong secret is refused, whatever the key may do")
@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
        ("iam", "list_roles", "SignatureDoesNotMatch"),
        ("sts", "get_caller_identity", "SignatureDoesNotMatch"),
        ("sns", "list_topics", "SignatureDoesNotMatch"),
        ("sagemaker", "list_models", "InvalidSignatureException"),
        ("lambda", "list_functions", "InvalidSignatureException"),
        ("logs", "describe_log_groups", "InvalidSignatureException"),
        ("application-autoscaling", "describe_scalable_targets", "InvalidSignatureException"),
    ],
)
def test_a_wrong_secret_is_refused(tenant: Tenant, service: str, operation: str, code: str) -> None:
    client = tenant.client_with(service, ADMIN_ACCESS_KEY_ID, "wrong", None)
    more = {"ServiceNamespace": "sagemaker"} if service.startswith("application") else {}

    refused, message = refusal(lambda: getattr(client, operation)(**more))

    assert refused == code
    assert message.startswith("The request signature we calculated does not match the signature")


def test_a_session_needs_its_token(tenant: Tenant) -> None:
    keys = tenant.client("sts").assume_role(
        RoleArn=tenant.role(trust("lambda")), RoleSessionName="tests"
    )["Credentials"]
    without = tenant.client_with("sts", keys["AccessKeyId"], keys["SecretAccessKey"], None)

    code, message = refusal(without.get_caller_identity)

    assert code == "UnrecognizedClientException"
    assert message == "The security token included in the request is invalid."


@pytest.mark.parametrize("key", ["a", "a b+c", "ü/%2F", "a//b", "a/../b", "x=1&y=2", "~-_.!*'()"])
def test_every_key_of_an_object_can_be_signed(tenant: Tenant, key: str) -> None:
    bucket, s3 = tenant.bucket(), tenant.client("s3")

    s3.put_object(Bucket=bucket, Key=key, Body=b"1", Metadata={"who": "me  and you"})

    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"1"
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]] == [
        key
    ]


def test_a_body_in_chunks_with_a_checksum_behind_it_comes_through(tenant: Tenant) -> None:
    bucket, s3 = tenant.bucket(), tenant.client("s3")

    s3.upload_fileobj(io.BytesIO(b"x" * 9_000_000), bucket, "large")
    s3.put_object(Bucket=bucket, Key="hashed", Body=b"1", ChecksumAlgorithm="SHA256")

    assert s3.head_object(Bucket=bucket, Key="large")["ContentLength"] == 9_000_000
    assert s3.get_object(Bucket=bucket, Key="hashed")["Body"].read() == b"1"


# Links


def link_to(tenant: Tenant, version: str, key: str = "a", **more: Any) -> str:
    bucket = tenant.bucket({"a": "1", "b": "2"})
    s3 = tenant.client_with(
        "s3", ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY, None, signature_version=version
    )
    place = {"Bucket": bucket, "Key": key}
    return s3.generate_presigned_url("get_object", Params={**place, **more}, ExpiresIn=60)


def fetched(link: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(link) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_link_leads_to_its_object_and_to_no_other(tenant: Tenant, version: str) -> None:
    link = link_to(tenant, version, ResponseContentType="text/plain")

    assert fetched(link) == (200, b"1")
    status, body = fetched(link.replace("/a?", "/b?"))

    assert status == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in body


@pytest.mark.parametrize(("version", "argument"), [("s3", "Expires"), ("s3v4", "X-Amz-Expires")])
def test_a_links_time_cannot_be_made_longer(tenant: Tenant, version: str, argument: str) -> None:
    link = link_to(tenant, version)
    start, _, rest = link.partition(f"{argument}=")
    _, ampersand, end = rest.partition("&")
    later = str(int(time.time()) + 999)

    status, body = fetched(f"{start}{argument}={later}{ampersand}{end}")

    assert status == 403
    assert b"SignatureDoesNotMatch" in body


@pytest.mark.parametrize(
    ("version", "changes"),
    [
        ("s3", {"Expires=": "Expires=1&was="}),
        ("s3v4", {"X-Amz-Expires=60": "X-Amz-Expires=0", "X-Amz-Date=20": "X-Amz-Date=19"}),
    ],
)
def test_a_link_ends(tenant: Tenant, version: str, changes: dict[str, str]) -> None:
    link = link_to(tenant, version)
    for old, new in changes.items():
        link = link.replace(old, new)

    status, body = fetched(link)

    assert status == 403
    assert b"<Message>Request has expired</Message>" in body


def test_a_link_without_its_time_is_refused(tenant: Tenant) -> None:
    status, body = fetched(link_to(tenant, "s3v4").replace("X-Amz-Expires=60", "X-Amz-Expires=x"))

    assert status == 403
    assert b"<Code>AuthorizationQueryParametersError</Code>" in body


# What is signed is what counts


class _Late(SigV4Auth):
    """Signs as of another time."""

    at: datetime

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = f"{self.at:%Y%m%dT%H%M%SZ}"
        super()._modify_request_before_signing(request)


def signed(tenant: Tenant, service: str, body: bytes, at: datetime | None = None) -> AWSRequest:
    request = AWSRequest("PUT" if service == "s3" else "POST", f"{tenant.url}/b/k", data=body)
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    signer = _Late(Credentials(ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY), service, REGION)
    signer.at = at or datetime.now(UTC)
    signer.add_auth(request)
    return request


def sent(request: AWSRequest, body: bytes, **headers: str) -> HttpReply:
    return plain_request(
        str(request.method), str(request.url), body, {**dict(request.headers.items()), **headers}
    )


def test_a_body_is_held_against_the_hash_that_was_signed(tenant: Tenant) -> None:
    request = signed(tenant, "s3", b"1")
    request.headers["X-Amz-Content-SHA256"] = "0" * 64

    reply = sent(request, b"2")

    assert reply.status == 400
    assert b"<Code>XAmzContentSHA256Mismatch</Code>" in reply.body


@pytest.mark.parametrize(
    ("service", "minutes", "code"),
    [
        ("s3", 20, b"RequestTimeTooSkewed"),
        ("iam", 10, b"SignatureDoesNotMatch"),
        ("logs", 10, b"InvalidSignatureException"),
    ],
)
def test_a_signature_of_a_while_ago_is_refused(
    tenant: Tenant, service: str, minutes: int, code: bytes
) -> None:
    request = signed(tenant, service, b"", datetime.now(UTC) - timedelta(minutes=minutes))

    reply = sent(request, b"")

    assert reply.status == 403
    assert code in reply.body
