"""One model container: a process of its own that keeps SageMaker's container contract.

The contract: `GET /ping` answers 200 once the model is loaded, `POST /invocations` answers
requests, the model lies read-only in a folder of its own, and what the process prints is its log.
"""

import http.client
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import rehearsal
from rehearsal.account.child_process import ChildProcess

CONTAINER_MODEL_DIR = "/opt/ml/model"
TRANSPORT_ERRORS = (OSError, http.client.HTTPException)
"""No connection, no answer in time, or an answer that breaks off."""
_PING_TIMEOUT_SECONDS = 2
_PING_INTERVAL_SECONDS = 0.05
_STOP_GRACE_SECONDS = 5
_PYTORCH_TOOLKIT = "rehearsal.containers.pytorch_toolkit"
_HUGGINGFACE_TOOLKIT = "rehearsal.containers.huggingface_toolkit"
OPENAI_CHAT_STAND_IN = "rehearsal.containers.openai_chat_stand_in"
LMI_STAND_IN = "rehearsal.containers.lmi_stand_in"
TGI_STAND_IN = "rehearsal.containers.tgi_stand_in"
TEI_STAND_IN = "rehearsal.containers.tei_stand_in"
STAND_INS = (OPENAI_CHAT_STAND_IN, LMI_STAND_IN, TGI_STAND_IN, TEI_STAND_IN)
"""What plays an image's contract, and neither its engine nor its model."""
# By ECR repository; the value is what plays that image here.
_HOSTS = {
    "pytorch-inference": _PYTORCH_TOOLKIT,
    "huggingface-pytorch-inference": _HUGGINGFACE_TOOLKIT,
    "vllm": OPENAI_CHAT_STAND_IN,
    "huggingface-vllm": OPENAI_CHAT_STAND_IN,
    "sglang": OPENAI_CHAT_STAND_IN,
    "huggingface-sglang": OPENAI_CHAT_STAND_IN,
    "llama-cpp": OPENAI_CHAT_STAND_IN,
    "huggingface-llamacpp": OPENAI_CHAT_STAND_IN,
    "djl-inference": LMI_STAND_IN,
    "huggingface-pytorch-tgi-inference": TGI_STAND_IN,
    "tei": TEI_STAND_IN,
    "tei-cpu": TEI_STAND_IN,
}
PLAYED_REPOSITORIES = tuple(_HOSTS)
"""The ECR repositories whose images can be run here."""

STAND_IN_REPOSITORIES = {
    "pipelines": "pytorch-inference",
    "openai-chat": "vllm",
    "lmi": "djl-inference",
    "tgi": "huggingface-pytorch-tgi-inference",
    "tei": "tei-cpu",
}
"""By contract, a repository whose images are played in it."""


class ContainerError(Exception):
    """The container could not be started, or never passed its health check."""


def repository_of(image_uri: str) -> str:
    """Return the repository in the URI of an image."""
    return image_uri.partition("/")[2].partition("@")[0].partition(":")[0]


def play_like(repository: str, other: str) -> None:
    """From now on, play the images of a repository as those of another one are played."""
    _HOSTS[repository] = _HOSTS[other]


def host_module(image_uri: str, model_dir: Path | None = None) -> str | None:
    """Return the module that plays an image, or None when nothing here does.

    An image of one's own is played over a model folder that brings its code, as if it were built on the
    inference toolkit.
    """
    repository = repository_of(image_uri)
    if repository not in _HOSTS and model_dir and (model_dir / "code/inference.py").is_file():
        return _PYTORCH_TOOLKIT
    return _HOSTS.get(repository)


class ModelContainer:
    """A running container, reached over a loopback port that only this process knows."""

    def __init__(
        self,
        module: str,
        model_dir: Path,
        working_dir: Path,
        environment: Mapping[str, str],
        write_log: Callable[[str], None],
        *,
        is_isolated: bool = False,
    ) -> None:
        """Start `module` over a model folder; `is_isolated` tells it that it has no network.

        A container's working folder is the image's: what code finds there is not what the model brings.
        """
        network = "isolated" if is_isolated else "networked"
        # The listening socket is made here and inherited, so the port is never up for grabs.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
            self._process = ChildProcess(
                # -P: the model's folder is no place to import from.
                [
                    sys.executable,
                    "-P",
                    "-m",
                    module,
                    str(listener.fileno()),
                    str(model_dir),
                    network,
                ],
                cwd=working_dir,
                env=_container_environment(model_dir, environment),
                write_line=write_log,
                stdin=subprocess.PIPE,  # closed when this process ends, which tells the container to
                pass_fds=[listener.fileno()],
            )

    def wait_until_healthy(self, timeout_seconds: float, cancelled: threading.Event) -> None:
        """Wait for the first passed ping.

        Raises:
            ContainerError: the container ended, did not answer in time, or is no longer wanted.
        """
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if self._process.exit_code is not None:
                raise ContainerError(f"the container exited with code {self._process.exit_code}")
            if self._ping(cancelled):
                return
            if cancelled.wait(_PING_INTERVAL_SECONDS):
                raise ContainerError("the account is being stopped")
        raise ContainerError(f"no answer to /ping within {timeout_seconds:g} seconds")

    @property
    def is_running(self) -> bool:
        """Whether its process has not ended."""
        return self._process.exit_code is None

    @property
    def pid(self) -> int:
        """Of the process that it runs in."""
        return self._process.pid

    def stop(self) -> None:
        """End the container, politely first."""
        self._process.end(_STOP_GRACE_SECONDS)

    def _ping(self, cancelled: threading.Event) -> bool:
        """Ask once. While the model loads, the connection waits in the socket's backlog."""
        deadline = time.monotonic() + _PING_TIMEOUT_SECONDS
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=_PING_TIMEOUT_SECONDS
        )
        try:
            connection.request("GET", "/ping")
            while not select.select([connection.sock], [], [], _PING_INTERVAL_SECONDS)[0]:
                if cancelled.is_set() or time.monotonic() > deadline:
                    return False
            return connection.getresponse().status == http.HTTPStatus.OK
        except TRANSPORT_ERRORS:
            return False
        finally:
            connection.close()


def _container_environment(model_dir: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Only what the Model registered, with the container's model folder mapped to where it lies here."""
    mapped = {
        name: value.replace(CONTAINER_MODEL_DIR, str(model_dir))
        for name, value in environment.items()
    }
    package_root = str(Path(rehearsal.__file__).resolve().parent.parent)
    return {
        **mapped,
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": package_root,
        "PYTHONDONTWRITEBYTECODE": "1",  # the model folder is read-only
        "OPENBLAS_NUM_THREADS": "1",  # products too small to share among cores only get slower
        "PYTHONUNBUFFERED": "1",
    }
