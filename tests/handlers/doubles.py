"""What stands in for AWS in these tests, and for Lambda's context."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Self, cast

from handlers.aws.errors import AwsError, ReadTimedOutError
from handlers.aws.s3 import S3, PutObject, StoredObject
from handlers.contracts import contract_named
from handlers.environment import Environment
from handlers.generator import Generator
from handlers.invocation import Deadline, Invocation
from handlers.storage.bucket import Bucket

if TYPE_CHECKING:
    from handlers.endpoint.model_endpoint import ModelEndpoint

ENDPOINT_NAME = "genai-dev"
BUCKET_NAME = "genai-dev-records"
MODEL_URI = "s3://genai-dev-records/models/storyteller-0123abcd/model.tar.gz"
REQUEST_ID = "8f507cfc-aaaa-4697-b07a-ac58fc914c95"
NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be"
    " in-progress (if configured) or try to increase the capacity by invoking"
    " UpdateInferenceComponentRuntimeConfig API."
)
"""SageMaker's words while an inference component has no copy; source in endpoint/failures.py."""
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


def invocation(remaining_milliseconds: int = 30_000, request_id: str = REQUEST_ID) -> Invocation:
    """A run of the function with a fixed time left."""
    return Invocation(request_id, Deadline(lambda: remaining_milliseconds))


S3Operation = Literal["put", "get", "exists", "list_keys"]


@dataclass(frozen=True)
class FakeObject:
    """One version of an object, as FakeS3 keeps it."""

    content: bytes
    version_id: str
    content_type: str

    @property
    def etag(self) -> str:
        """Differs with every version."""
        return f'"etag-{self.version_id}"'

    def stored(self) -> StoredObject:
        """The object as it is handed out."""
        body = io.BytesIO(self.content)
        return StoredObject(self.etag, self.version_id, len(self.content), body)


@dataclass(frozen=True)
class S3Call:
    """One call, as it arrived."""

    operation: S3Operation
    key: str
    seconds: float


@dataclass
class S3Fault:
    """What goes wrong with calls of one kind."""

    error: Exception
    operation: S3Operation | None = None
    """None: every operation."""
    prefix: str = ""
    times: int | None = None
    """None: always."""
    after: bool = False
    """The call takes effect, and its answer is lost."""


def s3_error(code: str, message: str = "no", status: int = 400) -> AwsError:
    """S3's refusal."""
    return AwsError(code, message, status)


@dataclass
class FakeS3(S3):
    """S3 in memory: every version of every object of every bucket, and faults as planned.

    Time does not pass: a call that would take longer than it may raises at once.
    """

    versions: dict[str, list[FakeObject]] = field(default_factory=dict[str, list[FakeObject]])
    """By S3 URI, oldest first."""
    calls: list[S3Call] = field(default_factory=list[S3Call])
    faults: list[S3Fault] = field(default_factory=list[S3Fault])
    before: Callable[[S3Call], object] = lambda _call: None
    """Runs before each call takes effect, with nothing locked: it may wait, or raise."""
    call_seconds: float = 0
    """How long each call would take."""
    connected_ahead: list[str] = field(default_factory=list[str])
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def objects(self) -> dict[str, bytes]:
        """What each S3 URI holds now."""
        return {uri: versions[-1].content for uri, versions in self.versions.items()}

    def value(self, key: str, bucket: str = BUCKET_NAME) -> Any:
        """The JSON value that an object holds now."""
        return json.loads(self.objects[f"s3://{bucket}/{key}"])

    def fail(
        self,
        error: Exception,
        operation: S3Operation | None = None,
        prefix: str = "",
        *,
        times: int | None = None,
        after: bool = False,
    ) -> None:
        """Plan a fault: see S3Fault."""
        self.faults.append(S3Fault(error, operation, prefix, times, after))

    def called(self, operation: S3Operation) -> list[str]:
        """The keys that an operation was called with, in order."""
        return [call.key for call in self.calls if call.operation == operation]

    # What handlers.aws.s3.S3 offers.

    def put(
        self,
        bucket: str,
        key: str,
        body: bytes | BinaryIO,
        *,
        seconds: float,
        content_type: str = "application/json",
        only_if_absent: bool = False,
    ) -> PutObject:
        """Keep a new version."""
        call = self._arrived("put", key, seconds)
        content = body if isinstance(body, bytes) else body.read()
        with self._lock:
            versions = self.versions.setdefault(f"s3://{bucket}/{key}", [])
            if versions and only_if_absent:
                raise AwsError("PreconditionFailed", "At least one did not hold", 412)
            versions.append(FakeObject(content, f"v{len(versions) + 1}", content_type))
            stored = PutObject(versions[-1].etag, versions[-1].version_id)
        self._fail_if_planned(call, after=True)
        return stored

    def get(
        self, bucket: str, key: str, *, seconds: float, version_id: str | None = None
    ) -> StoredObject:
        """The newest version, or the one that is asked for."""
        self._arrived("get", key, seconds)
        with self._lock:
            for version in reversed(self.versions.get(f"s3://{bucket}/{key}", [])):
                if version_id in {None, version.version_id}:
                    return version.stored()
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404)

    def exists(self, bucket: str, key: str, *, seconds: float) -> bool:
        """Whether there is an object."""
        self._arrived("exists", key, seconds)
        with self._lock:
            return bool(self.versions.get(f"s3://{bucket}/{key}"))

    def list_keys(self, bucket: str, prefix: str, *, seconds: float) -> list[str]:
        """Every key that starts so, in the order of their bytes."""
        self._arrived("list_keys", prefix, seconds)
        start = f"s3://{bucket}/"
        with self._lock:
            keys = [uri.removeprefix(start) for uri, held in self.versions.items() if held]
        return sorted((key for key in keys if key.startswith(prefix)), key=str.encode)

    def connect_ahead(self, bucket: str) -> None:
        """Note it."""
        self.connected_ahead.append(bucket)

    def _arrived(self, operation: S3Operation, key: str, seconds: float) -> S3Call:
        call = S3Call(operation, key, seconds)
        with self._lock:
            self.calls.append(call)
        self.before(call)
        if self.call_seconds > seconds:
            raise ReadTimedOutError
        self._fail_if_planned(call, after=False)
        return call

    def _fail_if_planned(self, call: S3Call, *, after: bool) -> None:
        with self._lock:
            for fault in self.faults:
                if fault.after is after and _meets(fault, call) and fault.times != 0:
                    fault.times = None if fault.times is None else fault.times - 1
                    raise fault.error


