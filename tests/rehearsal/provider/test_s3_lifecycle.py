"""What the real provider asks of S3 for our resources, in its order: create, wait, read, update, delete.

Read in hashicorp/terraform-provider-aws, internal/service/s3, November 2026 (the stored versions may be older
than the provider in use): bucket.go at 4c72bcc7dc2f, tags.go at bd53eac3bdee; and that the provider asks S3
Control for a bucket's tags since 6.23: github.com/getmoto/moto/pull/9504,
github.com/hashicorp/terraform-provider-aws/issues/45520.
"""

import base64
import http.client
import io
import zlib
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from rehearsal.account import ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from rehearsal.provider_config import provider_config
from tests.rehearsal.tenant import REGION, Tenant, document, refusal, unique

ACCOUNT = "123456789012"
# Of a new bucket: what is read, and what is told of it. bucket.go: each of the codes is no error.
READS: dict[str, Any] = {
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_website": "NoSuchWebsiteConfiguration",
    "get_bucket_versioning": {},
    "get_bucket_accelerate_configuration": {},
    "get_bucket_request_payment": {"Payer": "BucketOwner"},
    "get_bucket_logging": {},
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "get_bucket_replication": "ReplicationConfigurationNotFoundError",
    "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
    "get_bucket_tagging": "NoSuchTagSet",
    "get_bucket_abac": {"AbacStatus": {"Status": "Disabled"}},
    "get_bucket_notification_configuration": {},
    "get_bucket_encryption": {
        "ServerSideEncryptionConfiguration": {
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                    "BucketKeyEnabled": False,
                }
            ]
        }
    },
}
RULES = [
    {"ID": "records", "Status": "Enabled", "Filter": {"Prefix": "r/"}, "Expiration": {"Days": 7}},
    {
        "ID": "parts",
        "Status": "Enabled",
        "Filter": {},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
    },
]
ENCRYPTION = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms",
                "KMSMasterKeyID": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mine",
            },
            "BucketKeyEnabled": True,
        }
    ]
}
CLOSED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
OWNED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
# Operations to put, get and delete; the member; a value; and the code when it is gone.
SETTINGS = {
    "policy": ("{}_bucket_policy", "Policy", None, "NoSuchBucketPolicy"),
    "lifecycle": (
        "{}_bucket_lifecycle_configuration",
        "LifecycleConfiguration",
        {"Rules": RULES},
        "NoSuchLifecycleConfiguration",
    ),
    "public access": (
        "{}_public_access_block",
        "PublicAccessBlockConfiguration",
        CLOSED,
        "NoSuchPublicAccessBlockConfiguration",
    ),
    "ownership": (
        "{}_bucket_ownership_controls",
        "OwnershipControls",
        OWNED,
        "OwnershipControlsNotFoundError",
    ),
}


@pytest.fixture
def s3(tenant: Tenant) -> Any:
    return tenant.client("s3")


@pytest.fixture
def control(tenant: Tenant) -> Any:
    """S3 Control as the provider reaches it: by a name that leads nowhere, through the account."""
    aimed = provider_config(tenant.url, REGION)
    return boto3.client(
        "s3control",
        endpoint_url=aimed["aws:endpoints"][0]["s3control"],
        region_name=REGION,
        aws_access_key_id=ADMIN_ACCESS_KEY_ID,
        aws_secret_access_key=ADMIN_SECRET_ACCESS_KEY,
        config=Config(proxies={"http": aimed["aws:httpProxy"]}, retries={"total_max_attempts": 1}),
    )


def told(action: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in action().items() if key != "ResponseMetadata"}


@pytest.mark.fact("§7 S3: a new bucket is encrypted with S3's own keys and has no other setting")
@pytest.mark.parametrize("operation", READS)
def test_a_new_bucket_is_read_without_an_error(s3: Any, tenant: Tenant, operation: str) -> None:
    bucket = tenant.bucket()
    expected = READS[operation]

    if isinstance(expected, str):
        assert refusal(lambda: getattr(s3, operation)(Bucket=bucket))[0] == expected
    else:
        assert told(lambda: getattr(s3, operation)(Bucket=bucket)) == expected


@pytest.mark.fact("§7 S3: HeadBucket tells the Region; a bucket that is gone is 404 to it")
def test_a_bucket_is_created_found_and_gone(s3: Any) -> None:
    bucket = unique("bucket")

    assert refusal(lambda: s3.head_bucket(Bucket=bucket))[0] == "404"
    s3.create_bucket(Bucket=bucket)
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == REGION
    (grant,) = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    assert grant["Permission"] == "FULL_CONTROL"

    s3.put_object(Bucket=bucket, Key="record", Body=b"{}")
    assert refusal(lambda: s3.delete_bucket(Bucket=bucket))[0] == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="record")  # forceDestroy
    s3.delete_bucket(Bucket=bucket)
    assert refusal(lambda: s3.head_bucket(Bucket=bucket))[0] == "404"
    assert refusal(lambda: s3.delete_bucket(Bucket=bucket))[0] == "NoSuchBucket"


