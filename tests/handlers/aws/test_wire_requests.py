"""The requests as they go over the wire, held against those of botocore's own clients."""

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.aws import clients
from handlers.time_limit import TimeLimit
from tests.handlers.wire_endpoint import WireEndpoint, WireRequest

# What botocore adds for its makers' statistics and its own retries, and what differs with the clock.
INCIDENTAL = {
    "user-agent",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "x-amz-date",
    "authorization",
    "accept-encoding",
}
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:genai-dev-inputs"

Seen = tuple[str, str, list[tuple[str, str]], dict[str, str], bytes]


def seen(request: WireRequest, ignored: set[str]) -> Seen:
    """Method, path, query, headers and body."""
    parts = urlsplit(request.path)
    headers = request.headers
    return (
        request.method,
        parts.path,
        sorted(parse_qsl(parts.query, keep_blank_values=True)),
        {
            name.lower(): value
            for name, value in headers.items()
            if name.lower() not in INCIDENTAL | ignored
        },
        request.body,
    )


def signed_headers(request: WireRequest) -> set[str]:
    _, _, names = request.headers["authorization"].partition("SignedHeaders=")
    return set(names.partition(",")[0].split(";"))


def compare(
    wire: WireEndpoint,
    ours: Callable[[], object],
    botocores: Callable[[], Any],
    ignored: set[str] | None = None,
) -> None:
    """Both send the same, and botocore signs nothing of it that we do not."""
    wire.reset()
    wire.answers(b"", headers={"connection": "close"})
    ours()
    answer = botocores()
    if "Body" in answer:
        answer["Body"].close()
    mine, theirs = wire.requests
    assert seen(mine, ignored or set()) == seen(theirs, ignored or set())
    assert signed_headers(mine) >= signed_headers(theirs) - (ignored or set())


def botocore_client(service: str, wire: WireEndpoint) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=wire.url,
        config=Config(retries={"total_max_attempts": 1}),
    )


def limit() -> TimeLimit:
    return TimeLimit.of(5)


def test_invoke_endpoint(wire: WireEndpoint) -> None:
    theirs = botocore_client("sagemaker-runtime", wire)
    compare(
        wire,
        lambda: clients.sagemaker_runtime().invoke_endpoint(
            "genai-dev",
            b'{"inputs": "\xc3\xbc"}',
            {
                "inference-id": "id-1",
                "inference-component": "component",
                "target-variant": "blue",
                "session-id": "NEW_SESSION",
                "custom-attributes": "trace=1; a  b",
            },
            limit(),
        ),
        lambda: theirs.invoke_endpoint(
            EndpointName="genai-dev",
            Body=b'{"inputs": "\xc3\xbc"}',
            ContentType="application/json",
            Accept="application/json",
            InferenceId="id-1",
            InferenceComponentName="component",
            TargetVariant="blue",
            SessionId="NEW_SESSION",
            CustomAttributes="trace=1; a  b",
        ),
    )


def test_invoke_endpoint_with_response_stream(wire: WireEndpoint) -> None:
    theirs = botocore_client("sagemaker-runtime", wire)
    compare(
        wire,
        lambda: clients.sagemaker_runtime().invoke_endpoint_with_response_stream(
            "genai-dev", b"{}", {"inference-id": "id-1", "session-id": "s-1"}, limit()
        ),
        lambda: theirs.invoke_endpoint_with_response_stream(
            EndpointName="genai-dev",
            Body=b"{}",
            ContentType="application/json",
            Accept="application/json",
            InferenceId="id-1",
            SessionId="s-1",
        ),
    )


def test_invoke_endpoint_async(wire: WireEndpoint) -> None:
    theirs = botocore_client("sagemaker-runtime", wire)
    compare(
        wire,
        lambda: clients.sagemaker_runtime().invoke_endpoint_async(
            "genai-dev",
            "s3://bucket/async/inputs/id-1.json",
            {"inference-id": "id-1", "filename": "0a.out", "custom-attributes": "a"},
            limit(),
        ),
        lambda: theirs.invoke_endpoint_async(
            EndpointName="genai-dev",
            InputLocation="s3://bucket/async/inputs/id-1.json",
            ContentType="application/json",
            Accept="application/json",
            InferenceId="id-1",
            Filename="0a.out",
            CustomAttributes="a",
        ),
    )