def _meets(fault: S3Fault, call: S3Call) -> bool:
    return fault.operation in {None, call.operation} and call.key.startswith(fault.prefix)


@dataclass
class FakeReply:
    """What a fake endpoint answers at once: the same members as ModelReply."""

    body: bytes
    variant: str = "AllTraffic"
    attempts: int = 1
    session_id: str | None = None
    custom_attributes: str | None = None


@dataclass
class FakeStream:
    """What a fake endpoint streams: the same members as ModelStream."""

    parts: list[bytes | Exception]
    variant: str = "AllTraffic"
    attempts: int = 1
    custom_attributes: str | None = None
    is_closed: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.is_closed = True

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            yield part


@dataclass(frozen=True)
class EndpointCall:
    """One call of the fake endpoint, as it arrived."""

    payload: bytes
    inference_id: str
    options: Any
    is_once: bool = False


@dataclass
class FakeEndpoint:
    """A model endpoint of any kind; each call gets the next answer, and the last one for ever."""

    answers: list[Any] = field(
        default_factory=lambda: [FakeReply(json.dumps(STORY_REPLY).encode())]
    )
    """FakeReply, FakeStream, QueuedRequest, or an exception to raise."""
    before: Callable[[EndpointCall], object] = lambda _call: None
    name: str = ENDPOINT_NAME
    inference_component_name: str | None = None
    calls: list[EndpointCall] = field(default_factory=list[EndpointCall])

    def invoke(
        self,
        payload: bytes,
        inference_id: str,
        options: Any,
        _deadline: Deadline,
        *,
        is_once: bool = False,
    ) -> Any:
        """Note the call and answer it."""
        call = EndpointCall(payload, inference_id, options, is_once)
        answer = self.answers[min(len(self.calls), len(self.answers) - 1)]
        self.calls.append(call)
        self.before(call)
        if isinstance(answer, Exception):
            raise answer
        return answer

    stream = invoke


def environment(**settings: Any) -> Environment:
    """The function's usual settings, but for those that are given."""
    usual: dict[str, Any] = {
        "endpoint_name": ENDPOINT_NAME,
        "bucket_name": BUCKET_NAME,
        "contract": "pipelines",
        "model_uri": MODEL_URI,
    }
    return Environment(**{**usual, **settings})


def generator(endpoint: FakeEndpoint, s3: FakeS3, **settings: Any) -> Generator:
    """A generator of the function's usual settings, but for those that are given."""
    deployed = environment(**settings)
    return Generator(
        environment=deployed,
        contract=contract_named(deployed.contract),
        endpoint=cast("ModelEndpoint", endpoint),
        bucket=Bucket(BUCKET_NAME, lambda: s3),
    )
