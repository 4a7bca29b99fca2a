from pathlib import Path
from typing import Any

import pytest

from components import ArtifactError, ModelBucket, ModelBucketArgs
from rehearsal.program import ProgramRun
from tests.components.configurations import KEYS
from tests.harness import deploy, inputs_of, policy_of, statements_of


@pytest.fixture
def run(bucket_args: ModelBucketArgs) -> ProgramRun:
    return deploy(lambda: ModelBucket("m", bucket_args))


def only_inputs(run: ProgramRun, resource_type: str) -> dict[str, object]:
    return inputs_of(run.only(resource_type))


def test_it_blocks_public_access_four_ways(run: ProgramRun) -> None:
    blocked = only_inputs(run, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")

    assert blocked == {
        "bucket": "m-bucket",
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }


def test_it_disables_acls(run: ProgramRun) -> None:
    ownership = only_inputs(run, "aws:s3/bucketOwnershipControls:BucketOwnershipControls")

    assert ownership["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_it_keeps_versions(run: ProgramRun) -> None:
    versioning = only_inputs(run, "aws:s3/bucketVersioning:BucketVersioning")

    assert versioning["versioningConfiguration"] == {"status": "Enabled"}


def test_it_encrypts(run: ProgramRun) -> None:
    encryption = only_inputs(
        run,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    )

    assert encryption["rules"] == [
        {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    ]


def test_it_refuses_plain_http_and_old_tls(run: ProgramRun) -> None:
    statements = statements_of(run.only("aws:s3/bucketPolicy:BucketPolicy"))

    assert [s["Effect"] for s in statements] == ["Deny", "Deny"]
    assert [s["Condition"] for s in statements] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
    ]
    arn = "arn:mock:aws:s3/bucket:Bucket:m-bucket"
    assert [s["Resource"] for s in statements] == [[arn, f"{arn}/*"]] * 2


def test_its_policy_waits_for_the_public_access_block(run: ProgramRun) -> None:
    dependencies = run.only("aws:s3/bucketPolicy:BucketPolicy").dependencies

    assert any(urn.endswith("::m-public-access-block") for urn in dependencies)


def lifecycle_rules(run: ProgramRun) -> list[dict[str, Any]]:
    lifecycle = run.only("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    return inputs_of(lifecycle)["rules"]


def test_what_requests_leave_expires_and_broken_uploads_are_aborted(
    bucket_args: ModelBucketArgs,
) -> None:
    run = deploy(lambda: ModelBucket("m", {**bucket_args, "record_days": 60}))

    *expiring, tidying = lifecycle_rules(run)
    assert {rule["id"]: (rule["filter"], rule["expiration"]) for rule in expiring} == {
        "expire-records": ({"prefix": "records/"}, {"days": 60}),
        "expire-inputs": ({"prefix": "inputs/"}, {"days": 60}),
        "expire-results": ({"prefix": "results/"}, {"days": 60}),
        "expire-unfinished-results": ({"prefix": "results/.parts/"}, {"days": 14}),
        "expire-claims": ({"prefix": "claims/"}, {"days": 14}),
        "expire-async": ({"prefix": "async/"}, {"days": 60}),
        "expire-captures": ({"prefix": "capture/"}, {"days": 60}),
    }
    assert {rule["status"] for rule in expiring} == {"Enabled"}
    assert tidying == {
        "id": "tidy-up",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "noncurrentVersionExpiration": {"noncurrentDays": 30},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
    }


def test_claims_do_not_outlast_the_records(bucket_args: ModelBucketArgs) -> None:
    """They hold the same texts."""
    run = deploy(lambda: ModelBucket("m", {**bucket_args, "record_days": 7}))

    *expiring, _ = lifecycle_rules(run)
    assert {rule["expiration"]["days"] for rule in expiring} == {7}


def test_it_is_not_protected_unless_asked(run: ProgramRun) -> None:
    bucket = run.only("aws:s3/bucket:Bucket")

    assert (bucket.protect, bucket.retainOnDelete) == (False, False)


def test_protect_keeps_the_bucket_whatever_happens_to_the_program(
    bucket_args: ModelBucketArgs,
) -> None:
    run = deploy(lambda: ModelBucket("m", {**bucket_args, "protect": True}))

    protected = [r.name for r in run.registrations if r.protect]
    assert protected == ["m-bucket"]
    assert run.only("aws:s3/bucket:Bucket").retainOnDelete


def test_a_local_folder_is_uploaded_under_a_key_of_its_content(
    bucket_args: ModelBucketArgs, model_folder: Path
) -> None:
    first = deploy(lambda: ModelBucket("m", bucket_args))
    again = deploy(lambda: ModelBucket("m", bucket_args))
    (model_folder / "model.safetensors").write_bytes(b"other weights")
    changed = deploy(lambda: ModelBucket("m", bucket_args))

    keys = [
        inputs_of(run.only("aws:s3/bucketObjectv2:BucketObjectv2"))["key"]
        for run in (first, again, changed)
    ]
    assert keys[0] == keys[1] != keys[2]
    assert keys[0].startswith("models/")
    assert keys[0].endswith("/model.tar.gz")


def test_the_upload_waits_until_the_bucket_is_encrypted_and_versioned(run: ProgramRun) -> None:
    dependencies = run.only("aws:s3/bucketObjectv2:BucketObjectv2").dependencies

    awaited = {urn.rpartition("::")[2] for urn in dependencies}
    assert {"m-encryption", "m-versioning", "m-ownership"} <= awaited


def test_model_uri_is_where_the_archive_went(run: ProgramRun) -> None:
    key = inputs_of(run.only("aws:s3/bucketObjectv2:BucketObjectv2"))["key"]

    assert run.outputs_of["genai:index:ModelBucket::m"]["model_uri"] == f"s3://m-bucket/{key}"


def test_a_model_in_s3_is_used_as_it_is() -> None:
    run = deploy(lambda: ModelBucket("m", {"model_source": "s3://models/llm/"}))

    assert run.all("aws:s3/bucketObjectv2:BucketObjectv2") == []
    assert run.outputs_of["genai:index:ModelBucket::m"]["model_uri"] == "s3://models/llm/"


def test_a_folder_that_cannot_be_packed_stops_the_program(tmp_path: Path) -> None:
    args: ModelBucketArgs = {"model_source": str(tmp_path / "nowhere")}

    with pytest.raises(ArtifactError, match="nowhere does not exist"):
        deploy(lambda: ModelBucket("m", args))


def test_granting_records_allows_writing_records_only(bucket_args: ModelBucketArgs) -> None:
    run = deploy(lambda: ModelBucket("m", bucket_args).grant_write_records("f", "the-role"))

    granted = run.only("aws:iam/rolePolicy:RolePolicy")
    assert granted.name == "m-f-write-records"
    assert inputs_of(granted)["role"] == "the-role"
    assert policy_of(granted) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "PutObjects",
                "Effect": "Allow",
                "Action": "s3:PutObject",
                "Resource": ["arn:mock:aws:s3/bucket:Bucket:m-bucket/records/*"],
            }
        ],
    }


