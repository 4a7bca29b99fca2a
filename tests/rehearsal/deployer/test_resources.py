"""Resources of every type that the program registers, as the account holds them afterwards."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from rehearsal.account import ACCOUNT_ID
from tests.rehearsal.deployment import Deployment, failure, resource
from tests.rehearsal.tenant import (
    ECHO,
    PULL_IMAGES,
    REGION,
    Tenant,
    document,
    on_instances,
    refusal,
    trust,
    unique,
)

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/11111111-2222-3333-4444-555555555555"


def made(deployment: Deployment, kind: str, **inputs: Any) -> str:
    """Deploy one resource and return its id."""
    return deployment.run(lambda: pulumi.export("id", resource(kind, **inputs).id)).exports["id"]


# Buckets and objects


def test_a_buckets_own_key_and_bucket_key_are_set(tenant: Tenant, deployment: Deployment) -> None:
    bucket = tenant.bucket()
    by_default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}

    made(
        deployment,
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        bucket=bucket,
        rules=[{"applyServerSideEncryptionByDefault": by_default, "bucketKeyEnabled": True}],
    )

    found = tenant.client("s3").get_bucket_encryption(Bucket=bucket)
    (rule,) = found["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule == {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
        "BucketKeyEnabled": True,
    }


def test_an_object_has_its_key_and_tags(
    tenant: Tenant, deployment: Deployment, tmp_path: Path
) -> None:
    (tmp_path / "model").write_text("weights")
    bucket, s3 = tenant.bucket(), tenant.client("s3")
    inputs = {"bucket": bucket, "key": "m", "source": pulumi.FileAsset(str(tmp_path / "model"))}

    made(
        deployment,
        "s3/bucketObjectv2:BucketObjectv2",
        **inputs,
        serverSideEncryption="aws:kms",
        kmsKeyId=KEY,
        tags={"Stack": "a + b"},
    )

    assert s3.head_object(Bucket=bucket, Key="m")["SSEKMSKeyId"] == KEY
    tags = s3.get_object_tagging(Bucket=bucket, Key="m")["TagSet"]
    assert tags == [{"Key": "Stack", "Value": "a + b"}]
    told = failure(
        deployment,
        lambda: resource("s3/bucketObjectv2:BucketObjectv2", **inputs, acl="private"),
    )
    assert str(told).endswith("the rehearsal does not set acl of an object")


# Roles


def test_a_role_has_its_boundary_or_is_not_made(tenant: Tenant, deployment: Deployment) -> None:
    boundary = tenant.client("iam").create_policy(
        PolicyName=unique("policy"), PolicyDocument=document(PULL_IMAGES)
    )["Policy"]["Arn"]
    trusted = document(trust("lambda"))

    name = made(deployment, "iam/role:Role", assumeRolePolicy=trusted, permissionsBoundary=boundary)

    found = tenant.client("iam").get_role(RoleName=name)["Role"]
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    missing = f"arn:aws:iam::{ACCOUNT_ID}:policy/nobody"
    told = failure(
        deployment,
        lambda: resource("iam/role:Role", assumeRolePolicy=trusted, permissionsBoundary=missing),
    )
    assert f"Scope ARN: {missing} does not exist" in str(told)


# Topics


def test_a_topic_and_its_policy(tenant: Tenant, deployment: Deployment) -> None:
    policy = document({"Effect": "Allow", "Principal": "*", "Action": "sns:Publish"})

    def program() -> None:
        topic = resource("sns/topic:Topic", kmsMasterKeyId="alias/aws/sns", tags={"a": "b"})
        resource("sns/topicPolicy:TopicPolicy", "policy", arn=topic.id, policy=policy)
        pulumi.export("arn", topic.arn)  # pyright: ignore[reportAttributeAccessIssue]

    arn = deployment.run(program).exports["arn"]

    sns = tenant.client("sns")
    found = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert found["KmsMasterKeyId"] == "alias/aws/sns"
    assert json.loads(found["Policy"]) == json.loads(policy)
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    told = failure(deployment, lambda: resource("sns/topic:Topic", fifoTopic=True))
    assert str(told).endswith("the rehearsal does not set fifoTopic of a topic")


# Alarms


def test_an_alarm_on_one_metric(tenant: Tenant, deployment: Deployment) -> None:
    name = made(
        deployment,
        "cloudwatch/metricAlarm:MetricAlarm",
        alarmDescription="too slow",
        comparisonOperator="GreaterThanThreshold",
        evaluationPeriods=3.0,
        datapointsToAlarm=2.0,
        namespace="AWS/SageMaker",
        metricName="ModelLatency",
        dimensions={"EndpointName": "e", "VariantName": "AllTraffic"},
        extendedStatistic="p99",
        period=60.0,
        threshold=30_000_000.0,
        treatMissingData="notBreaching",
        alarmActions=["arn:aws:sns:us-east-1:123456789012:topic"],
        tags={"a": "b"},
    )

    (found,) = tenant.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert found["Dimensions"] == [
        {"Name": "EndpointName", "Value": "e"},
        {"Name": "VariantName", "Value": "AllTraffic"},
    ]
    assert (found["Period"], found["Threshold"]) == (60, 30_000_000.0)
    assert (found["EvaluationPeriods"], found["DatapointsToAlarm"]) == (3, 2)
    assert (found["ExtendedStatistic"], found["TreatMissingData"]) == ("p99", "notBreaching")


def test_an_alarm_on_metric_math(tenant: Tenant, deployment: Deployment) -> None:
    metric = {
        "namespace": "AWS/SageMaker",
        "metricName": "Invocations",
        "dimensions": {"EndpointName": "e"},
        "stat": "Sum",
        "period": 60.0,
    }

    name = made(
        deployment,
        "cloudwatch/metricAlarm:MetricAlarm",
        comparisonOperator="GreaterThanThreshold",
        evaluationPeriods=1.0,
        threshold=5.0,
        metricQueries=[
            {"id": "i", "metric": metric},
            {"id": "percent", "expression": "100*i", "label": "Failed", "returnData": True},
        ],
    )

    (found,) = tenant.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    by_id = {query["Id"]: query for query in found["Metrics"]}
    assert by_id["i"]["MetricStat"]["Metric"]["MetricName"] == "Invocations"
    assert by_id["i"]["MetricStat"]["Metric"]["Dimensions"] == [
        {"Name": "EndpointName", "Value": "e"}
    ]
    assert (by_id["i"]["MetricStat"]["Stat"], by_id["i"]["MetricStat"]["Period"]) == ("Sum", 60)
    assert by_id["percent"]["Expression"] == "100*i"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"comparisonOperator": "Above"}, "Member must satisfy enum value set"),
        ({"alarmActions": ["x"] * 6}, "Member must have length less than or equal to 5"),
        ({"metricNam": "x"}, "has no member for the input 'metricNam'"),
    ],
)
def test_an_alarm_that_cloudwatch_would_refuse(
    deployment: Deployment, inputs: dict[str, Any], message: str
) -> None:
    sound = {"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1.0}

    told = failure(
        deployment,
        lambda: resource("cloudwatch/metricAlarm:MetricAlarm", **{**sound, **inputs}),
    )

    assert message in str(told)


@pytest.mark.parametrize(
    ("kind", "inputs", "message"),
    [
        (
            "compositeAlarm:CompositeAlarm",
            {"alarmName": "a", "alarmRule": ""},
            "Member must have length greater than or equal to 1",
        ),
        (
            "dashboard:Dashboard",
            {"dashboardName": "a", "dashboardBody": "{", "dashboardBdy": "{"},
            "has no member for the input 'dashboardBdy'",
        ),
        (
            "dashboard:Dashboard",
            {"dashboardName": "a", "dashboardBody": "{"},
            "Body is invalid JSON",
        ),
    ],
)
def test_an_alarm_over_others_and_a_dashboard_that_cloudwatch_would_refuse(
    deployment: Deployment, kind: str, inputs: dict[str, Any], message: str
) -> None:
    told = failure(deployment, lambda: resource(f"cloudwatch/{kind}", **inputs))

    assert message in str(told)


# Networks


@pytest.mark.parametrize(
    "inputs",
    [
        {"vpcEndpointType": "Gateway", "routeTableIds": ["rtb-0123456789abcdef0"]},
        {
            "vpcEndpointType": "Interface",
            "subnetIds": ["subnet-0123456789abcdef0"],
            "securityGroupIds": ["sg-0123456789abcdef0"],
            "privateDnsEnabled": True,
        },
    ],
)
def test_a_vpc_endpoint_is_made_even_if_its_network_is_elsewhere(
    tenant: Tenant, deployment: Deployment, inputs: dict[str, Any]
) -> None:
    made_id = made(
        deployment,
        "ec2/vpcEndpoint:VpcEndpoint",
        vpcId="vpc-0123456789abcdef0",
        serviceName="com.amazonaws.us-east-1.s3",
        tags={"Name": "models"},
        **inputs,
    )

    (found,) = tenant.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[made_id])["VpcEndpoints"]
    assert found["ServiceName"] == "com.amazonaws.us-east-1.s3"
    assert found["VpcEndpointType"] == inputs["vpcEndpointType"]
    assert found["Tags"] == [{"Key": "Name", "Value": "models"}]


def test_a_vpc_endpoint_joins_a_network_that_is_there(
    tenant: Tenant, deployment: Deployment
) -> None:
    vpc = tenant.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]

    made_id = made(
        deployment,
        "ec2/vpcEndpoint:VpcEndpoint",
        vpcId=vpc,
        serviceName="com.amazonaws.us-east-1.s3",
    )

    (found,) = tenant.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[made_id])["VpcEndpoints"]
    assert found["VpcId"] == vpc
    told = failure(
        deployment,
        lambda: resource("ec2/vpcEndpoint:VpcEndpoint", vpcId=vpc, serviceNam="s3"),
    )
    assert "has no member for the input 'serviceNam'" in str(told)


# SageMaker


def container_of(tenant: Tenant) -> dict[str, Any]:
    """The container of a sound model, as the provider's inputs say it."""
    described = tenant.client("sagemaker").describe_model(ModelName=tenant.model(ECHO))
    found = described["PrimaryContainer"]
    return {"image": found["Image"], "modelDataUrl": found["ModelDataUrl"]}


