"""The bucket that keeps the model, the inputs and the results."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
from pulumi_aws import iam as aws_iam
from pulumi_aws import s3

from components import iam
from components.artifact import DEFAULT_BUILD_DIRECTORY, pack
from components.bucket_layout import (
    ASYNC_FAILURES_PREFIX,
    ASYNC_INPUTS_PREFIX,
    ASYNC_PREFIX,
    ASYNC_RESULTS_PREFIX,
    BATCH_CLAIMS_PREFIX,
    CAPTURE_PREFIX,
    CLAIMS_PREFIX,
    INPUTS_PREFIX,
    QUEUED_INPUTS_PREFIX,
    RECORDS_PREFIX,
    RESULT_PARTS_PREFIX,
    RESULTS_PREFIX,
)
from components.roles import grant_document

DEFAULT_RECORD_DAYS = 30
ABORT_UPLOADS_AFTER_DAYS = 7
KEEP_OLD_VERSIONS_DAYS = 30
# As long as a queue can hand a message out again, which then finds what was done with it.
KEEP_PROGRESS_DAYS = 14
S3_SCHEME = "s3://"


class ModelBucketArgs(TypedDict):
    """What a ModelBucket needs."""

    model_source: NotRequired[str | None]
    """Where the model comes from: a local folder, which is packed and uploaded, or the S3 URI of an
    archive (`s3://bucket/key.tar.gz`) or prefix (`s3://bucket/prefix/`), which is used as it is. None if the
    container fetches the model from a hub, or it comes in a model package."""

    existing_bucket_name: NotRequired[str | None]
    """Use this bucket instead of making one. Its settings are its owner's: nothing is changed there, only
    objects are put. Encryption, expiry, public access and TLS are then yours to see to."""

    kms_key_arn: NotRequired[pulumi.Input[str] | None]
    """Customer-managed key that encrypts the bucket. Default: S3's own. Of an existing bucket: the key that
    it is encrypted with."""

    build_directory: NotRequired[str]
    """Folder on this machine that keeps packed archives. Default `.artifacts` in the working folder."""

    record_days: NotRequired[pulumi.Input[int]]
    """Days after which records, inputs, results, asynchronous requests and captured ones expire. Default 30.
    Claims (client tokens) and unfinished batches are forgotten after 14 days, or sooner with the rest."""

    protect: NotRequired[bool]
    """Refuse to delete the bucket, and keep it if it is taken out of the program. Default false."""

    force_destroy: NotRequired[pulumi.Input[bool]]
    """Delete the bucket even if objects are left in it. Default false."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags for every resource that can carry them; at most 10 when a folder is uploaded, as S3 allows
    an object no more."""


class _Bucket(NamedTuple):
    """A bucket, and what has to be set before an object is put there."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    ready: list[pulumi.Resource]


