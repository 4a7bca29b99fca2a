"""One model in a container of its own, started from what lies in the account's S3.

Everything SageMaker does on the way is done with the execution role's credentials, so a permission that
is missing there fails here.
"""

import contextlib
import shutil
import tempfile
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.account import ACCOUNT_ID, ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from rehearsal.account.clients import client
from rehearsal.account.iam.authorization import Call
from rehearsal.account.iam.principals import RoleCredentials, assume_for_service, require
from rehearsal.account.log_delivery import LogDelivery
from rehearsal.account.partitions import partition_of
from rehearsal.account.sagemaker.model_artifact import ModelDataError, fetch_model, remove_model
from rehearsal.account.sagemaker.model_container import (
    PLAYED_REPOSITORIES,
    ContainerError,
    ModelContainer,
    host_module,
)
from rehearsal.account.wire_errors import AwsError

Members = dict[str, Any]
DEFAULT_STARTUP_TIMEOUT_SECONDS = 480  # SageMaker's own default: 8 minutes
READ_BY_PLATFORM = "ReadByPlatform"
"""Set in a model whose package is another account's: SageMaker reads image and data, not the role."""
_REQUIREMENTS = "code/requirements.txt"  # the toolkits' images install it before they start
_PLATFORM = RoleCredentials(ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY, "")
_PULL_ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


class FleetError(Exception):
    """Why a model is not in service, in SageMaker's words: the `FailureReason`."""


@dataclass(frozen=True)
class Site:
    """Where models run."""

    url: str
    """The account's own URL."""
    region: str
    is_closing: threading.Event
    """Set when the account stops: whatever waits should give up."""


@dataclass(frozen=True)
class Place:
    """What a model is started for."""

    described: str
    """In SageMaker's words: `production variant AllTraffic`."""
    owner: str
    """Whose logs to look at: `endpoint` or `inference component`."""
    log_group: str
    variant: str
    startup_timeout_seconds: float = DEFAULT_STARTUP_TIMEOUT_SECONDS


class ModelHost:
    """A model in service: its container, its model folder and its log streams."""

    def __init__(self, model: Members, place: Place, site: Site) -> None:
        """Start the container and wait until it is healthy.

        Raises:
            FleetError: it could not be brought into service.
        """
        self.log_group = place.log_group
        self.log_stream = f"{place.variant}/i-{uuid.uuid4().hex[:17]}"
        self._role: str = model["ExecutionRoleArn"]
        self._site = site
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._data_log: LogDelivery | None = None
        with contextlib.ExitStack() as started:
            self.container = self._start(model, place, started)
            self._wait_until_healthy(place)
            self._started = started.pop_all()

    @property
    def log_stream_arn(self) -> str:
        """What a ModelError points to."""
        return (
            f"arn:{partition_of(self._site.region)}:logs:{self._site.region}:{ACCOUNT_ID}:log-group:{self.log_group}"
            f":log-stream:{self.log_stream}"
        )

    def client(self, service: str) -> Any:
        """Return a client that acts as the execution role."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = client(
                    service, self._site.url, self._site.region, self._credentials
                )
            return self._clients[service]

    def log_data(self, line: str) -> None:
        """Write to the log of what the platform itself does with requests and replies."""
        with self._lock:
            if self._data_log is None:
                self._data_log = self._logs(f"{self.log_stream}/data-log")
                self._started.callback(self._data_log.close)
        self._data_log.write(line)

    def stop(self) -> None:
        """End the container and remove its model."""
        self._started.close()

    def _start(self, model: Members, place: Place, started: contextlib.ExitStack) -> ModelContainer:
        definition = model["PrimaryContainer"]
        if "Image" not in definition:
            raise FleetError(
                f"The local account cannot play the model package {definition['ModelPackageName']}: "
                "nobody has registered it here with CreateModelPackage."
            )
        self._credentials = assume_execution_role(self._role, self._site.region)
        is_read_by_platform = model.get(READ_BY_PLATFORM, False)
        if not is_read_by_platform:
            _check_image_pull(self._role, definition["Image"], place.described)
        s3 = self._platform_s3() if is_read_by_platform else self.client("s3")
        folder = Path(tempfile.mkdtemp(prefix="genai-model-"))
        started.callback(remove_model, folder)
        working_folder = Path(tempfile.mkdtemp(prefix="genai-container-"))
        started.callback(shutil.rmtree, working_folder, ignore_errors=True)
        try:
            fetch_model(definition, folder, s3, self._role, self._site.region)
        except ModelDataError as failure:
            raise FleetError(str(failure)) from failure
        module = host_module(definition["Image"], folder)
        if module is None:
            raise FleetError(
                f"The image {definition['Image']} cannot be run on this machine: the local account "
                f"plays {', '.join(PLAYED_REPOSITORIES)}, and any image over a code/inference.py."
            )
        logs = self._logs(self.log_stream)
        started.callback(logs.close)
        if (folder / _REQUIREMENTS).is_file():
            logs.write(
                f"The local account installs nothing: what {_REQUIREMENTS} names has to be on this machine."
            )
        container = ModelContainer(
            module,
            folder,
            working_folder,
            definition.get("Environment", {}),
            logs.write,
            is_isolated=model.get("EnableNetworkIsolation", False),
        )
        started.callback(container.stop)
        return container

    def _platform_s3(self) -> Any:
        return client("s3", self._site.url, self._site.region, _PLATFORM)

    def _logs(self, stream: str) -> LogDelivery:
        return LogDelivery(lambda: self.client("logs"), self.log_group, stream, create_group=True)

    def _wait_until_healthy(self, place: Place) -> None:
        try:
            self.container.wait_until_healthy(place.startup_timeout_seconds, self._site.is_closing)
        except ContainerError as failure:
            raise FleetError(
                f"The primary container for {place.described} did not pass the ping health check. "
                f"Please check CloudWatch logs for this {place.owner}. ({failure})"
            ) from failure


def assume_execution_role(role: str, region: str) -> RoleCredentials:
    """Return credentials of a role that SageMaker runs something under.

    Raises:
        FleetError: there is no such role, or it does not trust SageMaker.
    """
    anything_of_ours = f"arn:{partition_of(region)}:sagemaker:{region}:{ACCOUNT_ID}:*"  # all that hosting ever names
    try:
        return assume_for_service(role, "sagemaker.amazonaws.com", anything_of_ours)
    except AwsError as refused:
        raise FleetError(
            f'Could not assume role "{role}". Please ensure that the role exists and that its trust '
            'relationship policy allows the action "sts:AssumeRole" for the service principal '
            f'"sagemaker.amazonaws.com". ({refused.message})'
        ) from refused


def _check_image_pull(role: str, image: str, described: str) -> None:
    registry, _, path = image.partition("/")
    account, _, rest = registry.partition(".dkr.ecr.")
    region = rest.partition(".")[0]
    repository = path.partition("@")[0].partition(":")[0]
    arn = f"arn:{partition_of(region)}:ecr:{region}:{account}:repository/{repository}"
    try:
        require(role, Call("ecr:GetAuthorizationToken", "*"))
        for action in _PULL_ACTIONS:
            require(role, Call(action, arn))
    except AwsError as refused:
        raise FleetError(
            f"Please make sure all images included in the model for the {described} exist, and that "
            "the execution role used to create the model has permissions to access "
            f"them. ({refused.message})"
        ) from refused
