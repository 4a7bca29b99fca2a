"""The containers behind one endpoint, started from what lies in the account's S3.

One container stands for all instances of a variant. Everything SageMaker does on the way is done with
the execution role's credentials, so a permission that is missing there fails here.
"""

import contextlib
import random
import shutil
import tempfile
import threading
import uuid
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.account import ACCOUNT_ID
from rehearsal.account.authorization import Call
from rehearsal.account.clients import client
from rehearsal.account.log_delivery import LogDelivery
from rehearsal.account.model_artifact import ModelDataError, fetch_model
from rehearsal.account.model_container import (
    PLAYED_REPOSITORIES,
    ContainerError,
    ModelContainer,
    host_module,
)
from rehearsal.account.principals import RoleCredentials, assume_for_service, require
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
DEFAULT_STARTUP_TIMEOUT_SECONDS = 480  # SageMaker's own default: 8 minutes
_DRAIN_POLL_SECONDS = 0.05
_PULL_ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


class FleetError(Exception):
    """Why an endpoint failed, in SageMaker's words: its `FailureReason`."""


@dataclass(frozen=True)
class Site:
    """Where a fleet runs."""

    url: str
    """The account's own URL."""
    region: str
    is_closing: threading.Event
    """Set when the account stops: whatever waits should give up."""


class Variant:
    """One production variant: its container, its model folder and its log stream."""

    def __init__(self, endpoint: str, members: Members, model: Members, site: Site) -> None:
        """Start the container and wait until it is healthy.

        Raises:
            FleetError: it could not be brought into service.
        """
        self.name: str = members["VariantName"]
        self.weight: float = members.get("InitialVariantWeight", 1.0)
        self.log_group = f"/aws/sagemaker/Endpoints/{endpoint}"
        self.log_stream = f"{self.name}/i-{uuid.uuid4().hex[:17]}"
        self._site = site
        with contextlib.ExitStack() as started:
            self.container = self._start(model, started)
            self._wait_until_healthy(members)
            self._started = started.pop_all()

    @property
    def log_stream_arn(self) -> str:
        """What a ModelError points to."""
        return (
            f"arn:aws:logs:{self._site.region}:{ACCOUNT_ID}:log-group:{self.log_group}"
            f":log-stream:{self.log_stream}"
        )

    def stop(self) -> None:
        """End the container and remove its model."""
        self._started.close()

    def _start(self, model: Members, started: contextlib.ExitStack) -> ModelContainer:
        definition, role = model["PrimaryContainer"], model["ExecutionRoleArn"]
        module = host_module(definition["Image"])
        if module is None:
            raise FleetError(
                f"The image {definition['Image']} cannot be run on this machine: "
                f"the local account plays {', '.join(PLAYED_REPOSITORIES)}."
            )
        url, region = self._site.url, self._site.region
        credentials = _assume(role, region)
        _check_image_pull(role, definition["Image"], self.name)
        folder = Path(tempfile.mkdtemp(prefix="genai-model-"))
        started.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            fetch_model(definition, folder, client("s3", url, region, credentials), role, region)
        except ModelDataError as failure:
            raise FleetError(str(failure)) from failure
        logs = LogDelivery(
            lambda: client("logs", url, region, credentials),
            self.log_group,
            self.log_stream,
            create_group=True,
        )
        started.callback(logs.close)
        container = ModelContainer(module, folder, definition.get("Environment", {}), logs.write)
        started.callback(container.stop)
        return container

    def _wait_until_healthy(self, members: Members) -> None:
        timeout_seconds = members.get(
            "ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP_TIMEOUT_SECONDS
        )
        try:
            self.container.wait_until_healthy(timeout_seconds, self._site.is_closing)
        except ContainerError as failure:
            raise FleetError(
                f"The primary container for production variant {self.name} did not pass the ping "
                f"health check. Please check CloudWatch logs for this endpoint. ({failure})"
            ) from failure


class Fleet:
    """All variants of one endpoint."""

    def __init__(
        self, endpoint: str, models: dict[str, Members], variants: list[Members], site: Site
    ) -> None:
        """Start every variant, or none.

        Raises:
            FleetError: a variant could not be brought into service.
        """
        self._site = site
        self._lock = threading.Lock()
        self._in_flight = 0
        self.variants: list[Variant] = []
        try:
            for members in variants:
                model = models[members["ModelName"]]
                self.variants.append(Variant(endpoint, members, model, site))
        except BaseException:
            self.stop()
            raise

    @contextlib.contextmanager
    def serving(self) -> Generator[None]:
        """Count one request as in flight, for the length of a `with` block."""
        with self._lock:
            self._in_flight += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def choose(self, target: str | None = None) -> Variant | None:
        """Return the variant called `target`, or one by weight; None when there is no such variant."""
        if target is not None:
            return next((v for v in self.variants if v.name == target), None)
        weights = [variant.weight for variant in self.variants]
        return random.choices(self.variants, weights if any(weights) else None)[0]  # noqa: S311 - traffic split

    def retire(self) -> None:
        """End every container once the requests in flight are answered."""
        while self._in_flight and not self._site.is_closing.wait(_DRAIN_POLL_SECONDS):
            pass
        self.stop()

    def stop(self) -> None:
        """End every container."""
        for variant in self.variants:
            variant.stop()


def _assume(role: str, region: str) -> RoleCredentials:
    anything_of_ours = f"arn:aws:sagemaker:{region}:{ACCOUNT_ID}:*"  # all that hosting ever names
    try:
        return assume_for_service(role, "sagemaker.amazonaws.com", anything_of_ours)
    except AwsError as refused:
        raise FleetError(
            f'Could not assume role "{role}". Please ensure that the role exists and that its trust '
            'relationship policy allows the action "sts:AssumeRole" for the service principal '
            f'"sagemaker.amazonaws.com". ({refused.message})'
        ) from refused


def _check_image_pull(role: str, image: str, variant: str) -> None:
    registry, _, path = image.partition("/")
    account, _, rest = registry.partition(".dkr.ecr.")
    region = rest.partition(".")[0]
    repository = path.partition("@")[0].partition(":")[0]
    arn = f"arn:aws:ecr:{region}:{account}:repository/{repository}"
    try:
        require(role, Call("ecr:GetAuthorizationToken", "*"))
        for action in _PULL_ACTIONS:
            require(role, Call(action, arn))
    except AwsError as refused:
        raise FleetError(
            f"Please make sure all images included in the model for the production variant {variant} "
            "exist, and that the execution role used to create the model has permissions to access "
            f"them. ({refused.message})"
        ) from refused
