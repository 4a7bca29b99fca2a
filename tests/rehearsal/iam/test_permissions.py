"""What role credentials may do in the account: what their policies say, and nothing else."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.rehearsal.tenant import REGION, Tenant, allow, deny, document, refusal, trust, unique

ENDPOINTS = f"arn:aws:sagemaker:{REGION}:123456789012:endpoint"


@pytest.fixture(scope="module")
def bucket(tenant: Tenant) -> str:
    objects = {"records/a.json": "{}", "models/m.tar.gz": "m", "a%2Fb": "literal", "a/b": "nested"}
    return tenant.bucket(objects)


def reader(tenant: Tenant, *statements: Any) -> Any:
    return tenant.client_as(tenant.role(trust("lambda"), *statements), "s3")


def test_a_role_reads_and_writes_what_it_may(tenant: Tenant, bucket: str) -> None:
    records = f"arn:aws:s3:::{bucket}/records/*"
    s3 = reader(tenant, allow(["s3:GetObject", "s3:PutObject"], records))

    s3.put_object(Bucket=bucket, Key="records/b.json", Body="[]")

    assert s3.get_object(Bucket=bucket, Key="records/b.json")["Body"].read() == b"[]"


def test_a_refusal_names_who_what_and_where(tenant: Tenant, bucket: str) -> None:
    role = tenant.role(trust("lambda"), allow("s3:GetObject", f"arn:aws:s3:::{bucket}/records/*"))
    s3 = tenant.client_as(role, "s3")

    code, message = refusal(lambda: s3.get_object(Bucket=bucket, Key="models/m.tar.gz"))

    assert code == "AccessDenied"
    assert message == (
        f"User: arn:aws:sts::123456789012:assumed-role/{role.rpartition('/')[2]}/tests is not "
        f"authorized to perform: s3:GetObject on resource: arn:aws:s3:::{bucket}/models/m.tar.gz "
        "because no identity-based policy allows the s3:GetObject action"
    )


@pytest.mark.parametrize(
    "attempt",
    [
        lambda s3, bucket: s3.put_object(Bucket=bucket, Key="records/x", Body=""),
        lambda s3, bucket: s3.delete_object(Bucket=bucket, Key="records/a.json"),
        lambda s3, bucket: s3.get_object(Bucket=bucket, Key="records"),
        lambda s3, bucket: s3.list_objects_v2(Bucket=bucket),
        lambda s3, _: s3.list_buckets(),
        lambda s3, bucket: s3.get_bucket_policy(Bucket=bucket),
        lambda s3, bucket: s3.get_bucket_location(Bucket=bucket),
        lambda s3, bucket: s3.list_object_versions(Bucket=bucket),
        lambda s3, bucket: s3.get_object_tagging(Bucket=bucket, Key="records/a.json"),
        lambda s3, bucket: s3.get_object_acl(Bucket=bucket, Key="records/a.json"),
        lambda s3, bucket: s3.delete_bucket(Bucket=bucket),
        lambda s3, _: s3.create_bucket(Bucket="bucket-of-a-role"),
        lambda s3, bucket: s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "records/a.json"}]}),
        lambda s3, bucket: s3.create_multipart_upload(Bucket=bucket, Key="records/x"),
        lambda s3, _: s3.get_object(Bucket=unique("other"), Key="records/a.json"),
    ],
)  # fmt: skip
def test_leave_to_read_is_leave_for_nothing_else(
    tenant: Tenant, bucket: str, attempt: Callable[[Any, str], Any]
) -> None:
    s3 = reader(tenant, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/records/*"))

    code, _ = refusal(lambda: attempt(s3, bucket))

    assert code == "AccessDenied"


def test_the_key_is_judged_as_it_is_spelt(tenant: Tenant, bucket: str) -> None:
    s3 = reader(tenant, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/a/*"))

    assert s3.get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"nested"
    assert refusal(lambda: s3.get_object(Bucket=bucket, Key="a%2Fb"))[0] == "AccessDenied"


@pytest.mark.parametrize("key", ["records/../models/m.tar.gz", "records/ü b+c/%20", "records//x"])
def test_odd_keys_stay_where_they_are(tenant: Tenant, bucket: str, key: str) -> None:
    s3 = reader(tenant, allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/records/*"))

    s3.put_object(Bucket=bucket, Key=key, Body=key)

    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() == key
    untouched = tenant.client("s3").get_object(Bucket=bucket, Key="models/m.tar.gz")
    assert untouched["Body"].read() == b"m"


def test_an_old_version_takes_a_permission_of_its_own(tenant: Tenant) -> None:
    versioned = tenant.bucket()
    admin = tenant.client("s3")
    admin.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Enabled"})
    old = admin.put_object(Bucket=versioned, Key="k", Body="old")["VersionId"]
    admin.put_object(Bucket=versioned, Key="k", Body="new")
    everything = f"arn:aws:s3:::{versioned}/*"

    plain = reader(tenant, allow("s3:GetObject", everything))
    versions = reader(tenant, allow("s3:GetObjectVersion", everything))

    assert plain.get_object(Bucket=versioned, Key="k")["Body"].read() == b"new"
    _, message = refusal(lambda: plain.get_object(Bucket=versioned, Key="k", VersionId=old))
    assert "perform: s3:GetObjectVersion" in message
    found = versions.get_object(Bucket=versioned, Key="k", VersionId=old)
    assert found["Body"].read() == b"old"


@pytest.mark.parametrize(
    "extra",
    [
        {"ACL": "public-read"},
        {"Tagging": "a=b"},
        {"GrantRead": 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'},
    ],
)
def test_an_upload_that_asks_for_more_needs_more(
    tenant: Tenant, bucket: str, extra: dict[str, str]
) -> None:
    s3 = reader(tenant, allow("s3:PutObject", "*"))

    assert (
        refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body="", **extra))[0]
        == "AccessDenied"
    )


def test_a_copy_does_not_read_what_the_role_may_not(tenant: Tenant, bucket: str) -> None:
    s3 = reader(tenant, allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/records/*"))
    source = {"Bucket": bucket, "Key": "models/m.tar.gz"}

    code, _ = refusal(lambda: s3.copy_object(Bucket=bucket, Key="records/x", CopySource=source))

    assert code == "AccessDenied"


def test_a_multipart_upload_is_a_put_and_aborting_it_is_not_a_delete(
    tenant: Tenant, bucket: str
) -> None:
    s3 = reader(tenant, allow("s3:PutObject", f"arn:aws:s3:::{bucket}/records/*"))
    place = {"Bucket": bucket, "Key": "records/parts"}

    upload = {**place, "UploadId": s3.create_multipart_upload(**place)["UploadId"]}
    tag = s3.upload_part(**upload, PartNumber=1, Body="part")["ETag"]
    _, message = refusal(lambda: s3.abort_multipart_upload(**upload))
    assert "perform: s3:AbortMultipartUpload" in message
    parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
    s3.complete_multipart_upload(**upload, MultipartUpload=parts)

    found = tenant.client("s3").get_object(**place)
    assert found["Body"].read() == b"part"


def test_listing_may_be_limited_to_a_prefix(tenant: Tenant, bucket: str) -> None:
    only_records = {"StringLike": {"s3:prefix": "records/*"}}
    s3 = reader(tenant, allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=only_records))

    listed = s3.list_objects_v2(Bucket=bucket, Prefix="records/a")

    assert [entry["Key"] for entry in listed["Contents"]] == ["records/a.json"]
    for elsewhere in ({"Prefix": "models/"}, {"Prefix": ""}, {}):
        code, _ = refusal(lambda place=elsewhere: s3.list_objects_v2(Bucket=bucket, **place))
        assert code == "AccessDenied"


def test_what_is_missing_is_told_only_to_who_may_list(tenant: Tenant, bucket: str) -> None:
    read = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    blind = reader(tenant, read)
    seeing = reader(tenant, read, allow("s3:ListBucket", f"arn:aws:s3:::{bucket}"))

    assert refusal(lambda: seeing.get_object(Bucket=bucket, Key="none"))[0] == "NoSuchKey"
    code, message = refusal(lambda: blind.get_object(Bucket=bucket, Key="none"))
    assert code == "AccessDenied"
    assert "perform: s3:ListBucket on resource: arn:aws:s3:::" in message
    assert "(there is no such key; " in message


def test_a_role_without_policies_knows_only_who_it_is(tenant: Tenant) -> None:
    role = tenant.role(trust("lambda"))

    identity = tenant.client_as(role, "sts").get_caller_identity()

    assert identity["Arn"].startswith("arn:aws:sts::123456789012:assumed-role/role-")
    assert refusal(tenant.client_as(role, "s3").list_buckets)[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        ("dynamodb", "list_tables", {}, "AccessDeniedException"),
        ("athena", "list_work_groups", {}, "AccessDeniedException"),
        ("cloudcontrol", "list_resources", {"TypeName": "AWS::S3::Bucket"}, "AccessDeniedException"),
        ("kms", "re_encrypt", {"CiphertextBlob": b"x", "DestinationKeyId": "k"}, "AccessDeniedException"),
        ("autoscaling", "describe_auto_scaling_groups", {}, "AccessDenied"),
        ("sns", "create_platform_endpoint", {"PlatformApplicationArn": "arn:aws:sns:us-east-1:123456789012:app/x", "Token": "t"}, "AccessDenied"),
    ],
)  # fmt: skip
def test_what_the_account_cannot_judge_it_refuses_in_the_services_words(
    tenant: Tenant, service: str, operation: str, arguments: dict[str, Any], code: str
) -> None:
    almighty = tenant.role(trust("lambda"), allow("*", "*"))
    client = tenant.client_as(almighty, service)

    refused, message = refusal(lambda: getattr(client, operation)(**arguments))

    assert refused == code
    assert "whose IAM action the local account does not know" in message


def test_invoking_is_allowed_endpoint_by_endpoint(tenant: Tenant) -> None:
    role = tenant.role(trust("lambda"), allow("sagemaker:InvokeEndpoint", f"{ENDPOINTS}/mine"))
    runtime = tenant.client_as(role, "sagemaker-runtime")

    # Past the gate, for there is no such endpoint.
    allowed, _ = refusal(lambda: runtime.invoke_endpoint(EndpointName="mine", Body="{}"))
    assert allowed == "ValidationError"
    code, message = refusal(lambda: runtime.invoke_endpoint(EndpointName="theirs", Body="{}"))
    assert code == "AccessDeniedException"
    assert f"perform: sagemaker:InvokeEndpoint on resource: {ENDPOINTS}/theirs because" in message


def test_streaming_is_an_action_of_its_own(tenant: Tenant) -> None:
    role = tenant.role(trust("lambda"), allow("sagemaker:InvokeEndpoint", "*"))
    runtime = tenant.client_as(role, "sagemaker-runtime")

    _, message = refusal(
        lambda: runtime.invoke_endpoint_with_response_stream(EndpointName="e", Body="{}")
    )

    assert "perform: sagemaker:InvokeEndpointWithResponseStream" in message


def test_an_endpoint_in_another_region_is_another_endpoint(tenant: Tenant) -> None:
    role = tenant.role(trust("lambda"), allow("sagemaker:InvokeEndpoint", f"{ENDPOINTS}/*"))
    runtime = Tenant(tenant.url, "eu-central-1").client_as(role, "sagemaker-runtime")

    _, message = refusal(lambda: runtime.invoke_endpoint(EndpointName="mine", Body="{}"))

    assert "resource: arn:aws:sagemaker:eu-central-1:123456789012:endpoint/mine" in message


def test_invoking_a_function_is_allowed_function_by_function(tenant: Tenant) -> None:
    mine = f"arn:aws:lambda:{REGION}:123456789012:function:mine"
    client = tenant.client_as(
        tenant.role(trust("lambda"), allow("lambda:InvokeFunction", mine)), "lambda"
    )

    assert refusal(lambda: client.invoke(FunctionName="mine"))[0] == "ResourceNotFoundException"
    assert refusal(lambda: client.invoke(FunctionName=mine))[0] == "ResourceNotFoundException"
    for other in ("theirs", "mine2", f"{mine}:alias"):
        code, _ = refusal(lambda name=other: client.invoke(FunctionName=name))
        assert code == "AccessDeniedException"


def test_log_permissions_hold_group_by_group(tenant: Tenant) -> None:
    group, other = unique("/aws/lambda/f"), unique("/aws/lambda/g")
    for name in (group, other):
        tenant.client("logs").create_log_group(logGroupName=name)
    streams = f"arn:aws:logs:{REGION}:123456789012:log-group:{group}:*"
    role = tenant.role(
        trust("lambda"), allow(["logs:CreateLogStream", "logs:PutLogEvents"], streams)
    )
    logs = tenant.client_as(role, "logs")

    logs.create_log_stream(logGroupName=group, logStreamName="s")

    elsewhere, _ = refusal(lambda: logs.create_log_stream(logGroupName=other, logStreamName="s"))
    assert elsewhere == "AccessDeniedException"
    more, _ = refusal(lambda: logs.create_log_group(logGroupName=unique("/aws/lambda/h")))
    assert more == "AccessDeniedException"


def test_a_policy_change_counts_at_once(tenant: Tenant, bucket: str) -> None:
    role = tenant.role(trust("lambda"), allow("s3:GetObject", "*"))
    s3 = tenant.client_as(role, "s3")
    place = {"Bucket": bucket, "Key": "records/a.json"}
    s3.get_object(**place)

    tenant.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="no",
        PolicyDocument=document(deny("s3:*", "*")),
    )

    code, message = refusal(lambda: s3.get_object(**place))
    assert code == "AccessDenied"
    assert message.endswith("with an explicit deny in a identity-based policy")


def test_an_attached_managed_policy_counts_too(tenant: Tenant, bucket: str) -> None:
    iam, role = tenant.client("iam"), tenant.role(trust("lambda"))
    policy = iam.create_policy(
        PolicyName=unique("policy"), PolicyDocument=document(allow("s3:GetObject", "*"))
    )["Policy"]["Arn"]
    s3 = tenant.client_as(role, "s3")
    place = {"Bucket": bucket, "Key": "records/a.json"}
    assert refusal(lambda: s3.get_object(**place))[0] == "AccessDenied"

    iam.attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=policy)

    assert s3.get_object(**place)["Body"].read() == b"{}"


# Bucket policies


def put_policy(tenant: Tenant, bucket: str, *statements: Any) -> None:
    tenant.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(*statements))


def on_bucket(statement: dict[str, Any], bucket: str, principal: Any) -> dict[str, Any]:
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return {**statement, "Resource": resources, "Principal": principal}


def test_a_policy_that_demands_tls_locks_nobody_out(tenant: Tenant) -> None:
    bucket = tenant.bucket({"k": "v"})
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    old = {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    put_policy(
        tenant,
        bucket,
        on_bucket(deny("s3:*", "", Condition=insecure), bucket, "*"),
        on_bucket(deny("s3:*", "", Condition=old), bucket, "*"),
    )
    admin, role = tenant.client("s3"), reader(tenant, allow("s3:GetObject", "*"))

    admin.put_object(Bucket=bucket, Key="k2", Body="")

    for s3 in (admin, role):
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"v"


def test_an_explicit_deny_binds_even_the_administrator(tenant: Tenant) -> None:
    bucket = tenant.bucket({"k": "v"})
    put_policy(tenant, bucket, on_bucket(deny("s3:GetObject", ""), bucket, "*"))

    code, message = refusal(lambda: tenant.client("s3").get_object(Bucket=bucket, Key="k"))

    assert code == "AccessDenied"
    assert "User: arn:aws:iam::123456789012:root" in message
    assert message.endswith("with an explicit deny in a resource-based policy")
    assert tenant.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    tenant.client("s3").delete_bucket_policy(Bucket=bucket)
    assert tenant.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"v"


def test_a_deny_that_names_a_role_binds_its_sessions_only(tenant: Tenant) -> None:
    bucket = tenant.bucket({"k": "v"})
    named, other = (tenant.role(trust("lambda"), allow("s3:*", "*")) for _ in range(2))
    put_policy(tenant, bucket, on_bucket(deny("s3:*", ""), bucket, {"AWS": named}))

    refused = tenant.client_as(named, "s3")
    assert refusal(lambda: refused.get_object(Bucket=bucket, Key="k"))[0] == "AccessDenied"
    for s3 in (tenant.client_as(other, "s3"), tenant.client("s3")):
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"v"


def test_a_bucket_may_let_a_role_in_by_itself(tenant: Tenant) -> None:
    bucket = tenant.bucket({"k": "v"})
    guest = tenant.role(trust("lambda"))
    put_policy(tenant, bucket, on_bucket(allow("s3:GetObject", ""), bucket, {"AWS": guest}))
    s3 = tenant.client_as(guest, "s3")

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"v"
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="k", Body=""))[0] == "AccessDenied"


def test_no_bucket_lets_a_role_do_what_its_own_policy_denies(tenant: Tenant) -> None:
    bucket = tenant.bucket({"k": "v"})
    guest = tenant.role(trust("lambda"), deny("s3:GetObject", "*"))
    put_policy(tenant, bucket, on_bucket(allow("s3:*", ""), bucket, {"AWS": guest}))

    s3 = tenant.client_as(guest, "s3")

    assert refusal(lambda: s3.get_object(Bucket=bucket, Key="k"))[0] == "AccessDenied"


def test_a_region_may_be_demanded(tenant: Tenant, bucket: str) -> None:
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": REGION}}
    role = tenant.role(trust("lambda"), allow("s3:*", "*"), deny("*", "*", Condition=elsewhere))
    place = {"Bucket": bucket, "Key": "records/a.json"}

    assert tenant.client_as(role, "s3").get_object(**place)["Body"].read() == b"{}"
    abroad = Tenant(tenant.url, "eu-west-1").client_as(role, "s3")
    assert refusal(lambda: abroad.get_object(**place))[0] == "AccessDenied"


# Who is asking at all


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("iam", "list_roles", "InvalidClientTokenId"),
        ("sagemaker", "list_models", "UnrecognizedClientException"),
        ("lambda", "list_functions", "UnrecognizedClientException"),
    ],
)
def test_nobodys_access_key_gets_nowhere(
    tenant: Tenant, service: str, operation: str, code: str
) -> None:
    client = tenant.client_with(service, "AKIANOBODY", "secret", None)

    assert refusal(getattr(client, operation))[0] == code


def test_an_unsigned_request_gets_nowhere(tenant: Tenant, bucket: str) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=tenant.url,
        region_name=REGION,
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )

    assert refusal(lambda: s3.get_object(Bucket=bucket, Key="a/b"))[0] in {"AccessDenied", "403"}
    for path in ("/", "/moto-api/", f"/{bucket}/a/b", "/2015-03-31/functions"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(tenant.url + path)
        with caught.value as answer:
            assert answer.code == 403
            assert json.load(answer)["__type"] == "MissingAuthenticationToken"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_link_does_what_its_signer_may(
    tenant: Tenant, bucket: str, version: str
) -> None:
    key = tenant.client("sts").assume_role(
        RoleArn=tenant.role(trust("lambda"), allow("s3:GetObject", "arn:aws:s3:::*/a/*")),
        RoleSessionName="tests",
    )["Credentials"]
    role = tenant.client_with(
        "s3",
        key["AccessKeyId"],
        key["SecretAccessKey"],
        key["SessionToken"],
        signature_version=version,
    )

    def fetch(s3: Any, name: str) -> bytes:
        link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": name})
        with urllib.request.urlopen(link) as answer:
            return answer.read()

    assert fetch(tenant.client("s3"), "records/a.json") == b"{}"
    assert fetch(role, "a/b") == b"nested"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetch(role, "records/a.json")


# Trust policies: who may act as a role


@pytest.mark.parametrize(
    "trusted",
    [
        trust("lambda"),
        trust("sagemaker", Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}}),
        trust("sagemaker", Condition={"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:123456789012:endpoint/x"}}),
        {**trust("sagemaker"), "Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {**trust("sagemaker"), "Action": "sts:TagSession"},
    ],
)  # fmt: skip
def test_sagemaker_acts_only_as_a_role_that_trusts_it(tenant: Tenant, trusted: Any) -> None:
    role = tenant.role(trusted, allow("*", "*"))

    reason = tenant.failure_of({"code/inference.py": ""}, role)

    assert reason.startswith(f'Could not assume role "{role}". Please ensure that the role exists')
    assert '"sts:AssumeRole" for the service principal "sagemaker.amazonaws.com"' in reason


@pytest.mark.parametrize("trusted", [trust("sagemaker"), trust("lambda", Effect="Deny")])
def test_lambda_acts_only_as_a_role_that_trusts_it(tenant: Tenant, trusted: Any) -> None:
    function = tenant.function("", role_arn=tenant.role(trusted, allow("*", "*")))

    code, message = refusal(lambda: tenant.call(function))

    assert code == "AccessDeniedException"
    assert message.startswith("The role defined for the function cannot be assumed by Lambda.")


@pytest.mark.parametrize(
    ("service", "source"),
    [
        ("sagemaker", f"arn:aws:sagemaker:{REGION}:123456789012:*"),
        ("lambda", f"arn:aws:lambda:{REGION}:123456789012:function:*"),
    ],
)
def test_a_role_may_trust_a_service_on_behalf_of_this_account_only(
    tenant: Tenant, service: str, source: str
) -> None:
    condition = {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": source},
    }
    role = tenant.role(trust(service, Condition=condition), allow("*", "*"))

    if service == "lambda":
        function = tenant.function("def handler(event, context): return 1\n", role_arn=role)
        assert tenant.call(function)["Payload"] == 1
    else:
        hooks = "def model_fn(d): ...\ndef transform_fn(m, b, c, a): return '1'\n"
        assert tenant.ask(tenant.serve({"code/inference.py": hooks}, role), {}) == 1
