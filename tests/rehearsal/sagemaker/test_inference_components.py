"""Inference components: models placed on an endpoint's instances, with copies that may be none."""

from typing import Any

import pytest

from tests.rehearsal.tenant import (
    ECHO,
    REGION,
    Tenant,
    allow,
    on_instances,
    poll,
    refusal,
    trust,
    unique,
)

ARN = f"arn:aws:sagemaker:{REGION}:123456789012"
SMALL = {"MinMemoryRequiredInMb": 512}
BROKEN = {"code/inference.py": "raise RuntimeError('no weights today')"}


def host(tenant: Tenant) -> str:
    """An endpoint that waits for components."""
    variant = on_instances(
        None, ManagedInstanceScaling={"Status": "ENABLED", "MinInstanceCount": 0}
    )
    return tenant.in_service(tenant.configured(variant, ExecutionRoleArn=tenant.execution_role))


def place(tenant: Tenant, endpoint: str, model: str, copies: int = 1, **more: Any) -> str:
    """Create a component and leave it at that."""
    name = unique("component")
    tenant.client("sagemaker").create_inference_component(
        InferenceComponentName=name,
        EndpointName=endpoint,
        Specification={"ModelName": model, "ComputeResourceRequirements": SMALL, **more},
        RuntimeConfig={"CopyCount": copies},
    )
    return name


def settled(tenant: Tenant, name: str) -> dict[str, Any]:
    def description() -> dict[str, Any] | None:
        found = tenant.client("sagemaker").describe_inference_component(InferenceComponentName=name)
        return None if found["InferenceComponentStatus"].endswith("ing") else found

    return poll(description, f"{name} has settled")


@pytest.fixture(scope="module")
def endpoint(tenant: Tenant) -> str:
    return host(tenant)


@pytest.fixture(scope="module")
def component(tenant: Tenant, endpoint: str) -> str:
    name = place(tenant, endpoint, tenant.model(ECHO))
    assert settled(tenant, name)["InferenceComponentStatus"] == "InService"
    return name


def test_an_endpoint_without_models_is_in_service_with_its_instances(
    tenant: Tenant, endpoint: str
) -> None:
    (variant,) = tenant.client("sagemaker").describe_endpoint(EndpointName=endpoint)[
        "ProductionVariants"
    ]

    assert (variant["VariantName"], variant["CurrentInstanceCount"]) == ("AllTraffic", 1)
    assert variant["ManagedInstanceScaling"]["MinInstanceCount"] == 0


def test_an_endpoint_without_models_needs_a_role_that_trusts_sagemaker(tenant: Tenant) -> None:
    role = tenant.role(trust("lambda"))

    found = tenant.settled(
        tenant.endpoint(tenant.configured(on_instances(None), ExecutionRoleArn=role))
    )

    assert found["EndpointStatus"] == "Failed"
    assert found["FailureReason"].startswith(f'Could not assume role "{role}".')


def test_a_component_answers_under_its_name(tenant: Tenant, endpoint: str, component: str) -> None:
    assert tenant.ask(endpoint, {"a": 1}, InferenceComponentName=component) == {"a": 1}