@pytest.mark.fact("§7 S3 Control: the tags of a bucket are listed, set and taken away by its ARN")
def test_the_tags_of_a_bucket_come_with_its_creation_and_change_through_s3_control(
    s3: Any, control: Any
) -> None:
    bucket = unique("bucket")
    named = {"AccountId": ACCOUNT, "ResourceArn": f"arn:aws:s3:::{bucket}"}

    def tags() -> dict[str, str]:
        return {t["Key"]: t["Value"] for t in control.list_tags_for_resource(**named)["Tags"]}

    given = [{"Key": "Project", "Value": "genai"}, {"Key": "old", "Value": "1"}]
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"Tags": given})
    assert tags() == {"Project": "genai", "old": "1"}

    control.tag_resource(**named, Tags=[{"Key": "a key", "Value": "2"}])
    control.untag_resource(**named, TagKeys=["old"])

    assert tags() == {"Project": "genai", "a key": "2"}
    assert {t["Key"] for t in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]} == {
        "Project",
        "a key",
    }


def test_a_bucket_without_tags_has_none(s3: Any, control: Any, tenant: Tenant) -> None:
    bucket = tenant.bucket()
    s3.create_bucket(Bucket=bucket)  # in us-east-1 it may be asked for again

    found = control.list_tags_for_resource(AccountId=ACCOUNT, ResourceArn=f"arn:aws:s3:::{bucket}")

    assert found["Tags"] == []


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_is_put_read_as_given_and_gone(s3: Any, tenant: Tenant, setting: str) -> None:
    bucket = tenant.bucket()
    operation, member, value, gone = SETTINGS[setting]
    if value is None:
        value = document(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": f"arn:aws:s3:::{bucket}/*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        )
    get = getattr(s3, operation.format("get"))
    delete = operation.format("delete").removesuffix("_configuration")

    getattr(s3, operation.format("put"))(Bucket=bucket, **{member: value})
    found = get(Bucket=bucket)
    if (
        member == "LifecycleConfiguration"
    ):  # GetBucketLifecycleConfiguration tells it without a name
        assert found["Rules"] == RULES
    else:
        assert found[member] == value

    getattr(s3, delete)(Bucket=bucket)
    assert refusal(lambda: get(Bucket=bucket))[0] == gone
    assert refusal(lambda: get(Bucket=unique("never")))[0] == "NoSuchBucket"


@pytest.mark.fact("§7 S3: without a configuration a bucket is encrypted with S3's own keys again")
def test_encryption_is_put_read_as_given_and_back_at_the_default(s3: Any, tenant: Tenant) -> None:
    bucket = tenant.bucket()

    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=ENCRYPTION)
    found = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    s3.delete_bucket_encryption(Bucket=bucket)

    assert found == ENCRYPTION
    assert told(lambda: s3.get_bucket_encryption(Bucket=bucket)) == READS["get_bucket_encryption"]


def test_versioning_is_enabled_and_suspended(s3: Any, tenant: Tenant) -> None:
    bucket = tenant.bucket()

    for status in ("Enabled", "Suspended"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status


def test_an_object_is_put_read_as_given_changed_and_gone(s3: Any, tenant: Tenant) -> None:
    named = {"Bucket": tenant.bucket(), "Key": "model/weights.bin"}

    s3.put_object(
        **named,
        Body=b"one",
        ChecksumAlgorithm="CRC32",
        ContentType="application/x-tar",
        Tagging="Project=genai",
    )
    found = s3.head_object(**named, ChecksumMode="ENABLED")
    assert (found["ContentType"], found["ContentLength"]) == ("application/x-tar", 3)
    assert found["ETag"] == '"f97c5d29941bfb1b2fdab0874906ab82"'
    assert found["ChecksumCRC32"] == base64.b64encode(zlib.crc32(b"one").to_bytes(4)).decode()
    assert s3.get_object_tagging(**named)["TagSet"] == [{"Key": "Project", "Value": "genai"}]

    s3.put_object_tagging(**named, Tagging={"TagSet": [{"Key": "Project", "Value": "other"}]})
    s3.put_object(**named, Body=b"two")
    assert s3.get_object(**named)["Body"].read() == b"two"
    versions = s3.list_object_versions(Bucket=named["Bucket"], Prefix=named["Key"])["Versions"]
    assert [version["Key"] for version in versions] == ["model/weights.bin"]

    s3.delete_object(**named)
    assert refusal(lambda: s3.head_object(**named))[0] == "404"


def test_a_large_object_comes_in_parts_with_a_checksum_each(s3: Any, tenant: Tenant) -> None:
    """As the uploader of the provider's SDK sends what is over 5 MiB."""
    named = {"Bucket": tenant.bucket(), "Key": "model.tar.gz"}
    parts = [b"a" * 5 * 1024 * 1024, b"b"]
    upload = s3.create_multipart_upload(**named, ChecksumAlgorithm="CRC32")["UploadId"]
    done: list[dict[str, Any]] = []
    for number, body in enumerate(parts, start=1):
        sent = s3.upload_part(
            **named, UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32"
        )
        done.append({"ETag": sent["ETag"], "PartNumber": number})

    s3.complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": done})

    assert s3.head_object(**named)["ContentLength"] == sum(map(len, parts))


SIGNED_CHUNK = ";chunk-signature=0123"


@pytest.mark.fact(
    "§7 S3: a body in aws-chunked encoding ends with a trailer that holds its checksum"
)
@pytest.mark.parametrize(
    ("payload", "extension"),
    [
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", ""),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", SIGNED_CHUNK),
    ],
)
def test_a_body_in_chunks_with_a_checksum_behind_it_is_stored_without_them(
    s3: Any, tenant: Tenant, payload: str, extension: str
) -> None:
    bucket, body = tenant.bucket(), b"once upon a time"
    checksum = base64.b64encode(zlib.crc32(body).to_bytes(4)).decode()
    chunked = (
        f"{len(body):x}{extension}\r\n".encode()
        + body
        + f"\r\n0{extension}\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n".encode()
    )

    status = put_raw(
        tenant,
        f"/{bucket}/chunked",
        chunked,
        {
            "Content-Encoding": "aws-chunked",
            "x-amz-decoded-content-length": str(len(body)),
            "x-amz-trailer": "x-amz-checksum-crc32",
        },
        payload,
    )

    assert status == 200
    assert s3.get_object(Bucket=bucket, Key="chunked")["Body"].read() == body


def test_a_client_that_waits_is_told_once_to_go_on(tenant: Tenant) -> None:
    """Go's client takes five answers before the last; others take one."""
    bucket = tenant.bucket()
    connection = http.client.HTTPConnection(tenant.url.removeprefix("http://"), timeout=5)
    connection.connect()
    headers = {
        **signed(tenant, f"/{bucket}/waited", {}, "UNSIGNED-PAYLOAD"),
        "Host": tenant.url.removeprefix("http://"),
        "Content-Length": "5",
        "Expect": "100-continue",
        "Connection": "close",
    }
    told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.sock.sendall(f"PUT /{bucket}/waited HTTP/1.1\r\n{told}\r\n".encode())
    first = connection.sock.recv(1000)
    connection.sock.sendall(b"hello")
    with io.BytesIO() as rest:
        while received := connection.sock.recv(1000):
            rest.write(received)
        answer = rest.getvalue()
    connection.close()

    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert tenant.client("s3").get_object(Bucket=bucket, Key="waited")["Body"].read() == b"hello"


class Signer(S3SigV4Auth):
    """Signs what its headers say of the body, which is yet to come."""

    def payload(self, request: AWSRequest) -> str:  # noqa: ARG002 - as it is called
        return self.told

    def __init__(self, told: str) -> None:
        keys = Credentials(ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY)
        super().__init__(keys, "s3", REGION)
        self.told = told


def signed(tenant: Tenant, path: str, headers: dict[str, str], payload: str) -> dict[str, str]:
    request = AWSRequest("PUT", tenant.url + path, headers=headers)
    Signer(payload).add_auth(request)
    return dict(request.headers.items())


def put_raw(tenant: Tenant, path: str, body: bytes, headers: dict[str, str], payload: str) -> int:
    connection = http.client.HTTPConnection(tenant.url.removeprefix("http://"), timeout=5)
    connection.request("PUT", path, body, signed(tenant, path, headers, payload))
    status = connection.getresponse().status
    connection.close()
    return status


def test_what_would_leave_this_machine_ends_at_the_account(tenant: Tenant) -> None:
    """The account is the provider's proxy for HTTPS: it opens no tunnel."""
    host, port = tenant.url.removeprefix("http://").split(":")
    connection = http.client.HTTPSConnection(host, int(port), timeout=5)
    connection.set_tunnel("sts.us-east-1.amazonaws.com")

    with pytest.raises(OSError, match="Tunnel connection failed: 403"):
        connection.request("GET", "/")
