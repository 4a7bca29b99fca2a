"""`genai:model`: where the model comes from."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from settings import limits
from settings.arns import check_key_arn, check_secret_arn
from settings.field_checks import check_account, check_region
from settings.model_source import HubModel, SourceKind, check_source, hub_model, source_kind
from settings.sections.section import Section


class ModelSettings(Section):
    """`genai:model`: where the model comes from."""

    source: Annotated[str, AfterValidator(check_source)] = Field(
        description="where the model comes from: a folder of this project (packed and uploaded), an "
        "archive in S3 (s3://bucket/key.tar.gz), a prefix in S3 used uncompressed (s3://bucket/prefix/), "
        "the Hugging Face Hub at a revision (hf:org/name@revision, fetched by the container), or the ARN "
        "of a model package (AWS Marketplace, JumpStart, a model registry). A folder's content decides its key in S3, so "
        "a changed model redeploys; what is overwritten in S3 in place is not noticed, so put a changed model under another key",
        examples=["./models/storyteller"],
    )
    accept_eula: bool = Field(
        default=False,
        description="whether you accept the licence of a JumpStart model or of another account's model "
        "package; SageMaker is told so where it asks",
    )
    bucket_owner: Annotated[str, AfterValidator(check_account)] | None = Field(
        default=None,
        description="the account that owns the model's bucket, when it is not the stack's; the output "
        "model_bucket_policy is then the policy that its owner has to add",
        examples=['"123456789012"'],
    )
    bucket_region: Annotated[str, AfterValidator(check_region)] | None = Field(
        default=None,
        description="the Region of the model's bucket, so that a wrong one is told before SageMaker does",
        examples=["us-east-1"],
    )
    kms_key_arn: Annotated[str, AfterValidator(check_key_arn)] | None = Field(
        default=None,
        description="the KMS key that encrypts the model in S3; the execution role may then decrypt with it",
        examples=["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    )
    token_secret_arn: Annotated[str, AfterValidator(check_secret_arn)] | None = Field(
        default=None,
        description="the Secrets Manager secret that holds a Hugging Face token, for a model that the "
        "Hub does not give to everyone; read when the stack is deployed",
        examples=["arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-token-AbCdEf"],
    )
    parameters_billions: float | None = Field(
        default=None,
        gt=0,
        le=limits.PARAMETERS_BILLIONS,
        description="how many parameters the model has, in billions; with it, a model that is too large for "
        "the accelerators is refused",
        examples=[8],
    )
    bytes_per_parameter: float = Field(
        default=2.0,
        ge=0.25,
        le=8,
        description="memory of one parameter: 4 in float32, 2 in bfloat16, 1 in int8 or fp8, 0.5 in int4",
    )
    size_gb: float | None = Field(
        default=None,
        gt=0,
        le=limits.MODEL_GB,
        description="size of the model in S3, in GB (a local folder is measured); with it, a volume or a "
        "download timeout that is too small is refused",
        examples=[16],
    )

    @property
    def kind(self) -> SourceKind:
        """Which form `source` has."""
        return source_kind(self.source)

    @property
    def is_local_folder(self) -> bool:
        """Whether the model lies on this machine and has to be uploaded."""
        return self.kind == "folder"

    @property
    def is_in_s3(self) -> bool:
        """Whether the model is an archive or a prefix in S3 already."""
        return self.kind in {"archive", "prefix"}

    @property
    def arrives_from_s3(self) -> bool:
        """Whether SageMaker mounts the model from S3, rather than the container or a package bringing it."""
        return self.is_local_folder or self.is_in_s3

    @property
    def hub(self) -> HubModel | None:
        """The model's id and revision on the Hub, if it comes from there."""
        return hub_model(self.source) if self.kind == "hub" else None

    def folder(self, project_dir: Path) -> Path:
        """The local folder that holds the model.

        Raises:
            ValueError: the model is not on this machine.
        """
        if not self.is_local_folder:
            raise ValueError(f"{self.source} is not a local folder")
        return project_dir / self.source