def test_a_component_is_described_and_listed(tenant: Tenant, endpoint: str, component: str) -> None:
    sagemaker = tenant.client("sagemaker")

    found = sagemaker.describe_inference_component(InferenceComponentName=component)
    listed = sagemaker.list_inference_components(EndpointNameEquals=endpoint)

    assert found["InferenceComponentArn"] == f"{ARN}:inference-component/{component}"
    assert found["EndpointArn"] == f"{ARN}:endpoint/{endpoint}"
    assert found["VariantName"] == "AllTraffic"
    assert found["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 1}
    assert found["Specification"]["ComputeResourceRequirements"] == SMALL
    names = [part["InferenceComponentName"] for part in listed["InferenceComponents"]]
    assert component in names
    nowhere = sagemaker.list_inference_components(EndpointNameEquals="nowhere")
    assert nowhere["InferenceComponents"] == []


def test_such_an_endpoint_is_not_invoked_without_a_component(
    tenant: Tenant, endpoint: str, component: str
) -> None:
    code, message = refusal(lambda: tenant.ask(endpoint, {}))

    assert code == "ValidationError"
    assert message.startswith("Inference Component Name header is required for endpoints")
    code, message = refusal(lambda: tenant.ask(endpoint, {}, InferenceComponentName="other"))
    assert (code, message) == (
        "ValidationError",
        f"Inference component other of endpoint {endpoint} not found.",
    )
    assert component != "other"


def test_an_endpoint_of_models_takes_no_component(tenant: Tenant) -> None:
    endpoint = tenant.serve(ECHO)

    code, message = refusal(lambda: tenant.ask(endpoint, {}, InferenceComponentName="any"))

    assert code == "ValidationError"
    assert message.startswith("Inference Component Name header is not allowed for endpoints")


def test_a_component_of_another_endpoint_does_not_answer(tenant: Tenant, component: str) -> None:
    elsewhere = host(tenant)

    code, message = refusal(lambda: tenant.ask(elsewhere, {}, InferenceComponentName=component))

    assert (code, message) == (
        "ValidationError",
        f"Inference component {component} of endpoint {elsewhere} not found.",
    )


def test_without_copies_there_is_no_capacity_until_there_is_one(
    tenant: Tenant, endpoint: str
) -> None:
    name = place(tenant, endpoint, tenant.model(ECHO), copies=0)
    assert settled(tenant, name)["RuntimeConfig"]["CurrentCopyCount"] == 0

    code, message = refusal(lambda: tenant.ask(endpoint, {}, InferenceComponentName=name))

    assert code == "ValidationError"
    assert message.startswith("Inference Component has no capacity to process this request.")
    sagemaker = tenant.client("sagemaker")
    sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": 2}
    )
    assert settled(tenant, name)["RuntimeConfig"]["CurrentCopyCount"] == 2
    assert tenant.ask(endpoint, {"b": 2}, InferenceComponentName=name) == {"b": 2}
    sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": 0}
    )
    assert settled(tenant, name)["RuntimeConfig"]["CurrentCopyCount"] == 0
    assert refusal(lambda: tenant.ask(endpoint, {}, InferenceComponentName=name))[1] == message


def test_a_changed_component_serves_another_model(tenant: Tenant, endpoint: str) -> None:
    old, new = (
        tenant.model(
            {
                "code/inference.py": (
                    "def model_fn(model_dir): ...\n"
                    f"def transform_fn(model, body, content_type, accept): return '{text!s}'\n"
                )
            }
        )
        for text in (1, 2)
    )
    name = place(tenant, endpoint, old)
    settled(tenant, name)
    assert tenant.ask(endpoint, {}, InferenceComponentName=name) == 1

    tenant.client("sagemaker").update_inference_component(
        InferenceComponentName=name,
        Specification={"ModelName": new, "ComputeResourceRequirements": SMALL},
    )

    assert settled(tenant, name)["Specification"]["ModelName"] == new
    assert tenant.ask(endpoint, {}, InferenceComponentName=name) == 2


