"""What SageMaker's runtime takes in a request, what it hands to the container, and what comes back."""

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from rehearsal.account import ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY
from tests.rehearsal.tenant import REGION, Tenant, on_instances, poll, refusal

# Answers with the headers that it got, and sets those that the request's body names.
MIRROR = """
import json

def model_fn(model_dir): ...

def transform_fn(model, body, content_type, accept, context):
    for name, value in json.loads(body).items(): context.set_response_header(0, name, value)
    return json.dumps(dict(context.request_headers.items()))
"""


@pytest.fixture(scope="module")
def mirror(tenant: Tenant) -> str:
    return tenant.serve({"code/inference.py": MIRROR})


@pytest.fixture(scope="module")
def queue(tenant: Tenant, mirror: str) -> str:
    """An asynchronous endpoint."""
    used = tenant.client("sagemaker").describe_endpoint(EndpointName=mirror)["EndpointConfigName"]
    found = tenant.client("sagemaker").describe_endpoint_config(EndpointConfigName=used)
    variant = on_instances(found["ProductionVariants"][0]["ModelName"])
    config = {"OutputConfig": {"S3OutputPath": f"s3://{tenant.bucket()}/async/"}}
    return tenant.in_service(tenant.configured(variant, AsyncInferenceConfig=config))


def invoke(tenant: Tenant, endpoint: str, sets: dict[str, str] | None = None, **more: Any) -> Any:
    return tenant.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body=json.dumps(sets or {}), **more
    )


def stream(tenant: Tenant, endpoint: str, sets: dict[str, str] | None = None, **more: Any) -> Any:
    return tenant.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body=json.dumps(sets or {}), **more
    )


def queued(tenant: Tenant, endpoint: str, **more: Any) -> Any:
    return tenant.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=endpoint, **{"InputLocation": "s3://bucket/key", **more}
    )


def headers_of(answer: dict[str, Any]) -> dict[str, str]:
    """What the container got, by lowered name."""
    return {name.lower(): value for name, value in json.loads(answer["Body"].read()).items()}


LONG = "x" * 1025


@pytest.mark.fact("§2 InvokeEndpoint in: the service model's bounds hold for every header")
@pytest.mark.parametrize("ask", [invoke, stream])
@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"CustomAttributes": LONG}, "'customAttributes' failed to satisfy constraint: Member must have length less than or equal to 1024"),
        ({"ContentType": LONG}, "'contentType' failed"),
        ({"Accept": LONG}, "'accept' failed"),
        ({"InferenceId": "x" * 65}, "'inferenceId' failed to satisfy constraint: Member must have length less than or equal to 64"),
        ({"TargetVariant": "a_b"}, "'targetVariant' failed"),
        ({"TargetVariant": "x" * 64}, "'targetVariant' failed"),
        ({"InferenceComponentName": "-a"}, "'inferenceComponentName' failed"),
        ({"SessionId": "a_b"}, "'sessionId' failed"),
        ({"SessionId": "x" * 257}, "'sessionId' failed"),
        ({"PrefixAwareId": "x" * 65}, "'prefixAwareId' failed"),
    ],
)  # fmt: skip
def test_a_header_that_breaks_the_service_model_is_refused(
    tenant: Tenant, mirror: str, ask: Callable[..., Any], members: dict[str, str], message: str
) -> None:
    code, said = refusal(lambda: ask(tenant, mirror, **members))

    assert code == "ValidationError"
    assert said.startswith("1 validation error detected: ")
    assert message in said


