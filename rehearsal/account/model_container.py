"""One model container: a process of its own that keeps SageMaker's container contract.

The contract: `GET /ping` answers 200 once the model is loaded, `POST /invocations` answers
requests, the model lies read-only in a folder of its own, and what the process prints is its log.
"""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import rehearsal

CONTAINER_MODEL_DIR = "/opt/ml/model"
REAL_TIME_LIMIT_SECONDS = 60  # SageMaker hosting, real time
STREAM_LIMIT_SECONDS = 480  # the same, streamed
_PING_TIMEOUT_SECONDS = 2
_PING_INTERVAL_SECONDS = 0.05
_STOP_GRACE_SECONDS = 5
_READ_SIZE = 4096
# By ECR repository; the value is what plays that image here.
_HOSTS = {
    "pytorch-inference": "rehearsal.containers.pytorch_toolkit",
    "huggingface-pytorch-inference": "rehearsal.containers.pytorch_toolkit",
    "vllm": "rehearsal.containers.vllm_stand_in",
}


class ContainerError(Exception):
    """The container could not be started, or never passed its health check."""


@dataclass(frozen=True)
class ContainerReply:
    """What the container answered; `chunks` yields the body as it arrives."""

    status: int
    content_type: str
    chunks: Iterator[bytes]


def host_module(image_uri: str) -> str | None:
    """Return the module that plays an image, or None when nothing here does."""
    repository = image_uri.partition("/")[2].partition("@")[0].partition(":")[0]
    return _HOSTS.get(repository)


class ModelContainer:
    """A running container, reached over a loopback port that only this process knows."""

    def __init__(
        self,
        module: str,
        model_dir: Path,
        environment: Mapping[str, str],
        write_log: Callable[[str], None],
    ) -> None:
        # The listening socket is made here and inherited, so the port is never up for grabs.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
            self._process = subprocess.Popen(  # noqa: S603 - our own module, our own interpreter
                [sys.executable, "-m", module, str(listener.fileno()), str(model_dir)],
                cwd=model_dir,
                env=_container_environment(model_dir, environment),
                stdin=subprocess.PIPE,  # closed when this process ends, which tells the container to
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[listener.fileno()],
                text=True,
                errors="replace",
            )
        self._reader = threading.Thread(target=self._ship_logs, args=[write_log], daemon=True)
        self._reader.start()

    def wait_until_healthy(self, timeout_seconds: float) -> None:
        """Wait for the first passed ping.

        Raises:
            ContainerError: the container ended, or did not answer in time.
        """
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self._reader.join()
                raise ContainerError(f"the container exited with code {self._process.returncode}")
            if self._ping():
                return
            time.sleep(_PING_INTERVAL_SECONDS)
        raise ContainerError(f"no answer to /ping within {timeout_seconds:g} seconds")

    @contextlib.contextmanager
    def invoke(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float
    ) -> Generator[ContainerReply]:
        """Send one request to `/invocations`.

        Raises:
            OSError: no connection, or no answer within `timeout_seconds`.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_seconds)
        try:
            connection.request("POST", "/invocations", body, dict(headers))
            reply = connection.getresponse()
            yield ContainerReply(
                reply.status,
                reply.getheader("Content-Type", "application/octet-stream"),
                iter(lambda: reply.read1(_READ_SIZE), b""),
            )
        finally:
            connection.close()

    def stop(self) -> None:
        """End the container, politely first."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._reader.join()

    def _ping(self) -> bool:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=_PING_TIMEOUT_SECONDS
        )
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _ship_logs(self, write_log: Callable[[str], None]) -> None:
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        with self._process.stdout as output:
            for line in output:
                write_log(line)


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
        "PYTHONUNBUFFERED": "1",
    }
