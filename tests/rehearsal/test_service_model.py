"""Requests held against botocore's service model, as AWS's front end does."""

from typing import Any

import boto3
import pytest

from rehearsal.account.service_model import describe_violations, service_model, violations
from tests.rehearsal.tenant import IMAGE

ROLE = "arn:aws:iam::123456789012:role/service-role/execution"


def model(**more: Any) -> dict[str, Any]:
    return {
        "ModelName": "storyteller",
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"Image": IMAGE},
        **more,
    }


def configuration(**more: Any) -> dict[str, Any]:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "storyteller",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    return {"EndpointConfigName": "c", "ProductionVariants": [{**variant, **more}]}


def wrong_with_model(**more: Any) -> list[str]:
    return violations("sagemaker", "CreateModel", model(**more))


def wrong_with_variant(**more: Any) -> list[str]:
    return violations("sagemaker", "CreateEndpointConfig", configuration(**more))


def test_a_sound_request_has_nothing_wrong() -> None:
    assert wrong_with_model() == []
    assert wrong_with_variant() == []


def test_an_operation_without_input_takes_an_empty_request() -> None:
    assert violations("sts", "GetCallerIdentity", {}) == []


@pytest.mark.parametrize("name", ["a", "A-1", "x" * 63, "0"])
def test_a_name_of_letters_digits_and_hyphens_passes(name: str) -> None:
    assert wrong_with_model(ModelName=name) == []


@pytest.mark.parametrize("name", ["", "-a", "a-", "a_b", "a.b", "a b", "ä", "a\n", "a/b"])
def test_any_other_name_breaks_the_pattern(name: str) -> None:
    (wrong,) = wrong_with_model(ModelName=name)

    assert wrong.startswith(f"Value '{name}' at 'modelName' failed to satisfy constraint: ")
    assert "Member must satisfy regular expression pattern: " in wrong


def test_a_name_of_64_characters_is_too_long() -> None:
    assert wrong_with_model(ModelName="x" * 64) == [
        (
            f"Value '{'x' * 64}' at 'modelName' failed to satisfy constraint: "
            "Member must have length less than or equal to 63"
        )
    ]


def test_a_number_above_the_maximum() -> None:
    assert wrong_with_variant(VolumeSizeInGB=513) == [
        (
            "Value '513' at 'productionVariants.1.member.volumeSizeInGB' failed to satisfy constraint: "
            "Member must have value less than or equal to 512"
        )
    ]


def test_a_number_below_the_minimum() -> None:
    assert wrong_with_variant(InitialInstanceCount=0) == [
        (
            "Value '0' at 'productionVariants.1.member.initialInstanceCount' failed to satisfy "
            "constraint: Member must have value greater than or equal to 1"
        )
    ]


def test_a_list_that_is_too_short() -> None:
    request = {"EndpointConfigName": "c", "ProductionVariants": []}

    (wrong,) = violations("sagemaker", "CreateEndpointConfig", request)

    assert "Member must have length greater than or equal to 1" in wrong


def test_a_missing_member() -> None:
    assert violations("sagemaker", "CreateModel", {}) == [
        "Value at 'modelName' failed to satisfy constraint: Member must not be null"
    ]


def test_a_missing_member_deep_inside() -> None:
    request = configuration()
    del request["ProductionVariants"][0]["VariantName"]

    assert violations("sagemaker", "CreateEndpointConfig", request) == [
        (
            "Value at 'productionVariants.1.member.variantName' failed to satisfy constraint: "
            "Member must not be null"
        )
    ]


def test_a_member_that_nobody_knows() -> None:
    assert wrong_with_variant(InstanceKind="big") == [
        "Unknown member 'productionVariants.1.member.instanceKind'"
    ]


def test_a_value_outside_the_enum_is_told_some_of_the_values() -> None:
    (wrong,) = wrong_with_variant(InstanceType="ml.m5.huge")

    assert "Value 'ml.m5.huge'" in wrong
    assert "Member must satisfy enum value set: [ml.t2.medium, ml.t2.large, " in wrong
    assert wrong.endswith(" in all)]")
    assert len(wrong) < 700


@pytest.mark.parametrize(
    "instance_type",
    ["ml.g5.xlarge", "ml.g6.48xlarge", "ml.g6e.xlarge", "ml.p5.48xlarge", "ml.inf2.xlarge", "ml.c8g.large"],
)  # fmt: skip
def test_current_instance_types_pass(instance_type: str) -> None:
    assert wrong_with_variant(InstanceType=instance_type) == []


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"InitialInstanceCount": True}, "integer"),
        ({"InitialInstanceCount": 1.0}, "integer"),
        ({"InitialInstanceCount": "1"}, "integer"),
        ({"InitialVariantWeight": "1"}, "float"),
        ({"InitialVariantWeight": True}, "float"),
        ({"EnableSSMAccess": 1}, "boolean"),
        ({"ServerlessConfig": []}, "structure"),
        ({"VariantName": 7}, "string"),
    ],
)
def test_a_value_of_another_type(members: dict[str, Any], kind: str) -> None:
    (wrong,) = wrong_with_variant(**members)

    assert wrong.endswith(f"failed to satisfy constraint: Member must be a {kind}")


def test_a_whole_number_is_a_fine_weight() -> None:
    assert wrong_with_variant(InitialVariantWeight=1) == []


def test_a_map_is_checked_key_by_key() -> None:
    environment = {"FINE": "yes", "not fine": "no", "LONG": "x" * 1025}

    wrong = wrong_with_model(PrimaryContainer={"Image": IMAGE, "Environment": environment})

    assert len(wrong) == 2
    assert "Value 'not fine' at 'primaryContainer.environment.not fine.key'" in wrong[0]
    assert "Member must have length less than or equal to 1024" in wrong[1]


@pytest.mark.parametrize("value", ["", "Größe 10_a", "a.b:/=+-@ 東京 ٣", "x" * 256])
def test_tags_may_hold_any_letters(value: str) -> None:
    assert wrong_with_model(Tags=[{"Key": "Küche", "Value": value}]) == []


@pytest.mark.parametrize("value", ["no#hash", "a,b", "<tag>", "100%"])
def test_tags_may_not_hold_any_sign(value: str) -> None:
    (wrong,) = wrong_with_model(Tags=[{"Key": "k", "Value": value}])

    assert r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)" in wrong


def test_every_violation_is_told_at_once() -> None:
    wrong = wrong_with_model(ModelName="a_b", ExecutionRoleArn="nobody")

    assert describe_violations(wrong).startswith("2 validation errors detected: Value 'a_b' at ")
    assert describe_violations(wrong[:1]).startswith("1 validation error detected: Value 'a_b' at ")


@pytest.mark.parametrize("request_body", [[], "text", 3, None])
def test_a_request_that_is_no_structure(request_body: Any) -> None:
    assert violations("sagemaker", "CreateModel", request_body) == [
        "Value at '' failed to satisfy constraint: Member must be a structure"
    ]


def test_the_model_is_the_one_that_boto3_uses() -> None:
    client = boto3.client("sagemaker", region_name="us-east-1")
    ours = service_model("sagemaker").shape_for("ProductionVariantInstanceType")

    assert ours.metadata == client.meta.service_model.shape_for(ours.name).metadata