def test_a_failed_change_leaves_the_old_model_in_service(tenant: Tenant, endpoint: str) -> None:
    old = tenant.model(ECHO)
    name = place(tenant, endpoint, old)
    settled(tenant, name)

    tenant.client("sagemaker").update_inference_component(
        InferenceComponentName=name,
        Specification={"ModelName": tenant.model(BROKEN), "ComputeResourceRequirements": SMALL},
        RuntimeConfig={"CopyCount": 3},
    )

    found = settled(tenant, name)
    assert found["InferenceComponentStatus"] == "InService"
    assert "did not pass the ping health check" in found["FailureReason"]
    assert found["Specification"]["ModelName"] == old
    assert found["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 1}
    assert tenant.ask(endpoint, {"a": 1}, InferenceComponentName=name) == {"a": 1}


def test_a_component_whose_container_fails_says_why(tenant: Tenant, endpoint: str) -> None:
    name = place(tenant, endpoint, tenant.model(BROKEN))

    found = settled(tenant, name)

    assert found["InferenceComponentStatus"] == "Failed"
    assert found["FailureReason"].startswith(
        f"The primary container for inference component {name} did not pass the ping health check."
    )
    log = tenant.log_of(f"/aws/sagemaker/InferenceComponents/{name}")
    assert any("no weights today" in line for line in log)
    code, message = refusal(
        lambda: tenant.client("sagemaker").update_inference_component_runtime_config(
            InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": 1}
        )
    )
    assert code == "ValidationException"
    assert "it can only be deleted" in message


@pytest.mark.parametrize(
    ("needs", "what"),
    [
        ({"NumberOfAcceleratorDevicesRequired": 1}, "NumberOfAcceleratorDevicesRequired is 1"),
        ({"NumberOfCpuCoresRequired": 3}, "NumberOfCpuCoresRequired is 3"),
        ({"MinMemoryRequiredInMb": 9000}, "MinMemoryRequiredInMb is 9000"),
    ],
)
def test_a_copy_that_is_larger_than_an_instance_is_not_placed(
    tenant: Tenant, endpoint: str, needs: dict[str, Any], what: str
) -> None:
    requirements = {**SMALL, **needs}
    name = place(tenant, endpoint, tenant.model(ECHO), ComputeResourceRequirements=requirements)

    found = settled(tenant, name)

    assert found["InferenceComponentStatus"] == "Failed"
    assert what in found["FailureReason"]


def test_components_are_deleted_before_their_endpoint(tenant: Tenant) -> None:
    sagemaker, endpoint = tenant.client("sagemaker"), host(tenant)
    name = place(tenant, endpoint, tenant.model(ECHO))
    settled(tenant, name)

    code, message = refusal(lambda: sagemaker.delete_endpoint(EndpointName=endpoint))

    assert code == "ValidationException"
    assert "delete its inference components first" in message
    sagemaker.delete_inference_component(InferenceComponentName=name)
    code, message = refusal(lambda: tenant.ask(endpoint, {}, InferenceComponentName=name))
    assert message == f"Inference component {name} of endpoint {endpoint} not found."
    sagemaker.delete_endpoint(EndpointName=endpoint)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"EndpointName": "nobody"}, "Could not find endpoint"),
        ({"VariantName": "other"}, "no single variant other"),
        ({"Specification": {"ComputeResourceRequirements": SMALL}}, "with a Specification of"),
    ],
)
def test_a_component_that_cannot_be_placed_is_refused_at_once(
    tenant: Tenant, endpoint: str, component: str, members: dict[str, Any], message: str
) -> None:
    specification = {"ModelName": tenant.model(ECHO), "ComputeResourceRequirements": SMALL}
    request = {
        "InferenceComponentName": unique("component"),
        "EndpointName": endpoint,
        "Specification": specification,
        "RuntimeConfig": {"CopyCount": 1},
        **members,
    }

    code, said = refusal(lambda: tenant.client("sagemaker").create_inference_component(**request))

    assert code == "ValidationException"
    assert message in said
    duplicate = {**request, "EndpointName": endpoint, "InferenceComponentName": component}
    _, said = refusal(lambda: tenant.client("sagemaker").create_inference_component(**duplicate))
    assert said.startswith("Cannot create already existing inference component")


def test_an_endpoint_of_models_has_no_place_for_a_component(tenant: Tenant) -> None:
    models = tenant.serve(ECHO)

    code, message = refusal(lambda: place(tenant, models, tenant.model(ECHO)))

    assert code == "ValidationException"
    assert "without a ModelName" in message


def test_a_failed_endpoint_has_no_place_for_a_component(tenant: Tenant) -> None:
    failed = tenant.endpoint(tenant.configuration(tenant.model(BROKEN)))
    tenant.settled(failed)

    _, message = refusal(lambda: place(tenant, failed, tenant.model(ECHO)))

    assert message.endswith("to be InService; it is Failed.")


@pytest.mark.parametrize(
    ("allowed", "missing"),
    [("endpoint", "inference-component"), ("inference-component", "endpoint")],
)
def test_a_call_needs_the_right_to_the_endpoint_and_to_the_component(
    tenant: Tenant, endpoint: str, component: str, allowed: str, missing: str
) -> None:
    names = {"endpoint": endpoint, "inference-component": component}
    arns = {kind: f"{ARN}:{kind}/{name}" for kind, name in names.items()}

    def caller(*resources: str) -> Any:
        statement = allow("sagemaker:InvokeEndpoint", list(resources))
        return tenant.client_as(tenant.role(trust("lambda"), statement), "sagemaker-runtime")

    def ask(runtime: Any) -> Any:
        return runtime.invoke_endpoint(
            EndpointName=endpoint, InferenceComponentName=component, Body="{}"
        )

    code, message = refusal(lambda: ask(caller(arns[allowed])))

    assert code == "AccessDeniedException"
    assert f"sagemaker:InvokeEndpoint on resource: {arns[missing]}" in message
    assert ask(caller(*arns.values()))["Body"].read() == b"{}"