def test_a_model_with_everything(tenant: Tenant, deployment: Deployment) -> None:
    source = {
        "s3Uri": "s3://b/k/",
        "s3DataType": "S3Prefix",
        "compressionType": "None",
        "modelAccessConfig": {"acceptEula": True},
    }
    more = {"channelName": "draft", "s3DataSources": [source]}

    name = made(
        deployment,
        "sagemaker/model:Model",
        executionRoleArn=tenant.execution_role,
        primaryContainer={
            "image": "image",
            "modelDataSource": {"s3DataSources": [source]},
            "additionalModelDataSources": [more],
            "environment": {"A": "1"},
        },
        enableNetworkIsolation=True,
        vpcConfig={"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
    )

    found = tenant.client("sagemaker").describe_model(ModelName=name)
    spelled = {
        "S3Uri": "s3://b/k/",
        "S3DataType": "S3Prefix",
        "CompressionType": "None",
        "ModelAccessConfig": {"AcceptEula": True},
    }
    assert found["PrimaryContainer"] == {
        "Image": "image",
        "ModelDataSource": {"S3DataSource": spelled},
        "AdditionalModelDataSources": [{"ChannelName": "draft", "S3DataSource": spelled}],
        "Environment": {"A": "1"},
    }
    assert found["VpcConfig"] == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert found["EnableNetworkIsolation"] is True


def test_a_model_of_a_package(tenant: Tenant, deployment: Deployment) -> None:
    package = f"arn:aws:sagemaker:{REGION}:865070037744:model-package/some-model"

    name = made(
        deployment,
        "sagemaker/model:Model",
        executionRoleArn=tenant.execution_role,
        primaryContainer={"modelPackageName": package},
    )

    found = tenant.client("sagemaker").describe_model(ModelName=name)
    assert found["PrimaryContainer"] == {"ModelPackageName": package}


def test_a_configuration_with_everything(tenant: Tenant, deployment: Deployment) -> None:
    model = tenant.model(ECHO)
    variant = {
        "variantName": "AllTraffic",
        "modelName": model,
        "instanceType": "ml.m5.large",
        "initialInstanceCount": 1.0,
        "initialVariantWeight": 0.5,
        "volumeSizeInGb": 30.0,
        "routingConfigs": [{"routingStrategy": "LEAST_OUTSTANDING_REQUESTS"}],
        "managedInstanceScaling": {
            "status": "ENABLED",
            "minInstanceCount": 1.0,
            "maxInstanceCount": 2.0,
        },
    }

    name = made(
        deployment,
        "sagemaker/endpointConfiguration:EndpointConfiguration",
        productionVariants=[variant],
        shadowProductionVariants=[{**variant, "variantName": "shadow"}],
        dataCaptureConfig={
            "enableCapture": True,
            "initialSamplingPercentage": 10.0,
            "destinationS3Uri": "s3://b/capture/",
            "captureOptions": [{"captureMode": "Input"}],
            "kmsKeyId": KEY,
            "captureContentTypeHeader": {"jsonContentTypes": ["application/json"]},
        },
        kmsKeyArn=KEY,
        tags={"a": "b"},
    )

    found = tenant.client("sagemaker").describe_endpoint_config(EndpointConfigName=name)
    assert found["KmsKeyId"] == KEY
    assert found["ShadowProductionVariants"][0]["VariantName"] == "shadow"
    assert found["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "ModelName": model,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 0.5,
            "VolumeSizeInGB": 30,
            "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
            "ManagedInstanceScaling": {
                "Status": "ENABLED",
                "MinInstanceCount": 1,
                "MaxInstanceCount": 2,
            },
        }
    ]
    capture = found["DataCaptureConfig"]
    assert capture["InitialSamplingPercentage"] == 10
    assert capture["CaptureContentTypeHeader"] == {"JsonContentTypes": ["application/json"]}


