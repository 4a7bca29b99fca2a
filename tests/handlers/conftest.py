"""The function's surroundings: Lambda's environment, SageMaker on the wire, S3 and SQS by moto."""

import importlib
import os
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest

from handlers.aws import clients
from tests.handlers.names import BUCKET_NAME, ENDPOINT_NAME, MODEL_URI
from tests.handlers.wire_endpoint import WireEndpoint


@pytest.fixture(scope="session")
def wire_server() -> Iterator[WireEndpoint]:
    """One server for all tests."""
    server = WireEndpoint()
    yield server
    server.close()


@pytest.fixture
def wire(wire_server: WireEndpoint) -> Iterator[WireEndpoint]:
    """SageMaker's runtime on the wire, without a plan yet."""
    wire_server.reset()
    yield wire_server
    wire_server.reset()


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """moto as a server: the function's own client is none that moto could reach into."""
    # Takes a second to load, and few tests need it.
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - as above

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def lambda_environment(
    monkeypatch: pytest.MonkeyPatch, wire_server: WireEndpoint
) -> Iterator[None]:
    """What the function finds on Lambda; nothing can reach a real account."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "GENAI_", "_X_AMZN_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL": wire_server.url,
        "GENAI_ENDPOINT_NAME": ENDPOINT_NAME,
        "GENAI_BUCKET_NAME": BUCKET_NAME,
        "GENAI_CONTRACT": "pipelines",
        "GENAI_MODEL_URI": MODEL_URI,
    }.items():
        monkeypatch.setenv(name, value)
    yield
    _forget_clients()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, moto_url: str) -> Iterator[Any]:
    """moto's S3 with the function's bucket; a client to look into it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto_url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", moto_url)
    _forget_clients()
    client: Any = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET_NAME)
    yield client
    client.close()
    urlopen(Request(f"{moto_url}/moto-api/reset", method="POST")).close()


@pytest.fixture
def invoke_model() -> Any:
    """The function's entry module, imported when its environment is there."""
    return importlib.import_module("handlers.invoke_model")


def _forget_clients() -> None:
    """The next test finds another environment, and no connection of this one."""
    if clients.shared.cache_info().currsize:
        clients.shared()[2].close()
    for cached in (clients.sagemaker_runtime, clients.s3, clients.sqs, clients.shared):
        cached.cache_clear()