BUCKET_ARN = "arn:mock:aws:s3/bucket:Bucket:m-bucket"


def granted(run: ProgramRun) -> dict[str, Any]:
    """What one grant allows: actions, and the resource or the prefixes that may be listed."""
    (policy,) = run.all("aws:iam/rolePolicy:RolePolicy")
    assert inputs_of(policy)["role"] == "the-role"
    return {
        s["Sid"]: s["Condition"] if "Condition" in s else s["Resource"]
        for s in statements_of(policy)
    }


def test_granting_claims_allows_writing_and_reading_those_only(
    bucket_args: ModelBucketArgs,
) -> None:
    run = deploy(lambda: ModelBucket("m", bucket_args).grant_claim_requests("f", "the-role"))

    assert run.only("aws:iam/rolePolicy:RolePolicy").name == "m-f-claim-requests"
    assert granted(run) == {
        "PutObjects": [f"{BUCKET_ARN}/claims/*"],
        "ReadObjects": [f"{BUCKET_ARN}/claims/*"],
    }


def test_granting_inputs_allows_reading_them_and_writing_results_and_requests_for_later(
    bucket_args: ModelBucketArgs,
) -> None:
    run = deploy(lambda: ModelBucket("m", bucket_args).grant_run_inputs("f", "the-role"))

    assert run.only("aws:iam/rolePolicy:RolePolicy").name == "m-f-run-inputs"
    assert granted(run) == {
        "ReadObjectVersions": [f"{BUCKET_ARN}/inputs/*"],
        "ReadObjects": [f"{BUCKET_ARN}/results/*"],
        "PutObjects": [f"{BUCKET_ARN}/inputs/queued/*", f"{BUCKET_ARN}/results/*"],
        "ListObjects": {
            "StringLikeIfExists": {"s3:prefix": ["claims/batch/*", "inputs/*", "results/*"]}
        },
    }


def test_granting_async_requests_allows_writing_inputs_and_reading_what_came_of_them(
    bucket_args: ModelBucketArgs,
) -> None:
    run = deploy(lambda: ModelBucket("m", bucket_args).grant_use_async_requests("f", "the-role"))

    read = ["async/inputs/*", "async/results/*", "async/failures/*"]
    assert run.only("aws:iam/rolePolicy:RolePolicy").name == "m-f-use-async-requests"
    assert granted(run) == {
        "PutObjects": [f"{BUCKET_ARN}/async/inputs/*"],
        "ReadObjects": [f"{BUCKET_ARN}/{pattern}" for pattern in read],
        "ListObjects": {"StringLikeIfExists": {"s3:prefix": read}},
    }


