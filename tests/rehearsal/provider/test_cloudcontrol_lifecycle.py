"""What the real provider asks of Cloud Control and CloudFormation for our endpoint and component, in its order.

Read in hashicorp/terraform-provider-aws, internal/service/cloudcontrol, November 2026: resource.go at ecd52897a33a.
It describes the type before anything else, holds the properties against its schema, then creates and asks how the
request goes until it succeeds.
"""

import json
from typing import Any

import pytest

from tests.rehearsal.tenant import ECHO, REGION, Tenant, on_instances, poll, refusal, unique

ENDPOINT = "AWS::SageMaker::Endpoint"
COMPONENT = "AWS::SageMaker::InferenceComponent"


@pytest.fixture
def control(tenant: Tenant) -> Any:
    return tenant.client("cloudcontrol")


@pytest.fixture
def sagemaker(tenant: Tenant) -> Any:
    return tenant.client("sagemaker")


def finished(control: Any, event: dict[str, Any]) -> dict[str, Any]:
    """The event of a request once it is neither pending nor in progress."""
    assert event["OperationStatus"] == "IN_PROGRESS"

    def ended() -> dict[str, Any] | None:
        asked = control.get_resource_request_status(RequestToken=event["RequestToken"])
        found = asked["ProgressEvent"]
        return found if found["OperationStatus"] != "IN_PROGRESS" else None

    return poll(ended, "the request has ended")