@pytest.mark.fact(
    "§2 Async in: bounds of S3OutputPathExtension, Filename, TTL, time-out and InferenceId"
)
@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"S3OutputPathExtension": "a b"}, "'s3OutputPathExtension' failed"),
        ({"S3OutputPathExtension": "s3://b/"}, "'s3OutputPathExtension' failed"),
        ({"S3OutputPathExtension": "x" * 513}, "'s3OutputPathExtension' failed"),
        ({"Filename": "x" * 33}, "'filename' failed"),
        ({"Filename": "two.dots.txt"}, "'filename' failed"),
        ({"RequestTTLSeconds": 21601}, "'requestTTLSeconds' failed to satisfy constraint: Member must have value less than or equal to 21600"),
        ({"InvocationTimeoutSeconds": 3601}, "'invocationTimeoutSeconds' failed to satisfy constraint: Member must have value less than or equal to 3600"),
        ({"CustomAttributes": LONG}, "'customAttributes' failed"),
        ({"InputLocation": f"s3://b/{LONG}"}, "'inputLocation' failed"),
    ],
)  # fmt: skip
def test_an_asynchronous_header_that_breaks_the_service_model_is_refused(
    tenant: Tenant, queue: str, members: dict[str, Any], message: str
) -> None:
    code, said = refusal(lambda: queued(tenant, queue, **members))

    assert code == "ValidationError"
    assert message in said


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X-Amzn-SageMaker-RequestTTLSeconds": "59"}, "value greater than or equal to 60"),
        ({"X-Amzn-SageMaker-RequestTTLSeconds": "soon"}, "Member must be a integer"),
        ({"X-Amzn-SageMaker-InvocationTimeoutSeconds": "0"}, "value greater than or equal to 1"),
        ({"X-Amzn-SageMaker-Inference-Id": "i-ü"}, "regular expression pattern"),
    ],
)
def test_what_boto3_would_not_send_is_refused_too(
    tenant: Tenant, queue: str, headers: dict[str, str], message: str
) -> None:
    location = {"X-Amzn-SageMaker-InputLocation": "s3://bucket/key"}

    status, answer = post(tenant, f"/endpoints/{queue}/async-invocations", {**location, **headers})

    assert status == 400
    assert message in answer["Message"]


def post(
    tenant: Tenant, path: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, Any]]:
    """Send a signed request without boto3's own checks; JSON comes back."""
    request = AWSRequest("POST", f"{tenant.url}{path}", data=body)
    keys = Credentials(ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY)
    SigV4Auth(keys, "sagemaker", REGION).add_auth(request)
    connection = http.client.HTTPConnection(urlsplit(tenant.url).netloc, timeout=10)
    try:
        connection.request("POST", path, body, {**dict(request.headers.items()), **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"TargetModel": "a.tar.gz"}, "endpoints of several models: leave TargetModel out"),
        ({"TargetContainerHostname": "second"}, "endpoints of several containers: leave TargetContainerHostname out"),
        ({"EnableExplanations": "true"}, "explanations by SageMaker Clarify: leave EnableExplanations out"),
    ],
)  # fmt: skip
def test_what_is_not_played_is_refused_in_clear_words(
    tenant: Tenant, mirror: str, members: dict[str, Any], what: str
) -> None:
    assert refusal(lambda: invoke(tenant, mirror, **members)) == (
        "ValidationError",
        f"The local account does not play {what}.",
    )


# To the container


@pytest.mark.fact(
    "§2 Headers: SageMaker's own reach the container, all other client headers are stripped"
)
def test_the_container_gets_sagemakers_headers_and_no_others(tenant: Tenant, mirror: str) -> None:
    sent = {
        "X-Amzn-SageMaker-Custom-Attributes": "trace=1",
        "X-Amzn-SageMaker-Inference-Id": "i-1",
        "X-Amzn-SageMaker-Session-Id": "NEW_SESSION",
        "X-Amzn-SageMaker-Target-Variant": "v0",
        "X-Amzn-SageMaker-Unknown": "1",
        "Content-Type": "application/json",
        "Accept": "text/plain",
        "Cookie": "secret=1",
        "User-Agent": "mine",
        "X-Forwarded-For": "10.0.0.1",
    }

    status, got = post(tenant, f"/endpoints/{mirror}/invocations", sent, b"{}")

    assert status == 200
    transport = {"Host", "Accept-Encoding", "Content-Length"}
    assert {name: value for name, value in got.items() if name not in transport} == {
        "X-Amzn-SageMaker-Custom-Attributes": "trace=1",
        "X-Amzn-SageMaker-Inference-Id": "i-1",
        "X-Amzn-SageMaker-Session-Id": "NEW_SESSION",
        "X-Amzn-SageMaker-Target-Variant": "v0",
        "Content-Type": "application/json",
        "Accept": "text/plain",
    }