KEYS = ["results/a.jsonl", "a b/ü+~*'().json", "a//b/../c/./d", "..", "%2F", "q?x=1&y#z", "/lead/"]
BUCKETS = ["genai-dev-records", "with.dots"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("bucket_name", BUCKETS)
@pytest.mark.parametrize("is_file", [False, True])
@pytest.mark.parametrize("only_if_absent", [False, True])
def test_put_object(
    wire: WireEndpoint, key: str, bucket_name: str, *, is_file: bool, only_if_absent: bool
) -> None:
    theirs = botocore_client("s3", wire)
    content = b'{"text": "a"}' * 3
    condition = {"IfNoneMatch": "*"} if only_if_absent else {}
    compare(
        wire,
        lambda: clients.s3().put(
            bucket_name,
            key,
            io.BytesIO(content) if is_file else content,
            seconds=5,
            content_type="application/jsonl",
            only_if_absent=only_if_absent,
        ),
        lambda: theirs.put_object(
            Bucket=bucket_name, Key=key, Body=content, ContentType="application/jsonl", **condition
        ),
        {"expect"},  # ours sends small bodies, and one round trip less
    )


# The server answers with no body at all, so that botocore has no checksum to look for.
UNCHECKED = {"x-amz-checksum-mode"}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("bucket_name", BUCKETS)
@pytest.mark.parametrize("version", [{}, {"VersionId": "v/1+2"}])
def test_get_object(
    wire: WireEndpoint, key: str, bucket_name: str, version: dict[str, str]
) -> None:
    theirs = botocore_client("s3", wire)
    compare(
        wire,
        lambda: clients.s3().get(bucket_name, key, seconds=5, version_id=version.get("VersionId")),
        lambda: theirs.get_object(Bucket=bucket_name, Key=key, **version),
        UNCHECKED,
    )


@pytest.mark.parametrize("key", KEYS)
def test_head_object(wire: WireEndpoint, key: str) -> None:
    theirs = botocore_client("s3", wire)
    compare(
        wire,
        lambda: clients.s3().exists("genai-dev-records", key, seconds=5),
        lambda: theirs.head_object(Bucket="genai-dev-records", Key=key),
        UNCHECKED,
    )


@pytest.mark.parametrize("bucket_name", BUCKETS)
def test_list_objects(wire: WireEndpoint, bucket_name: str) -> None:
    listing = b"<ListBucketResult></ListBucketResult>"
    wire.answers(listing)
    clients.s3().list_keys(bucket_name, "results/.parts/ü +", seconds=5)
    botocore_client("s3", wire).list_objects_v2(Bucket=bucket_name, Prefix="results/.parts/ü +")

    mine, theirs = wire.requests
    assert seen(mine, set()) == seen(theirs, set())


def test_change_message_visibility(wire: WireEndpoint) -> None:
    theirs = botocore_client("sqs", wire)
    compare(
        wire,
        lambda: clients.sqs().change_visibility(QUEUE_ARN, "handle/+=", 5, seconds=5),
        lambda: theirs.change_message_visibility(
            QueueUrl=f"{wire.url}/123456789012/genai-dev-inputs",
            ReceiptHandle="handle/+=",
            VisibilityTimeout=5,
        ),
        # Asks for error names of the protocol that SQS had before; ours has only known this one.
        {"x-amzn-query-mode"},
    )


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(key=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12))
def test_any_key_is_sent_as_botocore_sends_it(wire: WireEndpoint, key: str) -> None:
    wire.answers(b"")
    clients.s3().put("genai-dev-records", key, b"{}", seconds=5)
    assert wire.requests[-1].path == f"/genai-dev-records/{botocores_path(key)}"


def botocores_path(key: str) -> str:
    from botocore.utils import percent_encode  # noqa: PLC0415 - only used here

    return percent_encode(key, safe="/-._~")


@pytest.mark.parametrize("trace", ["Root=1-5e1b4151-43a0913a12345678;Parent=a b", None])
def test_the_trace_that_ends_endless_loops_goes_along_on_lambda(
    wire: WireEndpoint, monkeypatch: pytest.MonkeyPatch, trace: str | None
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "genai-dev-invoker")
    if trace:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    theirs = botocore_client("s3", wire)

    compare(
        wire,
        lambda: clients.s3().exists("genai-dev-records", "k", seconds=5),
        lambda: theirs.head_object(Bucket="genai-dev-records", Key="k"),
        UNCHECKED,
    )

    assert ("x-amzn-trace-id" in seen(wire.requests[0], set())[3]) == (trace is not None)