@pytest.mark.parametrize(
    "grant",
    [
        "grant_write_records",
        "grant_claim_requests",
        "grant_run_inputs",
        "grant_use_async_requests",
    ],
)
def test_using_an_encrypted_bucket_takes_its_key_too(
    bucket_args: ModelBucketArgs, grant: str
) -> None:
    args: ModelBucketArgs = {**bucket_args, "kms_key_arn": KEYS["data"]}
    run = deploy(lambda: getattr(ModelBucket("m", args), grant)("f", "the-role"))

    *_, use_key = statements_of(run.only("aws:iam/rolePolicy:RolePolicy"))
    assert use_key == {
        "Sid": "UseBucketKey",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": KEYS["data"],
    }


def test_a_queue_is_told_of_new_inputs_and_of_nothing_else(bucket_args: ModelBucketArgs) -> None:
    run = deploy(lambda: ModelBucket("m", bucket_args).notify_inputs("arn:queue"))

    assert only_inputs(run, "aws:s3/bucketNotification:BucketNotification") == {
        "bucket": "m-bucket",
        "queues": [
            {
                "id": "inputs",
                "queueArn": "arn:queue",
                "events": ["s3:ObjectCreated:*"],
                "filterPrefix": "inputs/",
            }
        ],
    }


def test_the_notifications_of_an_existing_bucket_are_left_alone(
    bucket_args: ModelBucketArgs,
) -> None:
    args: ModelBucketArgs = {**bucket_args, "existing_bucket_name": "theirs"}
    run = deploy(lambda: ModelBucket("m", args).notify_inputs("arn:queue"))

    assert run.all("aws:s3/bucketNotification:BucketNotification") == []


def test_a_key_of_ones_own_encrypts_it_with_few_requests(bucket_args: ModelBucketArgs) -> None:
    args: ModelBucketArgs = {**bucket_args, "kms_key_arn": KEYS["data"]}
    run = deploy(lambda: ModelBucket("m", args))

    encryption = only_inputs(
        run,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    )
    assert encryption["rules"] == [
        {
            "applyServerSideEncryptionByDefault": {
                "sseAlgorithm": "aws:kms",
                "kmsMasterKeyId": KEYS["data"],
            },
            "bucketKeyEnabled": True,
        }
    ]


def test_another_key_encrypts_the_model_anew(bucket_args: ModelBucketArgs) -> None:
    def upload(args: ModelBucketArgs) -> dict[str, Any]:
        return only_inputs(
            deploy(lambda: ModelBucket("m", args)), "aws:s3/bucketObjectv2:BucketObjectv2"
        )

    before = upload({**bucket_args, "kms_key_arn": KEYS["data"]})
    after = upload({**bucket_args, "kms_key_arn": KEYS["model"]})

    assert (before["serverSideEncryption"], before["kmsKeyId"]) == ("aws:kms", KEYS["data"])
    assert after == {**before, "kmsKeyId": KEYS["model"]}


def test_a_model_that_is_not_in_s3_has_no_uri() -> None:
    for args in (ModelBucketArgs(), ModelBucketArgs(model_source=None)):
        run = deploy(lambda args=args: ModelBucket("m", args))

        assert run.all("aws:s3/bucketObjectv2:BucketObjectv2") == []
        assert run.outputs_of["genai:index:ModelBucket::m"]["model_uri"] == ""


def test_an_existing_bucket_gets_the_model_and_nothing_else(bucket_args: ModelBucketArgs) -> None:
    args: ModelBucketArgs = {**bucket_args, "existing_bucket_name": "theirs", "protect": True}
    run = deploy(lambda: ModelBucket("m", args))

    uploaded = only_inputs(run, "aws:s3/bucketObjectv2:BucketObjectv2")
    assert [r.type for r in run.registrations if r.custom] == [
        "aws:s3/bucketObjectv2:BucketObjectv2"
    ]
    assert uploaded["bucket"] == "theirs"
    assert "serverSideEncryption" not in uploaded
    assert run.outputs_of["genai:index:ModelBucket::m"] == {
        "bucket_name": "theirs",
        "bucket_arn": "arn:aws:s3:::theirs",
        "model_uri": f"s3://theirs/{uploaded['key']}",
    }


def test_the_model_in_an_existing_bucket_is_encrypted_with_the_key_named(
    bucket_args: ModelBucketArgs,
) -> None:
    args: ModelBucketArgs = {
        **bucket_args,
        "existing_bucket_name": "theirs",
        "kms_key_arn": KEYS["data"],
    }
    run = deploy(lambda: ModelBucket("m", args))

    uploaded = only_inputs(run, "aws:s3/bucketObjectv2:BucketObjectv2")
    assert uploaded["serverSideEncryption"] == "aws:kms"
    assert uploaded["kmsKeyId"] == KEYS["data"]


def test_granting_on_an_existing_bucket_names_it(bucket_args: ModelBucketArgs) -> None:
    args: ModelBucketArgs = {**bucket_args, "existing_bucket_name": "theirs"}
    run = deploy(lambda: ModelBucket("m", args).grant_write_records("f", "the-role"))

    (statement,) = statements_of(run.only("aws:iam/rolePolicy:RolePolicy"))
    assert statement["Resource"] == ["arn:aws:s3:::theirs/records/*"]
