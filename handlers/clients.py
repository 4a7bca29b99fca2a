"""The two AWS clients: the only place with boto3, every timeout and retry spelled out."""

import functools
import logging
import os
from typing import NotRequired, Protocol, TypedDict, Unpack, cast

import boto3
from botocore.config import Config

from handlers.deadline import CONNECT_TIMEOUT_SECONDS

for _name in ("boto3", "botocore", "urllib3"):
    # At DEBUG these log whole requests, prompt and all; at INFO where credentials come from.
    logging.getLogger(_name).setLevel(logging.WARNING)


class ReplyBody(Protocol):
    """botocore's StreamingBody, as far as it is used."""

    def read(self, amt: int | None = None) -> bytes:
        """Up to `amt` bytes; empty at the end."""
        ...

    def set_socket_timeout(self, timeout: float) -> None:
        """Longest wait for the next bytes, in seconds."""
        ...


class InvokeEndpointInput(TypedDict):
    """What invoke_endpoint is given."""

    EndpointName: str
    Body: bytes
    ContentType: str
    Accept: str
    InferenceId: str
    InferenceComponentName: NotRequired[str]


class InvokeEndpointOutput(TypedDict):
    """What invoke_endpoint returns, as far as it is used."""

    Body: ReplyBody
    InvokedProductionVariant: str


class InvokeEndpointAsyncInput(TypedDict):
    """What invoke_endpoint_async is given."""

    EndpointName: str
    InputLocation: str
    ContentType: str
    Accept: str
    InferenceId: str


class InvokeEndpointAsyncOutput(TypedDict):
    """What invoke_endpoint_async returns, as far as it is used."""

    OutputLocation: str
    FailureLocation: NotRequired[str]


class SageMakerRuntimeClient(Protocol):
    """boto3's sagemaker-runtime client, as far as it is used."""

    def invoke_endpoint(self, **call: Unpack[InvokeEndpointInput]) -> InvokeEndpointOutput:
        """POST the body to the endpoint's container."""
        ...

    def invoke_endpoint_async(
        self, **call: Unpack[InvokeEndpointAsyncInput]
    ) -> InvokeEndpointAsyncOutput:
        """Put a payload that lies in S3 into the endpoint's queue."""
        ...


class PutObjectInput(TypedDict):
    """What put_object is given."""

    Bucket: str
    Key: str
    Body: bytes
    ContentType: str


class S3Client(Protocol):
    """boto3's s3 client, as far as it is used."""

    def put_object(self, **call: Unpack[PutObjectInput]) -> object:
        """Store an object."""
        ...


class Session(Protocol):
    """boto3's session, as far as it is used."""

    def client(self, service_name: str, *, config: Config) -> object:
        """A client for a service."""
        ...


@functools.cache
def _session() -> Session:
    # One for all clients: they share the loaded service models, which makes the second client of
    # a service cost 5 ms instead of 80.
    # boto3 by itself reads AWS_DEFAULT_REGION only; AWS_REGION is the one that Lambda documents.
    return cast("Session", boto3.Session(region_name=os.environ.get("AWS_REGION")))


@functools.lru_cache(maxsize=8)
def sagemaker_runtime(read_timeout_seconds: int) -> SageMakerRuntimeClient:
    """The client that waits `read_timeout_seconds` for a reply: botocore fixes it per client.

    It never retries: after a read timeout a second try would be a second generation.
    """
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=read_timeout_seconds,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    return cast("SageMakerRuntimeClient", _session().client("sagemaker-runtime", config=config))


@functools.cache
def s3() -> S3Client:
    """The client for the bucket: three short tries, cut off by the time left (`run_within`)."""
    config = Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )
    return cast("S3Client", _session().client("s3", config=config))