def test_a_serverless_and_an_asynchronous_configuration(
    tenant: Tenant, deployment: Deployment
) -> None:
    model, sagemaker = tenant.model(ECHO), tenant.client("sagemaker")
    limits = {"memorySizeInMb": 1024.0, "maxConcurrency": 5.0, "provisionedConcurrency": 1.0}
    topics = {
        "successTopic": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:good",
        "includeInferenceResponseIns": ["SUCCESS_NOTIFICATION_TOPIC"],
    }

    serverless = made(
        deployment,
        "sagemaker/endpointConfiguration:EndpointConfiguration",
        productionVariants=[
            {"variantName": "AllTraffic", "modelName": model, "serverlessConfig": limits}
        ],
    )
    queued = made(
        deployment,
        "sagemaker/endpointConfiguration:EndpointConfiguration",
        productionVariants=[
            {
                "variantName": "AllTraffic",
                "modelName": model,
                "instanceType": "ml.m5.large",
                "initialInstanceCount": 1.0,
            }
        ],
        asyncInferenceConfig={
            "outputConfig": {
                "s3OutputPath": "s3://b/results/",
                "s3FailurePath": "s3://b/failures/",
                "kmsKeyId": KEY,
                "notificationConfig": topics,
            },
            "clientConfig": {"maxConcurrentInvocationsPerInstance": 3.0},
        },
    )

    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName=serverless)[
        "ProductionVariants"
    ]
    assert variant["ServerlessConfig"] == {
        "MemorySizeInMB": 1024,
        "MaxConcurrency": 5,
        "ProvisionedConcurrency": 1,
    }
    found = sagemaker.describe_endpoint_config(EndpointConfigName=queued)["AsyncInferenceConfig"]
    assert found == {
        "OutputConfig": {
            "S3OutputPath": "s3://b/results/",
            "S3FailurePath": "s3://b/failures/",
            "KmsKeyId": KEY,
            "NotificationConfig": {
                "SuccessTopic": topics["successTopic"],
                "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"],
            },
        },
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 3},
    }


