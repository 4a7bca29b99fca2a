"""What stands in for AWS in these tests, and for Lambda's context."""

import io
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

from botocore.response import StreamingBody
from botocore.stub import Stubber

from handlers import generation
from handlers.async_endpoint import AsyncModelEndpoint
from handlers.async_inputs import AsyncInputs
from handlers.bucket import Bucket
from handlers.clients import (
    InvokeEndpointAsyncInput,
    InvokeEndpointAsyncOutput,
    InvokeEndpointInput,
    InvokeEndpointOutput,
    PutObjectInput,
    S3Client,
    SageMakerRuntimeClient,
    sagemaker_runtime,
)
from handlers.contracts import CONTRACTS
from handlers.deadline import Deadline
from handlers.model_endpoint import ModelEndpoint
from handlers.modes import ASYNC, REALTIME
from handlers.records import RecordStore

ENDPOINT_NAME = "genai-dev"
BUCKET_NAME = "genai-dev-records"
MODEL_URI = "s3://genai-dev-records/models/storyteller-0123abcd/model.tar.gz"
REQUEST_ID = "8f507cfc-aaaa-4697-b07a-ac58fc914c95"
RESULT_LOCATION = f"s3://{BUCKET_NAME}/async/results/b2c3.out"
FAILURE_LOCATION = f"s3://{BUCKET_NAME}/async/failures/b2c3-error.out"
NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be"
    " in-progress (if configured) or try to increase the capacity by invoking"
    " UpdateInferenceComponentRuntimeConfig API."
)
"""SageMaker's words while an inference component has no copy; source in endpoint_failures.py."""
STORY = " there was a fox."
STORY_REPLY = [
    {
        "generated_text": STORY,
        "finish_reason": "length",
        "usage": {"prompt_tokens": 4, "completion_tokens": 5},
    }
]


def event(name: str) -> Any:
    """A stored event (see events/README.md)."""
    path = Path(__file__).parent / "events" / f"{name}.json"
    return json.loads(path.read_text())


def payload(name: str) -> bytes:
    """A stored reply of a container (see payloads/README.md)."""
    return (Path(__file__).parent / "payloads" / f"{name}.json").read_bytes()


@dataclass
class FakeContext:
    """Lambda's context with a fixed time left."""

    remaining_milliseconds: int = 30_000
    aws_request_id: str = REQUEST_ID

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end this run."""
        return self.remaining_milliseconds


def invocation(remaining_milliseconds: int = 30_000) -> generation.Invocation:
    """A run of the function with a fixed time left."""
    return generation.Invocation(REQUEST_ID, Deadline(lambda: remaining_milliseconds))


class FakeBody:
    """A reply's body that is already here."""

    def __init__(self, content: bytes) -> None:
        self._rest = io.BytesIO(content)

    def read(self, amt: int | None = None) -> bytes:
        """Up to `amt` bytes."""
        return self._rest.read(amt)

    def set_socket_timeout(self, timeout: float) -> None:
        """Nothing to wait for."""


@dataclass
class FakeRuntime:
    """A SageMaker runtime client that answers every call with the same bytes, or raises."""

    answer: bytes | Exception = b"[]"
    calls: list[InvokeEndpointInput] = field(default_factory=list[InvokeEndpointInput])
    async_calls: list[InvokeEndpointAsyncInput] = field(
        default_factory=list[InvokeEndpointAsyncInput]
    )

    def invoke_endpoint(self, **call: Unpack[InvokeEndpointInput]) -> InvokeEndpointOutput:
        """Note the call and answer it."""
        self.calls.append(call)
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Body": FakeBody(self.answer), "InvokedProductionVariant": "AllTraffic"}

    def invoke_endpoint_async(
        self, **call: Unpack[InvokeEndpointAsyncInput]
    ) -> InvokeEndpointAsyncOutput:
        """Note the call and take it."""
        self.async_calls.append(call)
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"OutputLocation": RESULT_LOCATION, "FailureLocation": FAILURE_LOCATION}


@dataclass
class FakeS3:
    """An S3 client that keeps what is put, after `before` has run."""

    before: Callable[[], object] = lambda: None
    objects: dict[str, bytes] = field(default_factory=dict)

    def put_object(self, **call: Unpack[PutObjectInput]) -> object:
        """Keep an object."""
        self.before()
        self.objects[f"s3://{call['Bucket']}/{call['Key']}"] = call["Body"]
        return {}


def generator(
    runtime: SageMakerRuntimeClient, s3: S3Client, contract: str = "pipelines"
) -> generation.Generator:
    """A generator of the function's usual settings on the given clients."""
    return generation.Generator(
        contract=CONTRACTS[contract],
        mode=REALTIME,
        endpoint=ModelEndpoint(ENDPOINT_NAME, lambda _read_timeout_seconds: runtime),
        records=RecordStore(Bucket(BUCKET_NAME, lambda: s3)),
        model_uri=MODEL_URI,
    )


def async_generator(runtime: SageMakerRuntimeClient, s3: S3Client) -> generation.Generator:
    """A generator in the mode async on the given clients."""
    bucket = Bucket(BUCKET_NAME, lambda: s3)
    return generation.Generator(
        contract=CONTRACTS["pipelines"],
        mode=ASYNC,
        endpoint=AsyncModelEndpoint(
            ENDPOINT_NAME, lambda _read_timeout_seconds: runtime, AsyncInputs(bucket)
        ),
        records=RecordStore(bucket),
        model_uri=MODEL_URI,
    )


def streamed(body: bytes, variant: str = "AllTraffic") -> dict[str, object]:
    """What invoke_endpoint returns for a container's reply."""
    return {
        "Body": StreamingBody(io.BytesIO(body), len(body)),
        "ContentType": "application/json",
        "InvokedProductionVariant": variant,
    }


@contextmanager
def stubbed_runtime() -> Generator[tuple[SageMakerRuntimeClient, Any], None, None]:
    """The real client with botocore's Stubber in place of the network; all planned calls must come."""
    client = sagemaker_runtime(30)
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()