def create(control: Any, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    made = control.create_resource(TypeName=kind, DesiredState=json.dumps(properties))
    return finished(control, made["ProgressEvent"])


def update(control: Any, kind: str, identifier: str, *patch: dict[str, Any]) -> dict[str, Any]:
    changed = control.update_resource(
        TypeName=kind, Identifier=identifier, PatchDocument=json.dumps(patch)
    )
    return finished(control, changed["ProgressEvent"])


def delete(control: Any, kind: str, identifier: str) -> dict[str, Any]:
    return finished(
        control, control.delete_resource(TypeName=kind, Identifier=identifier)["ProgressEvent"]
    )


def read(control: Any, kind: str, identifier: str) -> dict[str, Any]:
    found = control.get_resource(TypeName=kind, Identifier=identifier)
    return json.loads(found["ResourceDescription"]["Properties"])


def configuration(tenant: Tenant, sagemaker: Any, instance: str = "ml.m5.large") -> str:
    name = unique("configuration")
    variant = on_instances(tenant.model(ECHO), InstanceType=instance)
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    return name


def tag(key: str, value: str) -> dict[str, str]:
    return {"Key": key, "Value": value}


@pytest.mark.parametrize(
    ("kind", "fixed"),
    [
        (ENDPOINT, ["/properties/EndpointName"]),
        (
            COMPONENT,
            [f"/properties/{name}" for name in ("EndpointName", "InferenceComponentName", "VariantName")],
        ),
    ],
)  # fmt: skip
def test_a_type_is_described_with_its_schema(tenant: Tenant, kind: str, fixed: list[str]) -> None:
    found = tenant.client("cloudformation").describe_type(Type="RESOURCE", TypeName=kind)

    schema = json.loads(found["Schema"])
    member = kind.rpartition("::")[2]
    assert (found["TypeName"], found["DeprecatedStatus"]) == (kind, "LIVE")
    assert schema["typeName"] == kind
    assert schema["primaryIdentifier"] == [f"/properties/{member}Arn"]
    assert schema["createOnlyProperties"] == fixed
    assert schema["properties"]["Tags"] == {"type": "array"}
    pointed = (value for name, value in schema.items() if name.endswith("OnlyProperties"))
    every = {path.removeprefix("/properties/") for paths in pointed for path in paths}
    assert every <= schema["properties"].keys()
    by_arn = tenant.client("cloudformation").describe_type(Arn=found["Arn"])
    assert by_arn["TypeName"] == kind


def test_a_type_that_is_not_played_is_not_found(tenant: Tenant, control: Any) -> None:
    kind = "AWS::SageMaker::Pipeline"

    described = refusal(
        lambda: tenant.client("cloudformation").describe_type(Type="RESOURCE", TypeName=kind)
    )
    made = refusal(lambda: control.create_resource(TypeName=kind, DesiredState="{}"))

    assert described == ("TypeNotFoundException", f"The type '{kind}' cannot be found.")
    assert made[0] == "TypeNotFoundException"
    assert f"does not play {kind}; it plays {ENDPOINT}, {COMPONENT}" in made[1]


def test_an_endpoint_is_created_read_updated_and_gone(
    tenant: Tenant, control: Any, sagemaker: Any
) -> None:
    name, first, second = unique("Endpoint"), *(configuration(tenant, sagemaker) for _ in "12")
    wanted = {
        "EndpointName": name,
        "EndpointConfigName": first,
        "RetainAllVariantProperties": True,
        "Tags": [tag("Project", "genai"), tag("old", "1")],
    }
    made = create(control, ENDPOINT, wanted)
    arn = made["Identifier"]
    assert made["OperationStatus"] == "SUCCESS", made
    assert arn == sagemaker.describe_endpoint(EndpointName=name)["EndpointArn"]
    assert read(control, ENDPOINT, arn) == {
        "EndpointArn": arn,
        "EndpointName": name,
        "EndpointConfigName": first,
        "Tags": [tag("Project", "genai"), tag("old", "1")],
    }

    changed = update(
        control,
        ENDPOINT,
        arn,
        {"op": "replace", "path": "/EndpointConfigName", "value": second},
        {"op": "replace", "path": "/RetainAllVariantProperties", "value": False},
        {"op": "remove", "path": "/Tags/1"},
        {"op": "add", "path": "/Tags/1", "value": tag("new", "2")},
    )
    assert changed["OperationStatus"] == "SUCCESS", changed
    found = read(control, ENDPOINT, arn)
    assert found["EndpointConfigName"] == second
    assert found["Tags"] == [tag("Project", "genai"), tag("new", "2")]

    assert delete(control, ENDPOINT, arn)["OperationStatus"] == "SUCCESS"
    for ask in (control.get_resource, control.delete_resource):
        told = refusal(lambda ask=ask: ask(TypeName=ENDPOINT, Identifier=arn))
        assert told[0] == "ResourceNotFoundException"
        assert "was not found" in told[1]


def test_changed_tags_alone_do_not_update_an_endpoint(
    tenant: Tenant, control: Any, sagemaker: Any
) -> None:
    name = unique("endpoint")
    wanted = {"EndpointName": name, "EndpointConfigName": configuration(tenant, sagemaker)}
    arn = create(control, ENDPOINT, wanted)["Identifier"]
    before = sagemaker.describe_endpoint(EndpointName=name)["LastModifiedTime"]

    update(control, ENDPOINT, arn, {"op": "add", "path": "/Tags", "value": [tag("a", "b")]})

    assert read(control, ENDPOINT, arn)["Tags"] == [tag("a", "b")]
    assert sagemaker.describe_endpoint(EndpointName=name)["LastModifiedTime"] == before


@pytest.mark.parametrize(
    ("properties", "code", "told"),
    [
        ({"EndpointName": "e", "EndpointConfigName": "nowhere"}, "NotFound", "Could not find"),
        ({"EndpointName": "e"}, "InvalidRequest", "EndpointConfigName"),
        ({"EndpointName": "-", "EndpointConfigName": "c"}, "InvalidRequest", "regular expression"),
    ],
)
def test_what_sagemaker_refuses_is_a_request_that_failed(
    control: Any, properties: dict[str, Any], code: str, told: str
) -> None:
    failed = create(control, ENDPOINT, properties)

    assert (failed["OperationStatus"], failed["ErrorCode"]) == ("FAILED", code)
    assert told in failed["StatusMessage"]


def test_what_is_there_already_is_told(tenant: Tenant, control: Any, sagemaker: Any) -> None:
    wanted = {"EndpointName": unique("e"), "EndpointConfigName": configuration(tenant, sagemaker)}
    create(control, ENDPOINT, wanted)

    assert create(control, ENDPOINT, wanted)["ErrorCode"] == "AlreadyExists"


def test_requests_that_are_none_are_refused_at_once(control: Any) -> None:
    no_object = refusal(lambda: control.create_resource(TypeName=ENDPOINT, DesiredState="[]"))
    no_json = refusal(lambda: control.create_resource(TypeName=ENDPOINT, DesiredState="{"))
    no_token = refusal(lambda: control.get_resource_request_status(RequestToken="never"))
    not_played = refusal(lambda: control.list_resources(TypeName=ENDPOINT))

    assert no_object == ("ValidationException", "the desired state is no JSON object")
    assert no_json[0] == "ValidationException"
    assert no_token == ("RequestTokenNotFoundException", "no request has this token")
    assert not_played == (
        "UnsupportedActionException",
        "the local account does not play cloudcontrol:ListResources",
    )


def test_a_patch_that_does_not_fit_is_refused(tenant: Tenant, control: Any, sagemaker: Any) -> None:
    wanted = {"EndpointName": unique("e"), "EndpointConfigName": configuration(tenant, sagemaker)}
    arn = create(control, ENDPOINT, wanted)["Identifier"]
    patch = json.dumps([{"op": "remove", "path": "/Missing"}])

    told = refusal(
        lambda: control.update_resource(TypeName=ENDPOINT, Identifier=arn, PatchDocument=patch)
    )

    assert told[0] == "ValidationException"
    assert "cannot apply" in told[1]


def test_a_component_is_created_read_updated_and_gone(
    tenant: Tenant, control: Any, sagemaker: Any
) -> None:
    endpoint, configured, name = unique("endpoint"), unique("configuration"), unique("component")
    sagemaker.create_endpoint_config(
        EndpointConfigName=configured,
        ExecutionRoleArn=tenant.execution_role,
        ProductionVariants=[on_instances(None)],
    )
    sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=configured)
    poll(
        lambda: sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"] == "InService",
        "the endpoint is there",
    )
    needs = {"NumberOfCpuCoresRequired": 1, "MinMemoryRequiredInMb": 1024}
    wanted = {
        "InferenceComponentName": name,
        "EndpointName": endpoint,
        "VariantName": "AllTraffic",
        "Specification": {"ModelName": tenant.model(ECHO), "ComputeResourceRequirements": needs},
        "RuntimeConfig": {"CopyCount": 1},
        "Tags": [tag("Project", "genai")],
    }
    made = create(control, COMPONENT, wanted)
    assert made["OperationStatus"] == "SUCCESS", made
    arn = made["Identifier"]
    assert arn == f"arn:aws:sagemaker:{REGION}:123456789012:inference-component/{name}"
    found = read(control, COMPONENT, arn)
    assert found.items() >= {key: wanted[key] for key in ("EndpointName", "VariantName")}.items()
    assert found["InferenceComponentStatus"] == "InService"
    assert found["RuntimeConfig"]["CopyCount"] == 1
    assert found["Specification"]["ComputeResourceRequirements"] == needs
    assert found["Tags"] == [tag("Project", "genai")]

    more = {"op": "replace", "path": "/RuntimeConfig/CopyCount", "value": 2}
    changed = update(control, COMPONENT, arn, more)
    assert changed["OperationStatus"] == "SUCCESS", changed
    assert read(control, COMPONENT, arn)["RuntimeConfig"]["CopyCount"] == 2

    assert delete(control, COMPONENT, arn)["OperationStatus"] == "SUCCESS"
    gone = refusal(lambda: control.get_resource(TypeName=COMPONENT, Identifier=arn))
    assert gone[0] == "ResourceNotFoundException"