class ModelBucket(pulumi.ComponentResource):
    """A private, encrypted, versioned bucket that only TLS requests reach; or one that exists already.

    What requests leave there expires, incomplete uploads are aborted, old versions go after 30 days. A local model
    folder is uploaded under a key made from its content, so a changed model is a new object and redeploys.

    `ignore_changes`, `replace_on_changes` and `depends_on` given to this component do not reach
    its children; `protect` is an argument because it belongs to the bucket alone.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket."""

    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""

    model_uri: pulumi.Output[str]
    """S3 URI of the model: of the uploaded archive, or the one given; empty if there is none."""

    def __init__(
        self, name: str, args: ModelBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("genai:index:ModelBucket", name, {**args}, opts)
        self._name = name
        self._kms_key_arn = args.get("kms_key_arn")

        existing = args.get("existing_bucket_name")
        self._is_adopted = existing is not None
        bucket = self._make(args) if existing is None else self._adopt(existing)

        self.bucket_name = bucket.name
        self.bucket_arn = bucket.arn
        source = args.get("model_source")
        if not source or source.startswith(S3_SCHEME):
            self.model_uri = pulumi.Output.from_input(source or "")
        else:
            uploaded = self._upload(Path(source), args, bucket)
            self.model_uri = pulumi.Output.format("s3://{}/{}", uploaded.bucket, uploaded.key)
        self.register_outputs(
            {
                "bucket_name": self.bucket_name,
                "bucket_arn": self.bucket_arn,
                "model_uri": self.model_uri,
            }
        )

    def exports(self) -> Mapping[str, pulumi.Output[str]]:
        """Return what a stack tells of this bucket."""
        return {"bucket_name": self.bucket_name}

    def grant_write_records(self, grantee: str, role_name: pulumi.Input[str]) -> None:
        """Let a role write records of requests, and nothing else in the bucket.

        Args:
            grantee: short logical name of who gets the permission; names the policy.
            role_name: name of the role.
        """
        self._grant(
            f"{grantee}-write-records",
            role_name,
            lambda bucket_arn: [iam.put_objects(bucket_arn, [RECORDS_PREFIX])],
        )

    def grant_read_records(self, grantee: str, role_name: pulumi.Input[str]) -> None:
        """Let a role find and read records of requests.

        Args:
            grantee: short logical name of who gets the permission; names the policy.
            role_name: name of the role.
        """
        self._grant(
            f"{grantee}-read-records",
            role_name,
            lambda bucket_arn: [
                iam.read_objects(bucket_arn, [RECORDS_PREFIX]),
                iam.list_objects(bucket_arn, [RECORDS_PREFIX]),
            ],
        )

    def grant_claim_requests(self, grantee: str, role_name: pulumi.Input[str]) -> None:
        """Let a role claim requests, so that none is generated twice, and see what became of those claimed before.

        Args:
            grantee: short logical name of who gets the permission; names the policy.
            role_name: name of the role.
        """
        self._grant(
            f"{grantee}-claim-requests",
            role_name,
            lambda bucket_arn: [
                iam.put_objects(bucket_arn, [CLAIMS_PREFIX]),
                iam.read_objects(bucket_arn, [CLAIMS_PREFIX]),
            ],
        )

    def grant_run_inputs(self, grantee: str, role_name: pulumi.Input[str]) -> aws_iam.RolePolicy:
        """Let a role run what is put under `inputs/`, keep its results, and put requests there for later.

        So that two runs do not work at the same object, it also claims requests: `grant_claim_requests`.

        Args:
            grantee: short logical name of who gets the permission; names the policy.
            role_name: name of the role.

        Returns:
            The policy, for `notify_inputs` to come after.
        """
        return self._grant(
            f"{grantee}-run-inputs",
            role_name,
            lambda bucket_arn: [
                iam.read_object_versions(bucket_arn, [INPUTS_PREFIX]),
                iam.read_objects(bucket_arn, [RESULTS_PREFIX]),
                iam.put_objects(bucket_arn, [QUEUED_INPUTS_PREFIX, RESULTS_PREFIX]),
                iam.list_objects(bucket_arn, [BATCH_CLAIMS_PREFIX, INPUTS_PREFIX, RESULTS_PREFIX]),
            ],
        )

    def grant_use_async_requests(self, grantee: str, role_name: pulumi.Input[str]) -> None:
        """Let a role write inputs of asynchronous requests, and read what became of them.

        Args:
            grantee: short logical name of who gets the permission; names the policy.
            role_name: name of the role.
        """
        read = [ASYNC_INPUTS_PREFIX, ASYNC_RESULTS_PREFIX, ASYNC_FAILURES_PREFIX]
        self._grant(
            f"{grantee}-use-async-requests",
            role_name,
            lambda bucket_arn: [
                iam.put_objects(bucket_arn, [ASYNC_INPUTS_PREFIX]),
                iam.read_objects(bucket_arn, read),
                iam.list_objects(bucket_arn, read),
            ],
        )

    def notify_inputs(
        self, queue_arn: pulumi.Input[str], *, after: Sequence[pulumi.Resource] = ()
    ) -> None:
        """Tell a queue of each object that is put under `inputs/`.

        A bucket has one list of notifications, and setting it replaces what others set. An existing bucket's is
        therefore left alone: nothing comes until its owner adds the queue, for `s3:ObjectCreated:*` under `inputs/`. A
        bucket made here takes one queue.

        Args:
            queue_arn: ARN of the queue, whose policy lets S3 send.
            after: what has to be there before the first object is told of.
        """
        if self._is_adopted:
            return
        s3.BucketNotification(
            f"{self._name}-inputs-notification",
            bucket=self.bucket_name,
            queues=[
                {
                    "id": "inputs",
                    "queue_arn": queue_arn,
                    "events": ["s3:ObjectCreated:*"],
                    "filter_prefix": INPUTS_PREFIX,
                }
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )

    def _grant(
        self,
        purpose: str,
        role_name: pulumi.Input[str],
        statements: Callable[[str], Sequence[iam.Statement]],
    ) -> aws_iam.RolePolicy:
        document = pulumi.Output.all(self.bucket_arn, self._kms_key_arn).apply(
            lambda known: _with_key(statements(known[0]), known[1])
        )
        return grant_document(f"{self._name}-{purpose}", role_name, document, parent=self)

    def _adopt(self, name: str) -> _Bucket:
        within = pulumi.InvokeOutputOptions(parent=self)
        partition = aws.get_partition_output(opts=within).partition
        return _Bucket(
            pulumi.Output.from_input(name),
            pulumi.Output.format("arn:{}:s3:::{}", partition, name),
            [],
        )

    def _make(self, args: ModelBucketArgs) -> _Bucket:
        name = self._name
        child = pulumi.ResourceOptions(parent=self)
        protect = args.get("protect", False)

        bucket = s3.Bucket(
            f"{name}-bucket",
            force_destroy=args.get("force_destroy", False),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
        )
        public_access_block = s3.BucketPublicAccessBlock(
            f"{name}-public-access-block",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        ownership = s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=child,
        )
        versioning = s3.BucketVersioning(
            f"{name}-versioning",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=child,
        )
        encryption = s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.bucket,
            rules=[_encryption_rule(self._kms_key_arn)],
            opts=child,
        )
        s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.bucket,
            rules=_lifecycle_rules(args.get("record_days", DEFAULT_RECORD_DAYS)),
            # S3 refuses a lifecycle with noncurrent versions while versioning is being set.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.bucket,
            policy=pulumi.Output.json_dumps(bucket.arn.apply(iam.tls_only)),
            # Both are bucket-level writes: made at once, S3 answers OperationAborted to one of them.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[public_access_block]),
        )
        return _Bucket(bucket.bucket, bucket.arn, [ownership, versioning, encryption])

    def _upload(self, folder: Path, args: ModelBucketArgs, bucket: _Bucket) -> s3.BucketObjectv2:
        artifact = pack(folder, Path(args.get("build_directory", DEFAULT_BUILD_DIRECTORY)))
        # Named although the bucket encrypts by itself: a bucket's other default leaves the objects there as they
        # are, under a key that nobody is allowed to use any more.
        key = self._kms_key_arn
        return s3.BucketObjectv2(
            f"{self._name}-model",
            bucket=bucket.name,
            key=artifact.key,
            source=pulumi.FileAsset(str(artifact.path)),
            content_type="application/gzip",
            server_side_encryption=None if key is None else "aws:kms",
            kms_key_id=key,
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=bucket.ready),
        )