@pytest.mark.fact("§2 ResponseStream in: Accept travels as X-Amzn-SageMaker-Accept")
def test_a_stream_names_what_it_accepts_in_a_header_of_its_own(tenant: Tenant, mirror: str) -> None:
    answer = stream(tenant, mirror, Accept="application/jsonlines", ContentType="application/json")

    got = json.loads(b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"]))

    assert got["Accept"] == "application/jsonlines"
    assert answer["ContentType"] == "application/jsonlines"
    assert "X-Amzn-SageMaker-Accept" not in got


# And back


@pytest.mark.fact("§2 CustomAttributes come back only if the container sets them")
def test_custom_attributes_come_back_only_if_the_container_sets_them(
    tenant: Tenant, mirror: str
) -> None:
    silent = invoke(tenant, mirror, CustomAttributes="trace=1")
    talking = invoke(tenant, mirror, {"X-Amzn-SageMaker-Custom-Attributes": "seen=1"})
    streamed = stream(tenant, mirror, {"X-Amzn-SageMaker-Custom-Attributes": "seen=2"})
    streamed["Body"].close()

    assert "CustomAttributes" not in silent
    assert talking["CustomAttributes"] == "seen=1"
    assert streamed["CustomAttributes"] == "seen=2"


def test_other_headers_of_the_container_do_not_come_back(tenant: Tenant, mirror: str) -> None:
    answer = invoke(tenant, mirror, {"Set-Cookie": "a=b", "X-Mine": "1"})

    names = {name.lower() for name in answer["ResponseMetadata"]["HTTPHeaders"]}
    assert not names & {"set-cookie", "x-mine"}


@pytest.mark.fact(
    "§2 Out: NewSessionId (`ID; Expires=…Z`) and ClosedSessionId, as the container sets them"
)
def test_sessions_are_the_containers_to_open_and_close(tenant: Tenant, mirror: str) -> None:
    session = "s-1; Expires=2026-11-25T12:00:00Z"

    opened = invoke(
        tenant, mirror, {"X-Amzn-SageMaker-New-Session-Id": session}, SessionId="NEW_SESSION"
    )
    closed = invoke(tenant, mirror, {"X-Amzn-SageMaker-Closed-Session-Id": "s-1"}, SessionId="s-1")
    neither = invoke(tenant, mirror, SessionId="NEW_SESSION")

    assert (opened["NewSessionId"], closed["ClosedSessionId"]) == (session, "s-1")
    assert headers_of(opened)["x-amzn-sagemaker-session-id"] == "NEW_SESSION"
    assert not {"NewSessionId", "ClosedSessionId"} & neither.keys()


@pytest.mark.fact("§2 ResponseStream in: no NEW_SESSION")
def test_a_stream_opens_no_session(tenant: Tenant, mirror: str) -> None:
    code, message = refusal(lambda: stream(tenant, mirror, SessionId="NEW_SESSION"))

    assert code == "ValidationError"
    assert "'sessionId' failed to satisfy constraint" in message


# Endpoints that cannot answer


@pytest.mark.fact(
    "§2 Errors: an endpoint that does not answer yet or any more is a ValidationError (400)"
)
def test_an_endpoint_that_is_not_in_service_says_its_state(tenant: Tenant, tmp_path: Any) -> None:
    gate = tmp_path / "gate"
    code = (
        "import os, time\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        "raise RuntimeError('no weights today')\n"
    )
    endpoint = tenant.endpoint(tenant.configuration(tenant.model({"code/inference.py": code})))
    said = f"Endpoint {endpoint} of account 123456789012 is in state"

    creating = refusal(lambda: invoke(tenant, endpoint))
    gate.touch()
    poll(lambda: tenant.settled(endpoint)["EndpointStatus"] == "Failed", "it has failed")
    failed = refusal(lambda: invoke(tenant, endpoint))

    assert creating == ("ValidationError", f"{said} Creating and cannot be invoked.")
    assert failed == ("ValidationError", f"{said} Failed and cannot be invoked.")