def test_an_endpoint_has_its_deployment(tenant: Tenant, deployment: Deployment) -> None:
    configuration = tenant.configuration(tenant.model(ECHO))

    name = made(
        deployment,
        "sagemaker/endpoint:Endpoint",
        endpointConfigName=configuration,
        deploymentConfig={
            "rollingUpdatePolicy": {
                "maximumBatchSize": {"type": "CAPACITY_PERCENT", "value": 20.0},
                "waitIntervalInSeconds": 60.0,
            }
        },
    )

    found = tenant.client("sagemaker").describe_endpoint(EndpointName=name)
    assert found["LastDeploymentConfig"] == {
        "RollingUpdatePolicy": {
            "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 20},
            "WaitIntervalInSeconds": 60,
        }
    }


# Inference components, and what goes through Cloud Control


@pytest.fixture(scope="module")
def place(tenant: Tenant) -> str:
    """An endpoint that waits for components."""
    variant = on_instances(None)
    return tenant.in_service(tenant.configured(variant, ExecutionRoleArn=tenant.execution_role))


def test_a_component_through_cloud_control(
    tenant: Tenant, deployment: Deployment, place: str
) -> None:
    name = unique("component")
    state = {
        "InferenceComponentName": name,
        "EndpointName": place,
        "VariantName": "AllTraffic",
        "Specification": {
            "ModelName": tenant.model(ECHO),
            "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128},
        },
        "RuntimeConfig": {"CopyCount": 1},
        "Tags": [{"Key": "a", "Value": "b"}],
    }

    def program() -> None:
        made = resource(
            "cloudcontrol/resource:Resource",
            typeName="AWS::SageMaker::InferenceComponent",
            desiredState=json.dumps(state),
            properties=None,
        )
        pulumi.export("id", made.id)
        pulumi.export("properties", made.properties)  # pyright: ignore[reportAttributeAccessIssue]

    exports = deployment.run(program).exports

    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:inference-component/{name}"
    assert exports["id"] == arn
    assert json.loads(exports["properties"]) == {**state, "InferenceComponentArn": arn}
    assert tenant.ask(place, {"a": 1}, InferenceComponentName=name) == {"a": 1}


def test_a_component_of_the_provider_itself(
    tenant: Tenant, deployment: Deployment, place: str
) -> None:
    name = made(
        deployment,
        "sagemaker/inferenceComponent:InferenceComponent",
        endpointName=place,
        variantName="AllTraffic",
        specification={
            "modelName": tenant.model(ECHO),
            "computeResourceRequirements": {"minMemoryRequiredInMb": 128.0},
        },
        runtimeConfig={"copyCount": 0.0},
    )

    found = tenant.client("sagemaker").describe_inference_component(InferenceComponentName=name)
    assert found["RuntimeConfig"]["DesiredCopyCount"] == 0


def test_a_component_that_fails_shows_its_log(
    tenant: Tenant, deployment: Deployment, place: str
) -> None:
    broken = tenant.model({"code/inference.py": "raise OSError('no weights')\n"})

    told = failure(
        deployment,
        lambda: resource(
            "sagemaker/inferenceComponent:InferenceComponent",
            endpointName=place,
            specification={
                "modelName": broken,
                "computeResourceRequirements": {"minMemoryRequiredInMb": 128.0},
            },
        ),
    )

    assert "did not pass the ping health check" in str(told)
    assert str(told).endswith("\n    OSError: no weights")


def test_an_endpoint_through_cloud_control(tenant: Tenant, deployment: Deployment) -> None:
    name = unique("endpoint")
    state = {
        "EndpointName": name,
        "EndpointConfigName": tenant.configuration(tenant.model(ECHO)),
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
        "Tags": [],
    }

    made_id = made(
        deployment,
        "cloudcontrol/resource:Resource",
        typeName="AWS::SageMaker::Endpoint",
        desiredState=json.dumps(state),
    )

    assert made_id == f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:endpoint/{name}"
    assert tenant.ask(name, {"a": 1}) == {"a": 1}


def test_cloud_control_refuses_what_it_does_not_play(deployment: Deployment, place: str) -> None:
    told = failure(
        deployment,
        lambda: resource(
            "cloudcontrol/resource:Resource", typeName="AWS::S3::Bucket", desiredState="{}"
        ),
    )
    assert "cannot create a AWS::S3::Bucket through Cloud Control yet" in str(told)

    kind = "AWS::SageMaker::InferenceComponent"
    told = failure(
        deployment,
        lambda: resource(
            "cloudcontrol/resource:Resource",
            typeName=kind,
            desiredState=json.dumps({"EndpointName": place, "Colour": "red"}),
        ),
    )
    assert 'Unknown parameter in input: "Colour"' in str(told)


# Scaling


def test_a_target_with_its_policies_and_schedule(tenant: Tenant, deployment: Deployment) -> None:
    endpoint = tenant.in_service(tenant.configured(on_instances(tenant.model(ECHO))))
    scaled = {
        "resourceId": f"endpoint/{endpoint}/variant/AllTraffic",
        "scalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "serviceNamespace": "sagemaker",
    }

    def program() -> None:
        resource(
            "appautoscaling/target:Target",
            **scaled,
            minCapacity=1.0,
            maxCapacity=3.0,
            tags={"a": "b"},
        )
        tracking = resource(
            "appautoscaling/policy:Policy",
            "load",
            **scaled,
            policyType="TargetTrackingScaling",
            targetTrackingScalingPolicyConfiguration={
                "targetValue": 5.0,
                "scaleInCooldown": 300.0,
                "customizedMetricSpecification": {
                    "namespace": "/aws/sagemaker/Endpoints",
                    "metricName": "GPUUtilization",
                    "statistic": "Average",
                    "dimensions": [{"name": "EndpointName", "value": endpoint}],
                },
            },
        )
        resource(
            "appautoscaling/policy:Policy",
            "wake",
            **scaled,
            policyType="StepScaling",
            stepScalingPolicyConfiguration={
                "adjustmentType": "ChangeInCapacity",
                "cooldown": 300.0,
                "metricAggregationType": "Average",
                "stepAdjustments": [{"metricIntervalLowerBound": "0", "scalingAdjustment": 1.0}],
            },
        )
        resource(
            "appautoscaling/scheduledAction:ScheduledAction",
            "night",
            **scaled,
            schedule="cron(0 20 ? * MON-FRI *)",
            timezone="Europe/Berlin",
            scalableTargetAction={"minCapacity": 1.0, "maxCapacity": 1.0},
        )
        pulumi.export("policy", tracking.arn)  # pyright: ignore[reportAttributeAccessIssue]

    arn = deployment.run(program).exports["policy"]

    client, of_it = tenant.client("application-autoscaling"), {"ServiceNamespace": "sagemaker"}
    resource_id = {"ResourceId": scaled["resourceId"]}
    policies = client.describe_scaling_policies(**of_it, **resource_id)["ScalingPolicies"]
    tracking, step = sorted(policies, key=lambda policy: policy["PolicyType"], reverse=True)
    assert tracking["PolicyARN"] == arn
    specification = tracking["TargetTrackingScalingPolicyConfiguration"]
    assert specification["CustomizedMetricSpecification"]["MetricName"] == "GPUUtilization"
    assert step["StepScalingPolicyConfiguration"]["StepAdjustments"] == [
        {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}
    ]
    (action,) = client.describe_scheduled_actions(**of_it, **resource_id)["ScheduledActions"]
    assert action["Timezone"] == "Europe/Berlin"


def test_a_bound_that_is_no_number_is_refused(tenant: Tenant, deployment: Deployment) -> None:
    told = failure(
        deployment,
        lambda: resource(
            "appautoscaling/policy:Policy",
            resourceId="endpoint/e/variant/v",
            scalableDimension="sagemaker:variant:DesiredInstanceCount",
            serviceNamespace="sagemaker",
            stepScalingPolicyConfiguration={
                "stepAdjustments": [{"metricIntervalLowerBound": "low", "scalingAdjustment": 1.0}]
            },
        ),
    )

    assert "must be a number, got 'low'" in str(told)
    assert tenant


# Data sources


def answered(deployment: Deployment, token: str, **arguments: Any) -> dict[str, Any]:
    def program() -> None:
        pulumi.export("answer", pulumi.runtime.invoke(token, arguments).value)

    return deployment.run(program).exports["answer"]


def test_the_region_is_the_accounts(deployment: Deployment) -> None:
    found = answered(deployment, "aws:index/getRegion:getRegion")

    assert (found["region"], found["name"]) == (REGION, REGION)


def test_a_secret_is_read_from_the_account(tenant: Tenant, deployment: Deployment) -> None:
    # As an ARN of another account ends: the name, a hyphen and six characters of AWS's choice.
    name = unique("hub-token")
    tenant.client("secretsmanager").create_secret(Name=f"{name}-AbCdEf", SecretString="hf_123")
    arn = f"arn:aws:secretsmanager:{REGION}:865070037744:secret:{name}-AbCdEf"

    found = answered(
        deployment, "aws:secretsmanager/getSecretVersion:getSecretVersion", secretId=arn
    )

    assert found["secretString"] == "hf_123"
    assert found["secretId"] == arn
    with pytest.raises(Exception, match="can't find the specified secret"):
        answered(
            deployment,
            "aws:secretsmanager/getSecretVersion:getSecretVersion",
            secretId="nobody",
        )


def test_a_bucket_is_looked_up(tenant: Tenant, deployment: Deployment) -> None:
    bucket = tenant.bucket()

    found = answered(deployment, "aws:s3/getBucket:getBucket", bucket=bucket)

    assert found["arn"] == f"arn:aws:s3:::{bucket}"
    assert found["bucketRegion"] == REGION
    with pytest.raises(LookupError, match=r"reading S3 Bucket \(nobody-has-this\)"):
        answered(deployment, "aws:s3/getBucket:getBucket", bucket="nobody-has-this")
    assert refusal(lambda: tenant.client("s3").head_bucket(Bucket="nobody-has-this"))[0] == "404"
