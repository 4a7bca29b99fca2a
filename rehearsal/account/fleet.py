"""The containers behind one endpoint, started from what lies in the account's S3.

One container stands for all instances of a variant. Everything SageMaker does on the way is done with
the execution role's credentials, so a permission that is missing there fails here.
"""

import random
import shutil
import tarfile
import tempfile
import uuid
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.authorization import Call
from rehearsal.account.clients import client
from rehearsal.account.log_delivery import LogDelivery
from rehearsal.account.model_container import ContainerError, ModelContainer, host_module
from rehearsal.account.principals import RoleCredentials, assume_for_service, require
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
DEFAULT_STARTUP_TIMEOUT_SECONDS = 480  # SageMaker's own default: 8 minutes


class FleetError(Exception):
    """Why an endpoint failed, in SageMaker's words: its `FailureReason`."""


class Variant:
    """One production variant: its container, its model folder and its log stream."""

    def __init__(
        self, endpoint: str, members: Members, model: Members, url: str, region: str
    ) -> None:
        self.name: str = members["VariantName"]
        self.weight: float = members.get("InitialVariantWeight", 1.0)
        self.log_group = f"/aws/sagemaker/Endpoints/{endpoint}"
        self.log_stream = f"{self.name}/i-{uuid.uuid4().hex[:17]}"
        container = model["PrimaryContainer"]
        role = model["ExecutionRoleArn"]
        module = host_module(container["Image"])
        if module is None:
            raise FleetError(
                f"The image {container['Image']} cannot be run on this machine: "
                "the local account plays pytorch-inference, huggingface-pytorch-inference and vllm."
            )
        credentials = _assume(role, region)
        _check_image_pull(role, container["Image"])
        self._folder = Path(tempfile.mkdtemp(prefix="genai-model-"))
        try:
            _fetch_model(
                container, self._folder, client("s3", url, region, credentials), role, region
            )
            self._logs = LogDelivery(
                lambda: client("logs", url, region, credentials),
                self.log_group,
                self.log_stream,
                create_group=True,
            )
            self.container = ModelContainer(
                module, self._folder, container.get("Environment", {}), self._logs.write
            )
            self._wait_until_healthy(members)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    @property
    def log_stream_arn(self) -> str:
        """What a ModelError points to."""
        return (
            f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:{self.log_group}"
            f":log-stream:{self.log_stream}"
        )

    def stop(self) -> None:
        """End the container and remove its model."""
        self.container.stop()
        self._logs.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait_until_healthy(self, members: Members) -> None:
        timeout_seconds = members.get(
            "ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP_TIMEOUT_SECONDS
        )
        try:
            self.container.wait_until_healthy(timeout_seconds)
        except ContainerError as failure:
            self.container.stop()
            self._logs.close()
            raise FleetError(
                f"The primary container for production variant {self.name} did not pass the ping "
                f"health check. Please check CloudWatch logs for this endpoint. ({failure})"
            ) from failure


class Fleet:
    """All variants of one endpoint."""

    def __init__(
        self,
        endpoint: str,
        models: dict[str, Members],
        variants: list[Members],
        url: str,
        region: str,
    ) -> None:
        """Start every variant, or none.

        Raises:
            FleetError: a variant could not be brought into service.
        """
        self.variants: list[Variant] = []
        try:
            for members in variants:
                model = models[members["ModelName"]]
                self.variants.append(Variant(endpoint, members, model, url, region))
        except FleetError:
            self.stop()
            raise

    def choose(self, target: str | None = None) -> Variant | None:
        """Return the variant called `target`, or one by weight; None when there is no such variant."""
        if target is not None:
            return next((v for v in self.variants if v.name == target), None)
        weights = [variant.weight for variant in self.variants]
        return random.choices(self.variants, weights if any(weights) else None)[0]  # noqa: S311 - traffic split

    def stop(self) -> None:
        """End every container."""
        for variant in self.variants:
            variant.stop()


def _assume(role: str, region: str) -> RoleCredentials:
    try:
        return assume_for_service(role, "sagemaker.amazonaws.com", region)
    except AwsError as refused:
        raise FleetError(
            f'Could not assume role "{role}". Please ensure that the role exists and that its trust '
            'relationship policy allows the action "sts:AssumeRole" for the service principal '
            f'"sagemaker.amazonaws.com". ({refused.message})'
        ) from refused


def _check_image_pull(role: str, image: str) -> None:
    registry, _, path = image.partition("/")
    account, _, rest = registry.partition(".dkr.ecr.")
    region = rest.partition(".")[0]
    repository = path.partition("@")[0].partition(":")[0]
    arn = f"arn:aws:ecr:{region}:{account}:repository/{repository}"
    try:
        require(role, Call("ecr:GetAuthorizationToken", "*"))
        require(role, Call("ecr:BatchGetImage", arn))
        require(role, Call("ecr:GetDownloadUrlForLayer", arn))
    except AwsError as refused:
        raise FleetError(
            f"The role '{role}' does not have permission to pull the image {image}. ({refused.message})"
        ) from refused


def _fetch_model(container: Members, folder: Path, s3: Any, role: str, region: str) -> None:
    source = container.get("ModelDataSource", {}).get("S3DataSource") or {
        "S3Uri": container.get("ModelDataUrl", ""),
        "S3DataType": "S3Object",
        "CompressionType": "Gzip",
    }
    uri = source["S3Uri"]
    if not uri:
        return
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        if source["S3DataType"] == "S3Prefix":
            _fetch_prefix(s3, bucket, key, folder)
        else:
            _fetch_archive(s3, bucket, key, folder)
    except (ClientError, BotoCoreError) as failure:
        raise FleetError(
            f'Could not access model data at {uri}. Please ensure that the role "{role}" exists and '
            'that it has "s3:GetObject" permission, and that the object is located in '
            f"{region}. ({failure})"
        ) from failure
    except (tarfile.TarError, OSError, EOFError) as failure:
        raise FleetError(
            f'Failed to extract model data archive from "{uri}". Please ensure that it is a valid '
            f"gzip-compressed tar archive. ({failure})"
        ) from failure
    _make_read_only(folder)


def _fetch_archive(s3: Any, bucket: str, key: str, folder: Path) -> None:
    with tempfile.TemporaryFile() as archive:
        shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=key)["Body"], archive)
        archive.seek(0)
        with tarfile.open(fileobj=archive, mode="r:gz") as members:
            members.extractall(folder, filter="data")


def _fetch_prefix(s3: Any, bucket: str, prefix: str, folder: Path) -> None:
    found = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            target = (folder / entry["Key"].removeprefix(prefix)).resolve()
            if not target.is_relative_to(folder.resolve()):
                raise OSError(f"the key {entry['Key']} would land outside the model folder")
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"], file)
            found += 1
    if not found:
        raise FleetError(f"Could not find model data at s3://{bucket}/{prefix}.")


def _make_read_only(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
