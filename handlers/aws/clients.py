"""The process's clients: one of each, on the same connections and credentials."""

import functools
import os

from handlers.aws.connections import Connections
from handlers.aws.credentials import CredentialSource
from handlers.aws.endpoints import Endpoints
from handlers.aws.s3 import S3
from handlers.aws.sagemaker_runtime import SageMakerRuntime
from handlers.aws.sqs import SQS


@functools.cache
def sagemaker_runtime() -> SageMakerRuntime:
    """The client for the endpoint."""
    return SageMakerRuntime(*shared())


@functools.cache
def s3() -> S3:
    """The client for the bucket."""
    return S3(*shared())


@functools.cache
def sqs() -> SQS:
    """The client for the queue."""
    return SQS(*shared())


@functools.cache
def shared() -> tuple[Endpoints, CredentialSource, Connections]:
    """What the clients share. Raises AwsSettingsError."""
    connections = Connections(os.environ.get("AWS_CA_BUNDLE"))
    return Endpoints(os.environ), CredentialSource(os.environ, connections), connections
