"""The bucket that keeps the model, the inputs and the results."""

from collections.abc import Mapping
from pathlib import Path
from typing import NotRequired, TypedDict

import pulumi
from pulumi_aws import s3

from components import iam
from components.artifact import pack
from components.roles import grant

RECORDS_PREFIX = "records/"
DEFAULT_RECORD_DAYS = 30
DEFAULT_BUILD_DIRECTORY = ".artifacts"
ABORT_UPLOADS_AFTER_DAYS = 7
KEEP_OLD_VERSIONS_DAYS = 30


class ModelBucketArgs(TypedDict):
    """What a ModelBucket needs."""

    model_source: str
    """Where the model comes from: a local folder, which is packed and uploaded, or the S3 URI of an
    archive (`s3://bucket/key.tar.gz`) or prefix (`s3://bucket/prefix/`), which is used as it is."""

    build_directory: NotRequired[str]
    """Folder on this machine that keeps packed archives. Default `.artifacts` in the working folder."""

    record_days: NotRequired[pulumi.Input[int]]
    """Days after which a record of a request expires. Default 30."""

    protect: NotRequired[bool]
    """Refuse to delete the bucket, and keep it if it is taken out of the program. Default false."""

    force_destroy: NotRequired[pulumi.Input[bool]]
    """Delete the bucket even if objects are left in it. Default false."""

    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags for every resource that can carry them; at most 10 when a folder is uploaded, as S3 allows
    an object no more."""


class ModelBucket(pulumi.ComponentResource):
    """A private, encrypted, versioned bucket that only TLS requests reach.

    Records expire, incomplete uploads are aborted, old versions go after 30 days. A local model folder
    is uploaded under a key made from its content, so a changed model is a new object and redeploys.

    `ignore_changes`, `replace_on_changes` and `depends_on` given to this component do not reach
    its children; `protect` is an argument because it belongs to the bucket alone.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket."""

    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""

    model_uri: pulumi.Output[str]
    """S3 URI of the model: of the uploaded archive, or the one given."""

    def __init__(
        self, name: str, args: ModelBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("genai:index:ModelBucket", name, {**args}, opts)
        self._name = name
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
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )
        s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.bucket,
            rules=[
                {
                    "id": "expire-records",
                    "status": "Enabled",
                    "filter": {"prefix": RECORDS_PREFIX},
                    "expiration": {"days": args.get("record_days", DEFAULT_RECORD_DAYS)},
                },
                {
                    "id": "tidy-up",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "noncurrent_version_expiration": {"noncurrent_days": KEEP_OLD_VERSIONS_DAYS},
                    "abort_incomplete_multipart_upload": {
                        "days_after_initiation": ABORT_UPLOADS_AFTER_DAYS
                    },
                },
            ],
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

        self.bucket_name = bucket.bucket
        self.bucket_arn = bucket.arn
        if args["model_source"].startswith("s3://"):
            self.model_uri = pulumi.Output.from_input(args["model_source"])
        else:
            uploaded = self._upload(args, bucket, after=[ownership, versioning, encryption])
            self.model_uri = pulumi.Output.format("s3://{}/{}", uploaded.bucket, uploaded.key)
        self.register_outputs(
            {
                "bucket_name": self.bucket_name,
                "bucket_arn": self.bucket_arn,
                "model_uri": self.model_uri,
            }
        )

    def grant_write_records(self, grantee: str, role_name: pulumi.Input[str]) -> None:
        """Let a role write records of requests, and nothing else in the bucket.

        Args:
            grantee: short logical name of who gets the permission; names the policy.
            role_name: name of the role.
        """
        grant(
            f"{self._name}-{grantee}-write-records",
            role_name,
            self.bucket_arn,
            lambda arn: iam.put_objects(arn, [RECORDS_PREFIX]),
            parent=self,
        )

    def _upload(
        self, args: ModelBucketArgs, bucket: s3.Bucket, after: list[pulumi.Resource]
    ) -> s3.BucketObjectv2:
        artifact = pack(
            Path(args["model_source"]), Path(args.get("build_directory", DEFAULT_BUILD_DIRECTORY))
        )
        return s3.BucketObjectv2(
            f"{self._name}-model",
            bucket=bucket.bucket,
            key=artifact.key,
            source=pulumi.FileAsset(str(artifact.path)),
            content_type="application/gzip",
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )
