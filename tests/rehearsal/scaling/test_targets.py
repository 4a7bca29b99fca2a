"""Application Auto Scaling for SageMaker, as boto3 sees it."""

from typing import Any

import pytest

from tests.rehearsal.tenant import ECHO, Tenant, on_instances, refusal

INSTANCES = "sagemaker:variant:DesiredInstanceCount"
PROVISIONED = "sagemaker:variant:DesiredProvisionedConcurrency"
COPIES = "sagemaker:inference-component:DesiredCopyCount"
NAMESPACE = {"ServiceNamespace": "sagemaker"}
ASYNC = {"OutputConfig": {"S3OutputPath": "s3://bucket/async/results/"}}
STEP = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
    "Cooldown": 300,
}


class Scaled:
    """One resource and dimension."""

    def __init__(self, tenant: Tenant, resource_id: str, dimension: str) -> None:
        self.client = tenant.client("application-autoscaling")
        self.resource = {"ResourceId": resource_id, "ScalableDimension": dimension, **NAMESPACE}

    def register(self, least: int, most: int, **more: Any) -> Any:
        return self.client.register_scalable_target(
            **self.resource, MinCapacity=least, MaxCapacity=most, **more
        )

    def track(self, metric: str, **more: Any) -> Any:
        tracking = {
            "TargetValue": 5.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
            **more,
        }
        return self.client.put_scaling_policy(
            **self.resource,
            PolicyName="load",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=tracking,
        )

    def invalid(self, action: Any) -> str:
        code, message = refusal(action)
        assert code == "ValidationException"
        return message


@pytest.fixture(scope="module")
def variant(tenant: Tenant) -> str:
    endpoint = tenant.in_service(tenant.configured(on_instances(tenant.model(ECHO))))
    return f"endpoint/{endpoint}/variant/AllTraffic"


@pytest.fixture
def instances(tenant: Tenant, variant: str) -> Scaled:
    return Scaled(tenant, variant, INSTANCES)


@pytest.fixture(scope="module")
def provisioned(tenant: Tenant) -> Scaled:
    limits = {"MemorySizeInMB": 1024, "MaxConcurrency": 2, "ProvisionedConcurrency": 1}
    serverless = {
        "VariantName": "AllTraffic",
        "ModelName": tenant.model(ECHO),
        "ServerlessConfig": limits,
    }
    endpoint = tenant.in_service(tenant.configured(serverless))
    return Scaled(tenant, f"endpoint/{endpoint}/variant/AllTraffic", PROVISIONED)


@pytest.fixture(scope="module")
def queue(tenant: Tenant) -> Scaled:
    variant = on_instances(tenant.model(ECHO))
    endpoint = tenant.in_service(tenant.configured(variant, AsyncInferenceConfig=ASYNC))
    return Scaled(tenant, f"endpoint/{endpoint}/variant/AllTraffic", INSTANCES)


@pytest.fixture(scope="module")
def copies(tenant: Tenant) -> Scaled:
    name = tenant.component(tenant.place_for_components())
    return Scaled(tenant, f"inference-component/{name}", COPIES)


def test_a_target_is_described_as_it_was_registered(instances: Scaled, variant: str) -> None:
    arn = instances.register(1, 3)["ScalableTargetARN"]

    (found,) = instances.client.describe_scalable_targets(**NAMESPACE, ResourceIds=[variant])[
        "ScalableTargets"
    ]

    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 3)
    assert found["ScalableTargetARN"] == arn
    assert found["RoleARN"].endswith("AutoScaling_SageMakerEndpoint")
    assert instances.register(2, 4)["ScalableTargetARN"] == arn


