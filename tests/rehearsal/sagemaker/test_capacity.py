"""Instances, weights, copies and concurrency while an endpoint is in service."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.account.sagemaker.control import SageMaker
from rehearsal.account.wire_errors import AwsError
from tests.rehearsal.sagemaker.updates import described, saying
from tests.rehearsal.tenant import (
    ECHO,
    REGION,
    Tenant,
    allow,
    is_running,
    on_instances,
    poll,
    refusal,
    trust,
)

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
PROVISIONED = "sagemaker:variant:DesiredProvisionedConcurrency"
COPIES = "sagemaker:inference-component:DesiredCopyCount"
NOTING = {
    "code/inference.py": (
        "import os, pathlib, uuid\n"
        "def model_fn(model_dir):\n"
        "    pathlib.Path(os.environ['NOTES'], str(os.getpid())).touch()\n"
        "def transform_fn(model, body, content_type, accept): return body\n"
    )
}
"""A model that leaves a file named after each process that it was started in."""


def change(tenant: Tenant, endpoint: str, *wanted: dict[str, Any]) -> dict[str, Any]:
    tenant.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=endpoint, DesiredWeightsAndCapacities=list(wanted)
    )
    return tenant.settled(endpoint)


def counts(found: dict[str, Any]) -> list[tuple[int, int]]:
    variants = found["ProductionVariants"]
    return [(v["CurrentInstanceCount"], v["DesiredInstanceCount"]) for v in variants]


def processes(notes: Path) -> list[int]:
    return [int(note.name) for note in notes.iterdir()]


@pytest.mark.fact("§1 statuses: Updating while UpdateEndpointWeightsAndCapacities is at work")
def test_weights_and_counts_change_and_requests_follow(tenant: Tenant) -> None:
    models = [tenant.model(saying(text)) for text in ("a", "b")]
    endpoint = tenant.in_service(tenant.configuration(*models))

    found = change(
        tenant,
        endpoint,
        {"VariantName": "v0", "DesiredWeight": 0.0},
        {"VariantName": "v1", "DesiredInstanceCount": 3},
    )

    assert found["EndpointStatus"] == "InService"
    assert counts(found) == [(1, 1), (3, 3)]
    weights = [(v["CurrentWeight"], v["DesiredWeight"]) for v in found["ProductionVariants"]]
    assert weights == [(0.0, 0.0), (1.0, 1.0)]
    assert {tenant.ask(endpoint, {})["text"] for _ in range(20)} == {"b"}
    assert tenant.ask(endpoint, {}, TargetVariant="v0")["text"] == "a"
    configuration = tenant.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=found["EndpointConfigName"]
    )
    assert configuration["ProductionVariants"][1]["InitialInstanceCount"] == 1


@pytest.fixture
def bucket(tenant: Tenant) -> str:
    return tenant.bucket()


def asynchronous(tenant: Tenant, bucket: str, notes: Path) -> str:
    """An asynchronous endpoint whose model leaves notes."""
    objects = allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/*")
    role = tenant.role(trust("sagemaker"), allow(["s3:*", "ecr:*", "logs:*"], "*"), objects)
    model = tenant.model(NOTING, role, Environment={"NOTES": str(notes)})
    output = {"OutputConfig": {"S3OutputPath": f"s3://{bucket}/out"}}
    return tenant.in_service(tenant.configured(on_instances(model), AsyncInferenceConfig=output))


@pytest.mark.fact("§9 Autoscaling: an asynchronous variant can have 0 instances")
def test_without_instances_there_is_no_container_and_with_one_there_is_a_new_one(
    tenant: Tenant, bucket: str, tmp_path: Path
) -> None:
    endpoint = asynchronous(tenant, bucket, tmp_path)
    (first,) = processes(tmp_path)

    none = change(tenant, endpoint, {"VariantName": "AllTraffic", "DesiredInstanceCount": 0})
    assert counts(none) == [(0, 0)]
    poll(lambda: not is_running(first), "the container is gone")
    tenant.client("s3").put_object(Bucket=bucket, Key="in", Body=b"waits")
    location = tenant.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=endpoint, InputLocation=f"s3://{bucket}/in"
    )["OutputLocation"]
    two = change(tenant, endpoint, {"VariantName": "AllTraffic", "DesiredInstanceCount": 2})

    assert counts(two) == [(2, 2)]
    (second,) = set(processes(tmp_path)) - {first}
    assert is_running(second)
    key = location.removeprefix(f"s3://{bucket}/")
    assert poll(lambda: body(tenant, bucket, key), "what waited is answered") == b"waits"


def body(tenant: Tenant, bucket: str, key: str) -> bytes | None:
    try:
        return tenant.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError:
        return None


@pytest.mark.fact(
    "§9 Autoscaling: instances that cannot start leave the endpoint in service as it was"
)
def test_an_instance_that_does_not_start_is_given_up(
    tenant: Tenant, bucket: str, tmp_path: Path
) -> None:
    endpoint = asynchronous(tenant, bucket, tmp_path)
    change(tenant, endpoint, {"VariantName": "AllTraffic", "DesiredInstanceCount": 0})
    for note in tmp_path.iterdir():
        note.unlink()
    tmp_path.rmdir()

    found = change(tenant, endpoint, {"VariantName": "AllTraffic", "DesiredInstanceCount": 1})

    assert (found["EndpointStatus"], counts(found)) == ("InService", [(0, 0)])
    assert "did not pass the ping health check" in found["FailureReason"]
    tmp_path.mkdir()
    mended = change(tenant, endpoint, {"VariantName": "AllTraffic", "DesiredInstanceCount": 1})
    assert counts(mended) == [(1, 1)]
    assert "FailureReason" not in mended


@pytest.mark.fact("§9 Autoscaling: a real-time variant has at least 1 instance")
def test_what_a_variant_cannot_have_is_refused(tenant: Tenant) -> None:
    endpoint = tenant.serve(ECHO)

    for wanted, message in (
        (
            {"VariantName": "v0", "DesiredInstanceCount": 0},
            "DesiredInstanceCount must be at least 1",
        ),
        ({"VariantName": "v9", "DesiredInstanceCount": 1}, "Could not find variant v9"),
        (
            {"VariantName": "v0", "ServerlessUpdateConfig": {"MaxConcurrency": 2}},
            "Variant v0 is not serverless.",
        ),
    ):
        code, said = refusal(lambda wanted=wanted: change(tenant, endpoint, wanted))
        assert code == "ValidationException"
        assert message in said
    code, said = refusal(
        lambda: change(tenant, "nobody", {"VariantName": "v", "DesiredWeight": 1.0})
    )
    assert (
        said
        == f'Could not find endpoint "arn:aws:sagemaker:{REGION}:123456789012:endpoint/nobody".'
    )
    assert counts(described(tenant, endpoint)) == [(1, 1)]


# Serverless


def serverless(tenant: Tenant, **limits: int) -> str:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": tenant.model(saying("warm")),
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5, **limits},
    }
    return tenant.in_service(tenant.configured(variant))


@pytest.mark.fact("§2 Errors: ModelNotReadyException (429) while a serverless variant is cold")
def test_a_serverless_variant_is_cold_until_it_is_asked(tenant: Tenant) -> None:
    endpoint = serverless(tenant)

    code, _ = refusal(lambda: tenant.ask(endpoint, {}))

    assert code == "ModelNotReadyException"
    assert poll(lambda: answer(tenant, endpoint), "it is warm") == "warm"
    assert tenant.ask(endpoint, {})["text"] == "warm"


def answer(tenant: Tenant, endpoint: str) -> str | None:
    try:
        return tenant.ask(endpoint, {})["text"]
    except tenant.client("sagemaker-runtime").exceptions.ModelNotReadyException:
        return None


@pytest.mark.fact(
    "§1 ServerlessConfig: what is provisioned is never cold; ProvisionedConcurrency <= MaxConcurrency"
)
def test_provisioned_concurrency_keeps_it_warm_from_the_start_or_from_a_change_on(
    tenant: Tenant,
) -> None:
    provisioned, later = serverless(tenant, ProvisionedConcurrency=1), serverless(tenant)
    assert tenant.ask(provisioned, {})["text"] == "warm"

    update: dict[str, Any] = {"MaxConcurrency": 7, "ProvisionedConcurrency": 2}
    wanted = {"VariantName": "AllTraffic", "ServerlessUpdateConfig": update}
    (variant,) = change(tenant, later, wanted)["ProductionVariants"]

    assert tenant.ask(later, {})["text"] == "warm"
    assert variant["CurrentServerlessConfig"] == {"MemorySizeInMB": 2048, **update}
    for refused, message in (
        ({"ServerlessUpdateConfig": {"ProvisionedConcurrency": 8}}, "less than or equal to Max"),
        ({"DesiredInstanceCount": 1}, "is serverless and has no instances"),
    ):
        _, said = refusal(
            lambda refused=refused: change(tenant, later, {"VariantName": "AllTraffic", **refused})
        )
        assert message in said


# What scaling asks for


def register(tenant: Tenant, resource: str, dimension: str, least: int) -> None:
    tenant.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=resource,
        ScalableDimension=dimension,
        MinCapacity=least,
        MaxCapacity=5,
    )


@pytest.mark.fact(
    "§9 Autoscaling: a new minimum gives a variant instances, or provisioned concurrency"
)
def test_a_target_s_minimum_is_what_a_variant_gets(tenant: Tenant) -> None:
    endpoint, on_demand = tenant.serve(ECHO), serverless(tenant, ProvisionedConcurrency=1)

    register(tenant, f"endpoint/{endpoint}/variant/v0", INSTANCES, 3)
    register(tenant, f"endpoint/{on_demand}/variant/AllTraffic", PROVISIONED, 2)

    poll(lambda: counts(described(tenant, endpoint)) == [(3, 3)], "there are three instances")
    poll(lambda: provisioned(tenant, on_demand) == (2, 2), "two are provisioned")
    assert tenant.settled(endpoint)["EndpointStatus"] == "InService"
    assert tenant.ask(endpoint, {"a": 1}) == {"a": 1}


def provisioned(tenant: Tenant, endpoint: str) -> tuple[int, int]:
    (variant,) = described(tenant, endpoint)["ProductionVariants"]
    current, desired = variant["CurrentServerlessConfig"], variant["DesiredServerlessConfig"]
    return current["ProvisionedConcurrency"], desired["ProvisionedConcurrency"]


@pytest.mark.fact("§9 Autoscaling: a new minimum gives an inference component copies")
def test_a_target_s_minimum_is_how_many_copies_a_component_gets(tenant: Tenant) -> None:
    sagemaker, endpoint = tenant.client("sagemaker"), tenant.place_for_components()
    name = tenant.component(endpoint, copies=0)

    def copies() -> tuple[str, int]:
        found = sagemaker.describe_inference_component(InferenceComponentName=name)
        return found["InferenceComponentStatus"], found["RuntimeConfig"]["CurrentCopyCount"]

    assert copies() == ("InService", 0)
    register(tenant, f"inference-component/{name}", COPIES, 2)

    poll(lambda: copies() == ("InService", 2), "it has two copies")
    assert tenant.ask(endpoint, {"b": 2}, InferenceComponentName=name) == {"b": 2}


@pytest.mark.parametrize(
    ("resource", "dimension"),
    [
        ("endpoint/nobody/variant/v", INSTANCES),
        ("endpoint/nobody/variant/v", PROVISIONED),
        ("no-resource", INSTANCES),
        ("inference-component/nobody", COPIES),
    ],
)
def test_what_is_not_there_has_no_capacity(resource: str, dimension: str) -> None:
    sagemaker = SageMaker("http://127.0.0.1:1", REGION)

    assert sagemaker.capacity_of(resource, dimension) is None
    with pytest.raises(AwsError, match=r"Could not find|is no variant of an endpoint"):
        sagemaker.set_capacity(resource, dimension, 1)
