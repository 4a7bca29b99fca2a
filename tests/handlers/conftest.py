"""The function's surroundings: Lambda's environment, SageMaker on the wire, S3 by moto."""

import importlib
import os
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from handlers.clients import s3
from tests.handlers.doubles import BUCKET_NAME, ENDPOINT_NAME, MODEL_URI
from tests.handlers.wire_endpoint import WireEndpoint


@pytest.fixture(scope="session")
def wire_server() -> Iterator[WireEndpoint]:
    """One server for all tests: clients are cached, and keep the address they were made with."""
    server = WireEndpoint()
    yield server
    server.close()


@pytest.fixture
def wire(wire_server: WireEndpoint) -> Iterator[WireEndpoint]:
    """SageMaker's runtime on the wire, without a plan yet."""
    wire_server.reset()
    yield wire_server
    wire_server.reset()


@pytest.fixture(autouse=True)
def lambda_environment(monkeypatch: pytest.MonkeyPatch, wire_server: WireEndpoint) -> None:
    """What the function finds on Lambda; nothing can reach a real account."""
    for name, value in {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": wire_server.url,
        "GENAI_ENDPOINT_NAME": ENDPOINT_NAME,
        "GENAI_BUCKET_NAME": BUCKET_NAME,
        "GENAI_CONTRACT": "pipelines",
        "GENAI_MODEL_URI": MODEL_URI,
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "GENAI_MODE", "GENAI_INFERENCE_COMPONENT_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def bucket() -> Iterator[Any]:
    """moto's S3 with the function's bucket; the client to look into it."""
    with mock_aws():
        client: Any = s3()
        client.create_bucket(Bucket=BUCKET_NAME)
        yield client


@pytest.fixture
def invoke_model() -> Any:
    """The function's entry module, imported when its environment is there."""
    return importlib.import_module("handlers.invoke_model")