def test_every_dimension_of_sagemaker_is_played_with_its_own_metrics(
    instances: Scaled, provisioned: Scaled, copies: Scaled
) -> None:
    metrics = {
        "SageMakerVariantInvocationsPerInstance": instances,
        "SageMakerVariantConcurrentRequestsPerModelHighResolution": instances,
        "SageMakerVariantProvisionedConcurrencyUtilization": provisioned,
        "SageMakerInferenceComponentInvocationsPerCopy": copies,
        "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution": copies,
    }
    for metric, scaled in metrics.items():
        scaled.register(1, 2)
        assert ":policyName/load" in scaled.track(metric)["PolicyARN"]
        for other in {instances, provisioned, copies} - {scaled}:
            other.register(1, 2)
            message = other.invalid(lambda o=other, m=metric: o.track(m))
            assert message.startswith(f"The predefined metric {metric} cannot be used for ")


def test_only_a_queue_and_copies_can_be_none(
    instances: Scaled, provisioned: Scaled, copies: Scaled, queue: Scaled
) -> None:
    for scaled in (instances, provisioned):
        message = scaled.invalid(lambda s=scaled: s.register(0, 2))
        assert message.startswith("Minimum capacity cannot be less than 1 for ")
    for scaled in (copies, queue):
        assert scaled.register(0, 2)["ScalableTargetARN"]


@pytest.mark.parametrize(
    ("resource_id", "dimension", "message"),
    [
        ("endpoint/nobody/variant/AllTraffic", INSTANCES, "Endpoint variant does not exist: "),
        ("{variant}x", INSTANCES, "Endpoint variant does not exist: "),
        ("endpoint/nobody", INSTANCES, "Endpoint variant does not exist: "),
        ("{variant}", PROVISIONED, "The variant {variant} has no dimension "),
        ("inference-component/nobody", COPIES, "Inference component does not exist: "),
        ("{variant}", COPIES, "Inference component does not exist: "),
        ("{variant}", "sagemaker:variant:Size", "Member must satisfy enum value set"),
    ],
)
def test_a_target_must_name_what_is_there(
    tenant: Tenant, variant: str, resource_id: str, dimension: str, message: str
) -> None:
    scaled = Scaled(tenant, resource_id.format(variant=variant), dimension)

    said = scaled.invalid(lambda: scaled.register(1, 2))

    assert message.format(variant=variant) in said


def test_capacities_make_sense_together(instances: Scaled) -> None:
    message = instances.invalid(lambda: instances.register(3, 2))

    assert message == "Maximum capacity cannot be less than minimum capacity"


def test_burstable_instances_and_unprovisioned_concurrency_cannot_be_scaled(
    tenant: Tenant,
) -> None:
    model = tenant.model(ECHO)
    burstable = {**on_instances(model), "InstanceType": "ml.t2.medium"}
    on_demand = {
        "VariantName": "AllTraffic",
        "ModelName": model,
        "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 2},
    }
    for variant, dimension, message in (
        (burstable, INSTANCES, "Instances of type ml.t2.medium cannot be scaled."),
        (on_demand, PROVISIONED, "has no provisioned concurrency to scale."),
    ):
        endpoint = tenant.in_service(tenant.configured(variant))
        scaled = Scaled(tenant, f"endpoint/{endpoint}/variant/AllTraffic", dimension)
        assert scaled.invalid(lambda s=scaled: s.register(1, 2)).endswith(message)


def test_a_policy_and_a_schedule_need_a_target(tenant: Tenant, queue: Scaled) -> None:
    nobody = Scaled(tenant, "endpoint/nobody/variant/AllTraffic", INSTANCES)

    for action in (
        lambda: nobody.track("SageMakerVariantInvocationsPerInstance"),
        lambda: nobody.client.put_scheduled_action(
            **nobody.resource, ScheduledActionName="night", Schedule="rate(1 hour)"
        ),
        lambda: nobody.client.deregister_scalable_target(**nobody.resource),
    ):
        code, message = refusal(action)
        assert code == "ObjectNotFoundException"
        assert "endpoint/nobody/variant/AllTraffic" in message
    assert queue.register(0, 1)


