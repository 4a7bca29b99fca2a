"""Data capture: what lies in S3 after requests."""

import base64
import json
import re
from typing import Any

import pytest

from tests.rehearsal.tenant import (
    ECHO,
    EXECUTION,
    Tenant,
    allow,
    on_instances,
    poll,
    trust,
)

WRITE = allow("s3:PutObject", "arn:aws:s3:::*/capture/*")
BOTH = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
JSON = {"CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]}}


def serve(tenant: Tenant, bucket: str, *statements: Any, **capture: Any) -> str:
    role = tenant.role(trust("sagemaker"), *EXECUTION, *statements)
    config = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{bucket}/capture/",
        "CaptureOptions": BOTH,
        **capture,
    }
    variant = on_instances(tenant.model(ECHO, role))
    return tenant.in_service(tenant.configured(variant, DataCaptureConfig=config))


def captured(tenant: Tenant, bucket: str) -> dict[str, dict[str, Any]]:
    """What lies in the bucket, by key."""
    s3 = tenant.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    bodies = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys}
    assert all(body.endswith("\n") and body.count("\n") == 1 for body in bodies.values())
    return {key: json.loads(body) for key, body in bodies.items()}


def test_a_line_is_written_as_documented(tenant: Tenant) -> None:
    bucket = tenant.bucket()
    endpoint = serve(tenant, bucket, WRITE, **JSON)

    tenant.ask(endpoint, {"a": 1}, InferenceId="request-7")

    ((key, line),) = poll(lambda: captured(tenant, bucket), "the capture is written").items()
    assert re.fullmatch(
        rf"capture/{endpoint}/AllTraffic/\d{{4}}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{{3}}-[-0-9a-f]{{36}}\.jsonl",
        key,
    )
    metadata = line.pop("eventMetadata")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", metadata["inferenceTime"])
    assert metadata["inferenceId"] == "request-7"
    assert line == {
        "captureData": {
            side: {
                "observedContentType": "application/json",
                "mode": mode,
                "data": '{"a": 1}',
                "encoding": "JSON",
            }
            for side, mode in (("endpointInput", "INPUT"), ("endpointOutput", "OUTPUT"))
        },
        "eventVersion": "0",
    }


def test_only_the_wanted_side_is_written_and_unlisted_types_in_base64(tenant: Tenant) -> None:
    bucket = tenant.bucket()
    endpoint = serve(tenant, bucket, WRITE, CaptureOptions=[{"CaptureMode": "Output"}])

    tenant.ask(endpoint, [1])

    (line,) = poll(lambda: captured(tenant, bucket), "the capture is written").values()
    assert set(line["captureData"]) == {"endpointOutput"}
    output = line["captureData"]["endpointOutput"]
    assert (output["encoding"], output["data"]) == ("BASE64", base64.b64encode(b"[1]").decode())


@pytest.mark.parametrize("capture", [{"InitialSamplingPercentage": 0}, {"EnableCapture": False}])
def test_what_is_not_sampled_is_not_written(tenant: Tenant, capture: dict[str, Any]) -> None:
    bucket, other = tenant.bucket(), tenant.bucket()
    endpoint = serve(tenant, bucket, WRITE, **capture)
    sampled = serve(tenant, other, WRITE)

    for _ in range(5):
        tenant.ask(endpoint, {})
    tenant.ask(sampled, {})

    poll(lambda: captured(tenant, other), "what came later is written")
    assert captured(tenant, bucket) == {}


def test_a_role_that_may_not_write_shows_in_the_log_and_nobody_is_harmed(tenant: Tenant) -> None:
    bucket = tenant.bucket()
    endpoint = serve(tenant, bucket)

    assert tenant.ask(endpoint, {"a": 1}) == {"a": 1}

    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    (line,) = poll(lambda: tenant.log_of(group, "/data-log"), "the endpoint's log tells")
    assert line.startswith(f"data capture could not write s3://{bucket}/capture/{endpoint}/")
    assert "is not authorized to perform: s3:PutObject" in line


def test_the_key_of_the_capture_is_used(tenant: Tenant) -> None:
    bucket, key = tenant.bucket(), "arn:aws:kms:us-east-1:123456789012:key/capture"
    endpoint = serve(tenant, bucket, WRITE, allow("kms:GenerateDataKey", key), KmsKeyId=key)
    lacking = serve(tenant, bucket, WRITE, KmsKeyId=key)

    tenant.ask(endpoint, {})
    tenant.ask(lacking, {})

    ((path, _),) = poll(lambda: captured(tenant, bucket), "the capture is written").items()
    assert tenant.client("s3").head_object(Bucket=bucket, Key=path)["SSEKMSKeyId"] == key
    group = f"/aws/sagemaker/Endpoints/{lacking}"
    (line,) = poll(lambda: tenant.log_of(group, "/data-log"), "the endpoint's log tells")
    assert f"kms:GenerateDataKey on resource: {key}" in line
