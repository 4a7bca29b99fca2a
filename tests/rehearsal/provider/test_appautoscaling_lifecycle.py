"""What the real provider asks of Application Auto Scaling for our resources, in its order.

Read in hashicorp/terraform-provider-aws, internal/service/appautoscaling, November 2026 (the stored versions may be
older than the provider in use): target.go at 0105d2191ae7. What is not described is gone to it.
"""

from typing import Any

import pytest

from tests.rehearsal.tenant import ECHO, Tenant, on_instances, poll, refusal, unique

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
GONE = "ObjectNotFoundException"


@pytest.fixture
def scaling(tenant: Tenant) -> Any:
    return tenant.client("application-autoscaling")


@pytest.fixture
def variant(tenant: Tenant) -> dict[str, str]:
    sagemaker, name = tenant.client("sagemaker"), unique("endpoint")
    sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[on_instances(tenant.model(ECHO))]
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    poll(
        lambda: sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService",
        "the endpoint is there",
    )
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/AllTraffic",
        "ScalableDimension": DIMENSION,
    }


def targets(scaling: Any, variant: dict[str, str]) -> list[dict[str, Any]]:
    return scaling.describe_scalable_targets(
        ServiceNamespace="sagemaker",
        ResourceIds=[variant["ResourceId"]],
        ScalableDimension=DIMENSION,
    )["ScalableTargets"]


def test_a_target_is_registered_read_as_given_changed_and_gone(
    scaling: Any, variant: dict[str, str]
) -> None:
    scaling.register_scalable_target(**variant, MinCapacity=1, MaxCapacity=3)
    (found,) = targets(scaling, variant)
    assert found.items() >= {**variant, "MinCapacity": 1, "MaxCapacity": 3}.items()
    assert found["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")
    assert found["ScalableTargetARN"].startswith("arn:aws:application-autoscaling:")

    scaling.register_scalable_target(**variant, MinCapacity=2, MaxCapacity=4)
    (changed,) = targets(scaling, variant)
    assert (changed["MinCapacity"], changed["MaxCapacity"]) == (2, 4)
    assert changed["ScalableTargetARN"] == found["ScalableTargetARN"]

    scaling.deregister_scalable_target(**variant)
    assert targets(scaling, variant) == []
    assert refusal(lambda: scaling.deregister_scalable_target(**variant))[0] == GONE


def test_a_policy_is_put_read_as_given_changed_and_gone(
    scaling: Any, variant: dict[str, str]
) -> None:
    scaling.register_scalable_target(**variant, MinCapacity=1, MaxCapacity=3)
    named = {**variant, "PolicyName": unique("policy")}
    tracking = {
        "TargetValue": 5.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
        "ScaleInCooldown": 300,
        "ScaleOutCooldown": 60,
    }

    def policies() -> list[dict[str, Any]]:
        wanted = {**variant, "PolicyNames": [named["PolicyName"]]}
        return scaling.describe_scaling_policies(**wanted)["ScalingPolicies"]

    for target_value in (5.0, 7.5):
        given = {**tracking, "TargetValue": target_value}
        scaling.put_scaling_policy(
            **named,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=given,
        )
        (found,) = policies()
        assert found.items() >= {**named, "PolicyType": "TargetTrackingScaling"}.items()
        assert found["TargetTrackingScalingPolicyConfiguration"] == given

    scaling.delete_scaling_policy(**named)
    assert policies() == []
    assert refusal(lambda: scaling.delete_scaling_policy(**named))[0] == GONE


def test_a_scheduled_action_is_put_read_as_given_changed_and_gone(
    scaling: Any, variant: dict[str, str]
) -> None:
    scaling.register_scalable_target(**variant, MinCapacity=1, MaxCapacity=3)
    named = {**variant, "ScheduledActionName": unique("action")}
    given = {"Timezone": "Europe/Berlin", "ScalableTargetAction": {"MinCapacity": 1}}

    def actions() -> list[dict[str, Any]]:
        wanted = {**variant, "ScheduledActionNames": [named["ScheduledActionName"]]}
        return scaling.describe_scheduled_actions(**wanted)["ScheduledActions"]

    for schedule in ("cron(0 8 * * ? *)", "cron(0 9 * * ? *)"):
        scaling.put_scheduled_action(**named, Schedule=schedule, **given)
        (found,) = actions()
        assert found.items() >= {**named, **given, "Schedule": schedule}.items()

    scaling.delete_scheduled_action(**named)
    assert actions() == []
    assert refusal(lambda: scaling.delete_scheduled_action(**named))[0] == GONE