def test_a_step_policy_wakes_a_queue(queue: Scaled) -> None:
    queue.register(0, 2)
    request = {**queue.resource, "PolicyName": "wake", "PolicyType": "StepScaling"}

    arn = queue.client.put_scaling_policy(**request, StepScalingPolicyConfiguration=STEP)

    (found,) = queue.client.describe_scaling_policies(**NAMESPACE, PolicyNames=["wake"])[
        "ScalingPolicies"
    ]
    assert found["PolicyARN"] == arn["PolicyARN"]
    assert found["StepScalingPolicyConfiguration"] == STEP
    without = {key: value for key, value in STEP.items() if key != "AdjustmentType"}
    message = queue.invalid(
        lambda: queue.client.put_scaling_policy(**request, StepScalingPolicyConfiguration=without)
    )
    assert message == "A step scaling policy needs an AdjustmentType and StepAdjustments."
    message = queue.invalid(lambda: queue.client.put_scaling_policy(**request))
    assert message.endswith("only with its own configuration: StepScalingPolicyConfiguration.")


def test_a_target_follows_exactly_one_metric(instances: Scaled) -> None:
    instances.register(1, 2)
    customized = {"MetricName": "CPUUtilization", "Namespace": "n", "Statistic": "Average"}

    message = instances.invalid(
        lambda: instances.track(
            "SageMakerVariantInvocationsPerInstance", CustomizedMetricSpecification=customized
        )
    )

    assert message.startswith("Exactly one of PredefinedMetricSpecification and Customized")


def test_a_schedule_is_kept_and_checked(instances: Scaled) -> None:
    instances.register(1, 2)
    night = {
        **instances.resource,
        "ScheduledActionName": "night",
        "Schedule": "cron(0 20 ? * MON-FRI *)",
        "Timezone": "Europe/Berlin",
        "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 1},
    }
    client = instances.client

    client.put_scheduled_action(**night)

    (found,) = client.describe_scheduled_actions(**NAMESPACE, ScheduledActionNames=["night"])[
        "ScheduledActions"
    ]
    assert found["Timezone"] == "Europe/Berlin"
    assert found["ScalableTargetAction"] == {"MinCapacity": 1, "MaxCapacity": 1}
    for change, message in (
        ({"Schedule": "at night"}, "The schedule at night is no at, rate or cron expression."),
        (
            {"ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 1}},
            "Maximum capacity cannot be less than minimum capacity",
        ),
    ):
        wrong = {**night, **change}
        assert instances.invalid(lambda r=wrong: client.put_scheduled_action(**r)) == message
    new = {**night, "ScheduledActionName": "new"}
    for missing, message in (
        ("Schedule", "Schedule is required for a new scheduled action."),
        ("ScalableTargetAction", "ScalableTargetAction needs MinCapacity or MaxCapacity."),
    ):
        partial = {key: value for key, value in new.items() if key != missing}
        assert instances.invalid(lambda r=partial: client.put_scheduled_action(**r)) == message


def test_what_is_deregistered_takes_its_policies_and_schedules_along(tenant: Tenant) -> None:
    endpoint = tenant.in_service(tenant.configured(on_instances(tenant.model(ECHO))))
    scaled = Scaled(tenant, f"endpoint/{endpoint}/variant/AllTraffic", INSTANCES)
    scaled.register(1, 2)
    scaled.track("SageMakerVariantInvocationsPerInstance")
    client, resource = scaled.client, scaled.resource["ResourceId"]

    client.delete_scaling_policy(**scaled.resource, PolicyName="load")
    assert refusal(lambda: client.delete_scaling_policy(**scaled.resource, PolicyName="load"))[
        0
    ] == ("ObjectNotFoundException")
    scaled.track("SageMakerVariantInvocationsPerInstance")
    client.deregister_scalable_target(**scaled.resource)

    policies = client.describe_scaling_policies(**NAMESPACE, ResourceId=resource)
    targets = client.describe_scalable_targets(**NAMESPACE, ResourceIds=[resource])
    assert (policies["ScalingPolicies"], targets["ScalableTargets"]) == ([], [])


def test_other_services_stay_with_moto(tenant: Tenant) -> None:
    client = tenant.client("application-autoscaling")
    resource = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/t",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }

    client.register_scalable_target(**resource, MinCapacity=1, MaxCapacity=2)

    (found,) = client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert found["ResourceId"] == "table/t"