def _with_key(statements: Sequence[iam.Statement], kms_key_arn: str | None) -> dict[str, Any]:
    use_key = [iam.use_bucket_key(kms_key_arn)] if kms_key_arn else []
    return iam.document(*statements, *use_key)


def _encryption_rule(
    kms_key_arn: pulumi.Input[str] | None,
) -> s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
    if kms_key_arn is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {
            "sse_algorithm": "aws:kms",
            "kms_master_key_id": kms_key_arn,
        },
        # One key request for many objects instead of one for each.
        "bucket_key_enabled": True,
    }


def _lifecycle_rules(
    record_days: pulumi.Input[int],
) -> list[s3.BucketLifecycleConfigurationRuleArgsDict]:
    progress_days = pulumi.Output.from_input(record_days).apply(
        lambda days: min(days, KEEP_PROGRESS_DAYS)
    )
    expiring: Mapping[str, tuple[str, pulumi.Input[int]]] = {
        "expire-records": (RECORDS_PREFIX, record_days),
        "expire-inputs": (INPUTS_PREFIX, record_days),
        "expire-results": (RESULTS_PREFIX, record_days),
        "expire-unfinished-results": (RESULT_PARTS_PREFIX, progress_days),
        "expire-claims": (CLAIMS_PREFIX, progress_days),
        "expire-async": (ASYNC_PREFIX, record_days),
        "expire-captures": (CAPTURE_PREFIX, record_days),
    }
    return [
        *(
            s3.BucketLifecycleConfigurationRuleArgsDict(
                id=rule_id,
                status="Enabled",
                filter={"prefix": prefix},
                expiration={"days": days},
            )
            for rule_id, (prefix, days) in expiring.items()
        ),
        {
            "id": "tidy-up",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "noncurrent_version_expiration": {"noncurrent_days": KEEP_OLD_VERSIONS_DAYS},
            "abort_incomplete_multipart_upload": {
                "days_after_initiation": ABORT_UPLOADS_AFTER_DAYS
            },
        },
    ]
