"""DeploymentConfig, its alarms, and what the execution role must be allowed before an endpoint comes up."""

from typing import Any

import pytest

from tests.rehearsal.tenant import (
    ECHO,
    EXECUTION,
    REGION,
    Tenant,
    allow,
    on_instances,
    refusal,
    trust,
    unique,
)

ACCOUNT = f"{REGION}:123456789012"


def blue_green(kind: str = "ALL_AT_ONCE", **more: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": 60, **more}
    return {"TrafficRoutingConfiguration": routing}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


ROLLING = {"MaximumBatchSize": percent(20), "WaitIntervalInSeconds": 60}


@pytest.fixture(scope="module")
def configuration(tenant: Tenant) -> str:
    return tenant.configuration(tenant.model(ECHO))


@pytest.mark.parametrize(
    "deployment",
    [
        {"BlueGreenUpdatePolicy": blue_green()},
        {"BlueGreenUpdatePolicy": blue_green("CANARY", CanarySize=percent(10))},
        {"BlueGreenUpdatePolicy": blue_green("LINEAR", LinearStepSize={"Type": "INSTANCE_COUNT", "Value": 1})},
        {"RollingUpdatePolicy": ROLLING},
    ],
)  # fmt: skip
def test_a_sound_deployment_is_kept(
    tenant: Tenant, configuration: str, deployment: dict[str, Any]
) -> None:
    endpoint = tenant.in_service(configuration, DeploymentConfig=deployment)

    found = tenant.client("sagemaker").describe_endpoint(EndpointName=endpoint)

    assert found["LastDeploymentConfig"] == deployment


@pytest.mark.parametrize(
    ("deployment", "message"),
    [
        ({"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}, "DeploymentConfig needs exactly one of"),
        ({"BlueGreenUpdatePolicy": blue_green(), "RollingUpdatePolicy": ROLLING}, "DeploymentConfig needs exactly one of"),
        ({"BlueGreenUpdatePolicy": blue_green("CANARY")}, "of Type CANARY needs a CanarySize."),
        ({"BlueGreenUpdatePolicy": blue_green("LINEAR", CanarySize=percent(10))}, "of Type LINEAR cannot have a CanarySize."),
        ({"BlueGreenUpdatePolicy": blue_green("CANARY", CanarySize=percent(51))}, "CanarySize must be 1 to 50 percent"),
        ({"BlueGreenUpdatePolicy": blue_green("LINEAR", LinearStepSize=percent(9))}, "LinearStepSize must be 10 to 50 percent"),
        ({"RollingUpdatePolicy": {**ROLLING, "MaximumBatchSize": percent(4)}}, "MaximumBatchSize must be 5 to 50 percent"),
        (
            {
                "BlueGreenUpdatePolicy": {
                    **blue_green(),
                    "TerminationWaitInSeconds": 3600,
                    "MaximumExecutionTimeoutInSeconds": 3660,
                }
            },
            "MaximumExecutionTimeoutInSeconds must be larger than all waits together.",
        ),
        ({"BlueGreenUpdatePolicy": blue_green("SUDDEN")}, "Member must satisfy enum value set"),
    ],
)  # fmt: skip
def test_a_deployment_that_cannot_be_done_is_refused(
    tenant: Tenant, configuration: str, deployment: dict[str, Any], message: str
) -> None:
    code, said = refusal(lambda: tenant.endpoint(configuration, DeploymentConfig=deployment))

    assert code == "ValidationException"
    assert message in said


def test_a_rolling_update_is_for_one_variant(tenant: Tenant) -> None:
    model = tenant.model(ECHO)
    two = tenant.configuration(model, model)

    code, message = refusal(
        lambda: tenant.endpoint(two, DeploymentConfig={"RollingUpdatePolicy": ROLLING})
    )

    assert code == "ValidationException"
    assert message == "RollingUpdatePolicy supports only one production variant, with instances."


def alarm(tenant: Tenant) -> str:
    name = unique("alarm")
    tenant.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="ModelLatency",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Average",
        Threshold=1.0,
    )
    return name


def with_alarm(name: str) -> dict[str, Any]:
    return {
        "BlueGreenUpdatePolicy": blue_green(),
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name}]},
    }


def test_alarms_for_a_rollback_must_be_there(tenant: Tenant, configuration: str) -> None:
    code, message = refusal(
        lambda: tenant.endpoint(configuration, DeploymentConfig=with_alarm("nobody"))
    )

    assert code == "ValidationException"
    assert message == 'The alarm "nobody" of AutoRollbackConfiguration does not exist.'


def test_the_role_must_be_allowed_to_look_at_the_alarms(tenant: Tenant, configuration: str) -> None:
    name = alarm(tenant)
    arn = f"arn:aws:cloudwatch:{ACCOUNT}:alarm:{name}"
    may = tenant.role(trust("sagemaker"), *EXECUTION, allow("cloudwatch:DescribeAlarms", arn))
    allowed = tenant.configuration(tenant.model(ECHO, may))

    code, message = refusal(
        lambda: tenant.endpoint(configuration, DeploymentConfig=with_alarm(name))
    )

    assert code == "ValidationException"
    assert f"is not authorized to perform: cloudwatch:DescribeAlarms on resource: {arn}" in message
    endpoint = tenant.in_service(allowed, DeploymentConfig=with_alarm(name))
    sagemaker = tenant.client("sagemaker")
    code, _ = refusal(
        lambda: sagemaker.update_endpoint(
            EndpointName=endpoint,
            EndpointConfigName=configuration,
            DeploymentConfig=with_alarm(name),
        )
    )
    assert code == "ValidationException"
    assert tenant.ask(endpoint, {}) == {}


def test_a_vpc_and_a_volumes_key_need_rights_of_the_role(tenant: Tenant) -> None:
    key = "11111111-2222-3333-4444-555555555555"
    key_arn = f"arn:aws:kms:{ACCOUNT}:key/{key}"
    network = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    grant = allow("kms:CreateGrant", key_arn, Condition=for_aws)

    def outcome(*statements: Any, vpc: bool = False, **members: Any) -> dict[str, Any]:
        role = tenant.role(trust("sagemaker"), *EXECUTION, *statements)
        model = tenant.model(ECHO, role)
        sagemaker = tenant.client("sagemaker")
        if vpc:
            described = sagemaker.describe_model(ModelName=model)
            model = unique("model")
            sagemaker.create_model(
                ModelName=model,
                ExecutionRoleArn=role,
                PrimaryContainer=described["PrimaryContainer"],
                VpcConfig=network,
            )
        return tenant.settled(tenant.endpoint(tenant.configured(on_instances(model), **members)))

    for found, missing in (
        (outcome(vpc=True), "ec2:CreateNetworkInterface on resource: *"),
        (outcome(KmsKeyId=key), f"kms:CreateGrant on resource: {key_arn}"),
        (outcome(KmsKeyId=key_arn), f"kms:CreateGrant on resource: {key_arn}"),
    ):
        assert found["EndpointStatus"] == "Failed"
        assert f"is not authorized to perform: {missing}" in found["FailureReason"]
    assert outcome(allow("ec2:*", "*"), vpc=True)["EndpointStatus"] == "InService"
    assert outcome(grant, KmsKeyId=key)["EndpointStatus"] == "InService"
