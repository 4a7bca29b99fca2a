"""What each kind of resource changes in place, and that it goes when the stack goes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from rehearsal.deployer import DeployError
from rehearsal.local_account import LocalAccount
from tests.rehearsal.deployer.evolving import EvolvingStack, Program, resource
from tests.rehearsal.tenant import ECHO, IMAGE, Tenant, document, trust, unique

KEY = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
Code = Callable[[str], pulumi.AssetArchive]


@pytest.fixture
def stack(account: LocalAccount) -> EvolvingStack:
    return EvolvingStack(account)


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """Packs a function that answers with a word."""

    def packed(word: str) -> pulumi.AssetArchive:
        (tmp_path / "app.py").write_text(
            f"import os\ndef handler(event, context): return '{word}' + os.environ.get('WORD', '')\n"
        )
        return pulumi.AssetArchive({"app.py": pulumi.FileAsset(str(tmp_path / "app.py"))})

    return packed


def function(code: pulumi.AssetArchive, role: str, **inputs: Any) -> Any:
    fixed: dict[str, Any] = {"handler": "app.handler", "runtime": "python3.13", "role": role}
    return resource("lambda/function:Function", "function", code=code, **fixed, **inputs)


TAGGED: list[tuple[str, dict[str, Any], str, dict[str, str], str]] = [
    ("cloudwatch/logGroup:LogGroup", {}, "logs", {"resourceArn": "arn"}, "list_tags_for_resource"),
    ("sns/topic:Topic", {}, "sns", {"ResourceArn": "arn"}, "list_tags_for_resource"),
    ("sqs/queue:Queue", {}, "sqs", {"QueueUrl": "id"}, "list_queue_tags"),
    (
        "iam/role:Role",
        {"assumeRolePolicy": document(trust("lambda"))},
        "iam",
        {"RoleName": "id"},
        "list_role_tags",
    ),
    ("s3/bucket:Bucket", {}, "s3", {"Bucket": "id"}, "get_bucket_tagging"),
    (
        "cloudwatch/compositeAlarm:CompositeAlarm",
        {"alarmName": unique("over-all"), "alarmRule": "FALSE"},
        "cloudwatch",
        {"ResourceARN": "arn"},
        "list_tags_for_resource",
    ),
    (
        "cloudwatch/metricAlarm:MetricAlarm",
        {
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1.0,
            "metricName": "Errors",
            "namespace": "AWS/Lambda",
            "period": 60.0,
            "statistic": "Sum",
            "threshold": 1.0,
        },
        "cloudwatch",
        {"ResourceARN": "arn"},
        "list_tags_for_resource",
    ),
]


@pytest.mark.parametrize(
    ("kind", "inputs", "service", "named", "operation"), TAGGED, ids=[each[0] for each in TAGGED]
)
def test_tags_are_added_changed_and_taken_off(
    stack: EvolvingStack,
    kind: str,
    inputs: dict[str, Any],
    service: str,
    named: dict[str, str],
    operation: str,
) -> None:
    def program(tags: dict[str, str]) -> Program:
        def run() -> None:
            made = resource(kind, **inputs, tags=tags)
            for key in named.values():
                pulumi.export(key, getattr(made, key))

        return run

    stack.deploy(program({"Stack": "a", "Old": "x"}))

    done = stack.deploy(program({"Stack": "b", "New": "y"}))

    assert done == [("update", "it", "tags")]
    arguments = {member: stack.exports[key] for member, key in named.items()}
    answer = getattr(stack.account.client(service), operation)(**arguments)
    found = next(answer[key] for key in ("tags", "Tags", "TagSet") if key in answer)
    if isinstance(found, list):
        found = {each["Key"]: each["Value"] for each in found}
    assert found == {"Stack": "b", "New": "y"}
    assert stack.destroy() == [("delete", "it")]


def test_a_function_changes_its_settings_its_code_and_its_version(
    tenant: Tenant, stack: EvolvingStack, code: Code
) -> None:
    role, client = tenant.function_role, tenant.client("lambda")

    def program(word: str, **inputs: Any) -> Program:
        def run() -> None:
            made = function(code(word), role, publish=True, **inputs)
            alias = resource(
                "lambda/alias:Alias",
                functionName=made.name,
                name="live",
                functionVersion=made.version,
            )
            pulumi.export("alias", alias.arn)
            pulumi.export("name", made.id)

        return run

    variables = {"environment": {"variables": {"WORD": "!"}}}
    stack.deploy(program("one", memorySize=256.0, reservedConcurrentExecutions=5.0, **variables))
    assert tenant.call(stack.exports["alias"])["Payload"] == "one!"

    after = program("two", memorySize=512.0)
    planned = stack.preview(after)
    done = stack.deploy(after)

    changed = ("code", "environment", "memorySize", "reservedConcurrentExecutions")
    assert done == [("update", "function", *changed), ("update", "it", "functionVersion")]
    assert planned == done
    assert tenant.call(stack.exports["alias"])["Payload"] == "two"
    name = stack.exports["name"]
    assert client.get_function_configuration(FunctionName=name)["MemorySize"] == 512
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=name)
    assert stack.destroy() == [("delete", "it"), ("delete", "function")]
    assert name not in [each["FunctionName"] for each in client.list_functions()["Functions"]]


def test_another_reservation_is_no_new_version(
    tenant: Tenant, stack: EvolvingStack, code: Code
) -> None:
    def program(reserved: float) -> Program:
        inputs: dict[str, Any] = {"publish": True, "reservedConcurrentExecutions": reserved}

        def run() -> None:
            made = function(code("x"), tenant.function_role, **inputs)
            pulumi.export("version", made.version)

        return run

    stack.deploy(program(5.0))

    assert stack.deploy(program(6.0)) == [("update", "function", "reservedConcurrentExecutions")]
    assert stack.exports["version"] == "1"


def test_what_belongs_to_a_function_changes_and_goes(
    tenant: Tenant, stack: EvolvingStack, code: Code
) -> None:
    sqs_actions = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    role, client = tenant.role(trust("lambda"), sqs_actions), tenant.client("lambda")

    def program(batch: int, mode: str, age: int, principal: str) -> Program:
        def run() -> None:
            made, queue = function(code("x"), role), resource("sqs/queue:Queue", "queue")
            name: dict[str, Any] = {"functionName": made.name}
            resource(
                "lambda/eventSourceMapping:EventSourceMapping",
                "mapping",
                **name,
                eventSourceArn=queue.arn,
                batchSize=batch,
            )
            url: dict[str, Any] = {"authorizationType": "AWS_IAM", "invokeMode": mode}
            resource("lambda/functionUrl:FunctionUrl", "url", **name, **url)
            config = "lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
            resource(config, "events", **name, maximumEventAgeInSeconds=age)
            resource(
                "lambda/permission:Permission",
                "permission",
                function=made.name,
                action="lambda:InvokeFunction",
                principal=principal,
            )
            pulumi.export("name", made.id)

        return run

    stack.deploy(program(1, "BUFFERED", 60, "s3.amazonaws.com"))

    done = stack.deploy(program(5, "RESPONSE_STREAM", 120, "sns.amazonaws.com"))

    assert set(done) == {
        ("same", "function"),
        ("same", "queue"),
        ("update", "mapping", "batchSize"),
        ("update", "url", "invokeMode"),
        ("update", "events", "maximumEventAgeInSeconds"),
        ("replace", "permission", "principal"),
    }
    name = {"FunctionName": stack.exports["name"]}
    (mapping,) = client.list_event_source_mappings(**name)["EventSourceMappings"]
    assert mapping["BatchSize"] == 5
    assert client.get_function_url_config(**name)["InvokeMode"] == "RESPONSE_STREAM"
    config = client.get_function_event_invoke_config(**name)
    assert config["MaximumEventAgeInSeconds"] == 120
    (statement,) = json.loads(client.get_policy(**name)["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert [each[0] for each in stack.destroy()] == ["delete"] * 6
    mappings = client.list_event_source_mappings()["EventSourceMappings"]
    assert mapping["UUID"] not in [each["UUID"] for each in mappings]


def test_an_http_api_changes_and_goes_with_its_parts(stack: EvolvingStack) -> None:
    def program(timeout: float, key: str) -> Program:
        def run() -> None:
            api = resource("apigatewayv2/api:Api", "api", name="api", protocolType="HTTP")
            target = resource(
                "apigatewayv2/integration:Integration",
                "integration",
                apiId=api.id,
                integrationType="HTTP_PROXY",
                integrationMethod="POST",
                integrationUri="https://example.org",
                timeoutMilliseconds=timeout,
            )
            path = pulumi.Output.concat("integrations/", target.id)
            resource("apigatewayv2/route:Route", "route", apiId=api.id, routeKey=key, target=path)
            resource(
                "apigatewayv2/stage:Stage",
                "stage",
                apiId=api.id,
                name="$default",
                autoDeploy=True,
            )
            pulumi.export("api", api.id)

        return run

    stack.deploy(program(5000.0, "POST /"))

    done = stack.deploy(program(9000.0, "POST /ask"))

    assert set(done) == {
        ("same", "api"),
        ("update", "integration", "timeoutMilliseconds"),
        ("update", "route", "routeKey"),
        ("same", "stage"),
    }
    client, api = stack.account.client("apigatewayv2"), {"ApiId": stack.exports["api"]}
    assert client.get_integrations(**api)["Items"][0]["TimeoutInMillis"] == 9000
    assert client.get_routes(**api)["Items"][0]["RouteKey"] == "POST /ask"
    assert [each[0] for each in stack.destroy()] == ["delete"] * 4
    assert stack.exports["api"] not in [each["ApiId"] for each in client.get_apis()["Items"]]


def test_a_queue_and_its_settings_change_and_go_back_to_what_sqs_gives(
    stack: EvolvingStack,
) -> None:
    def program(policy: str | None, **inputs: Any) -> Program:
        def run() -> None:
            queue = resource("sqs/queue:Queue", "queue", **inputs)
            if policy:
                kind = "sqs/queuePolicy:QueuePolicy"
                resource(kind, "policy", queueUrl=queue.id, policy=policy)
            pulumi.export("url", queue.id)

        return run

    def attributes() -> dict[str, str]:
        answer = stack.account.client("sqs").get_queue_attributes(
            QueueUrl=stack.exports["url"], AttributeNames=["All"]
        )
        return answer["Attributes"]

    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    stack.deploy(program(document(statement), visibilityTimeoutSeconds=99.0))
    assert attributes()["VisibilityTimeout"] == "99"

    done = stack.deploy(program(None, delaySeconds=5.0))

    assert done == [
        ("update", "queue", "delaySeconds", "visibilityTimeoutSeconds"),
        ("delete", "policy"),
    ]
    found = attributes()
    assert (found["VisibilityTimeout"], found["DelaySeconds"]) == ("30", "5")
    assert not found.get("Policy")


def test_a_topic_its_policy_and_subscription_change(stack: EvolvingStack) -> None:
    def program(name: str, sid: str | None, *, is_raw: bool) -> Program:
        def run() -> None:
            topic = resource("sns/topic:Topic", "topic", displayName=name)
            queue = resource("sqs/queue:Queue", "queue")
            resource(
                "sns/topicSubscription:TopicSubscription",
                "subscription",
                topic=topic.arn,
                protocol="sqs",
                endpoint=queue.arn,
                rawMessageDelivery=is_raw,
            )
            if sid:
                policy = topic.arn.apply(
                    lambda arn: document(
                        {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "sns:Publish"}
                        | {"Resource": arn}
                    )
                )
                resource("sns/topicPolicy:TopicPolicy", "policy", arn=topic.arn, policy=policy)
            pulumi.export("topic", topic.arn)

        return run

    client = stack.account.client("sns")

    def attributes() -> dict[str, str]:
        return client.get_topic_attributes(TopicArn=stack.exports["topic"])["Attributes"]

    stack.deploy(program("one", "A", is_raw=False))

    done = stack.deploy(program("two", "B", is_raw=True))

    assert set(done) == {
        ("update", "topic", "displayName"),
        ("same", "queue"),
        ("update", "subscription", "rawMessageDelivery"),
        ("update", "policy", "policy"),
    }
    assert attributes()["DisplayName"] == "two"
    assert json.loads(attributes()["Policy"])["Statement"][0]["Sid"] == "B"
    topic = stack.exports["topic"]
    (made,) = client.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    found = client.get_subscription_attributes(SubscriptionArn=made["SubscriptionArn"])
    assert found["Attributes"]["RawMessageDelivery"] == "true"

    assert ("delete", "policy") in stack.deploy(program("two", None, is_raw=True))
    (statement,) = json.loads(attributes()["Policy"])["Statement"]
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": "123456789012"}}


def test_a_role_and_its_policy_change(stack: EvolvingStack) -> None:
    def program(service: str, action: str, **inputs: Any) -> Program:
        def run() -> None:
            policy = document(trust(service))
            role = resource("iam/role:Role", "role", assumeRolePolicy=policy, **inputs)
            allowed = document({"Effect": "Allow", "Action": action, "Resource": "*"})
            resource("iam/rolePolicy:RolePolicy", "policy", role=role.id, policy=allowed)
            pulumi.export("role", role.id)

        return run

    stack.deploy(program("lambda", "s3:GetObject", description="old"))

    done = stack.deploy(program("sagemaker", "s3:PutObject", maxSessionDuration=7200.0))

    assert done == [
        ("update", "role", "assumeRolePolicy", "description", "maxSessionDuration"),
        ("update", "policy", "policy"),
    ]
    iam, name = stack.account.client("iam"), {"RoleName": stack.exports["role"]}
    role = iam.get_role(**name)["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert role["MaxSessionDuration"] == 7200
    (policy,) = iam.list_role_policies(**name)["PolicyNames"]
    found = iam.get_role_policy(**name, PolicyName=policy)["PolicyDocument"]["Statement"]
    assert found[0]["Action"] == "s3:PutObject"
    assert stack.destroy() == [("delete", "policy"), ("delete", "role")]


def test_a_log_group_is_encrypted_with_its_key(stack: EvolvingStack) -> None:
    name = unique("group")

    stack.deploy(lambda: resource("cloudwatch/logGroup:LogGroup", name=name, kmsKeyId=KEY))

    found = stack.account.client("logs").describe_log_groups(logGroupNamePrefix=name)
    assert found["logGroups"][0]["kmsKeyId"] == KEY


def test_the_settings_of_a_bucket_change_and_are_taken_off(stack: EvolvingStack) -> None:
    def program(days: int | None) -> Program:
        def run() -> None:
            bucket = resource("s3/bucket:Bucket", "bucket")
            pulumi.export("bucket", bucket.id)
            if days is None:
                return
            rule = {"id": "r", "status": "Enabled", "expiration": {"days": days}, "filter": {}}
            kind = "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
            resource(kind, "lifecycle", bucket=bucket.bucket, rules=[rule])
            kind = "s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
            resource(kind, "block", bucket=bucket.bucket, blockPublicAcls=days > 1)
            status = {"status": "Enabled"}
            kind = "s3/bucketVersioning:BucketVersioning"
            resource(kind, "versions", bucket=bucket.bucket, versioningConfiguration=status)

        return run

    s3 = stack.account.client("s3")
    stack.deploy(program(1))

    done = stack.deploy(program(9))

    assert set(done) == {
        ("same", "bucket"),
        ("update", "lifecycle", "rules"),
        ("update", "block", "blockPublicAcls"),
        ("same", "versions"),
    }
    bucket = {"Bucket": stack.exports["bucket"]}
    (rule,) = s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    assert rule["Expiration"]["Days"] == 9

    gone = stack.deploy(program(None))

    assert {each[:2] for each in gone if each[0] == "delete"} == {
        ("delete", "lifecycle"),
        ("delete", "block"),
        ("delete", "versions"),
    }
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Suspended"


def test_an_alarm_is_put_again_under_its_name(stack: EvolvingStack) -> None:
    def program(threshold: float) -> Program:
        inputs: dict[str, Any] = {**TAGGED[-1][1], "threshold": threshold}
        kind = "cloudwatch/metricAlarm:MetricAlarm"
        return lambda: pulumi.export("alarm", resource(kind, **inputs).id)

    stack.deploy(program(1.0))

    assert stack.deploy(program(9.0)) == [("update", "it", "threshold")]
    client, name = stack.account.client("cloudwatch"), stack.exports["alarm"]
    (alarm,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert alarm["Threshold"] == 9
    stack.destroy()
    assert client.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []


def test_an_alarm_over_others_changes_its_rule_and_another_name_makes_another(
    stack: EvolvingStack,
) -> None:
    kind, first, second = "cloudwatch/compositeAlarm:CompositeAlarm", unique("a"), unique("a")
    client = stack.account.client("cloudwatch")

    def rules() -> dict[str, str]:
        found = client.describe_alarms(AlarmNames=[first, second], AlarmTypes=["CompositeAlarm"])
        return {each["AlarmName"]: each["AlarmRule"] for each in found["CompositeAlarms"]}

    stack.deploy(lambda: resource(kind, alarmName=first, alarmRule="FALSE"))

    done = stack.deploy(lambda: resource(kind, alarmName=first, alarmRule="TRUE"))
    assert (done, rules()) == ([("update", "it", "alarmRule")], {first: "TRUE"})

    done = stack.deploy(lambda: resource(kind, alarmName=second, alarmRule="TRUE"))
    assert (done, rules()) == ([("replace", "it", "alarmName")], {second: "TRUE"})

    stack.destroy()
    assert rules() == {}


def test_a_dashboard_is_put_again_and_goes(stack: EvolvingStack) -> None:
    client, name = stack.account.client("cloudwatch"), unique("dashboard")

    def program(title: str) -> Program:
        text = {"type": "text", "properties": {"markdown": title}}
        body = json.dumps({"widgets": [{"x": 0, "y": 0, "width": 24, "height": 1, **text}]})
        return lambda: resource(
            "cloudwatch/dashboard:Dashboard", dashboardName=name, dashboardBody=body
        )

    stack.deploy(program("before"))
    done = stack.deploy(program("after"))

    assert done == [("update", "it", "dashboardBody")]
    assert "after" in client.get_dashboard(DashboardName=name)["DashboardBody"]
    stack.destroy()
    names = {each["DashboardName"] for each in client.list_dashboards()["DashboardEntries"]}
    assert name not in names


def test_a_vpc_endpoint_changes_its_policy(stack: EvolvingStack) -> None:
    def program(action: str) -> Program:
        policy = document({"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"})
        inputs: dict[str, Any] = {
            "vpcId": "vpc-12345678",
            "serviceName": "com.amazonaws.us-east-1.s3",
        }
        return lambda: resource("ec2/vpcEndpoint:VpcEndpoint", **inputs, policy=policy)

    stack.deploy(program("s3:GetObject"))

    assert stack.deploy(program("s3:PutObject")) == [("update", "it", "policy")]
    assert stack.destroy() == [("delete", "it")]


# Endpoints


def hosting(
    tenant: Tenant, name: str, model_uri: str, instance: str = "ml.m5.large", **endpoint: Any
) -> Program:
    """A model, its configuration and an endpoint with a target to scale."""
    role = tenant.execution_role

    def run() -> None:
        container = {"image": IMAGE, "modelDataUrl": model_uri}
        model = resource(
            "sagemaker/model:Model", "model", executionRoleArn=role, primaryContainer=container
        )
        variant = {"variantName": "AllTraffic", "modelName": model.name, "instanceType": instance}
        configuration = resource(
            "sagemaker/endpointConfiguration:EndpointConfiguration",
            "configuration",
            productionVariants=[{**variant, "initialInstanceCount": 1.0}],
        )
        resource(
            "sagemaker/endpoint:Endpoint",
            "endpoint",
            name=name,
            endpointConfigName=configuration.name,
            **endpoint,
        )
        pulumi.export("configuration", configuration.name)

    return run


def archive(tenant: Tenant, files: dict[str, str]) -> str:
    """Where a packed model lies."""
    model = tenant.model(files)
    found = tenant.client("sagemaker").describe_model(ModelName=model)
    return found["PrimaryContainer"]["ModelDataUrl"]


@pytest.mark.fact(
    "§7 SageMaker: a new endpoint_config_name is UpdateEndpoint in place, then a wait for InService"
)
def test_an_endpoint_moves_to_a_new_configuration_before_the_old_one_goes(
    tenant: Tenant, stack: EvolvingStack
) -> None:
    name, uri, client = unique("endpoint"), archive(tenant, ECHO), tenant.client("sagemaker")
    stack.deploy(hosting(tenant, name, uri))
    old = stack.exports["configuration"]

    done = stack.deploy(hosting(tenant, name, uri, "ml.c5.large", tags={"a": "b"}))

    assert done == [
        ("same", "model"),
        ("replace", "configuration", "productionVariants"),
        ("update", "endpoint", "endpointConfigName", "tags"),
    ]
    endpoint = client.describe_endpoint(EndpointName=name)
    assert endpoint["EndpointConfigName"] == stack.exports["configuration"] != old
    assert client.list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"] == [
        {"Key": "a", "Value": "b"}
    ]
    left = [
        each["EndpointConfigName"] for each in client.list_endpoint_configs()["EndpointConfigs"]
    ]
    assert old not in left
    assert [each[1] for each in stack.destroy()] == ["endpoint", "configuration", "model"]
    assert name not in [each["EndpointName"] for each in client.list_endpoints()["Endpoints"]]


@pytest.mark.fact(
    "§9 Autoscaling: a variant is the target endpoint/EP/variant/V of sagemaker:variant:DesiredInstanceCount"
)
def test_a_scalable_target_changes_its_bounds_and_tags(
    tenant: Tenant, stack: EvolvingStack
) -> None:
    name, uri = unique("endpoint"), archive(tenant, ECHO)

    def program(most: float, tags: dict[str, str]) -> Program:
        def run() -> None:
            hosting(tenant, name, uri)()
            resource(
                "appautoscaling/target:Target",
                "target",
                serviceNamespace="sagemaker",
                scalableDimension="sagemaker:variant:DesiredInstanceCount",
                resourceId=f"endpoint/{name}/variant/AllTraffic",
                minCapacity=1.0,
                maxCapacity=most,
                tags=tags,
            )

        return run

    stack.deploy(hosting(tenant, name, uri))
    stack.deploy(program(2.0, {"a": "b", "c": "d"}))

    done = stack.deploy(program(5.0, {"a": "x"}))

    assert ("update", "target", "maxCapacity", "tags") in done
    client = stack.account.client("application-autoscaling")
    named = {"ResourceIds": [f"endpoint/{name}/variant/AllTraffic"]}
    answer = client.describe_scalable_targets(ServiceNamespace="sagemaker", **named)
    (target,) = answer["ScalableTargets"]
    assert target["MaxCapacity"] == 5
    tags = client.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"])["Tags"]
    assert tags == {"a": "x"}
    stack.destroy()
    answer = client.describe_scalable_targets(ServiceNamespace="sagemaker", **named)
    assert answer["ScalableTargets"] == []


@pytest.mark.fact(
    "§1 statuses: a failed update leaves the endpoint InService with its old configuration"
)
def test_an_update_that_is_rolled_back_fails_and_the_old_model_answers_on(
    tenant: Tenant, stack: EvolvingStack
) -> None:
    name, client = unique("endpoint"), tenant.client("sagemaker")
    stack.deploy(hosting(tenant, name, archive(tenant, ECHO)))
    old = stack.exports["configuration"]
    broken = archive(tenant, {"code/inference.py": "raise RuntimeError('broken weights')\n"})

    with pytest.raises(DeployError) as caught:
        stack.deploy(hosting(tenant, name, broken))

    told = str(caught.value)
    assert told.startswith(
        f"sagemaker Endpoint endpoint: the update was rolled back, and {old} serves on: "
    )
    assert "broken weights" in told
    assert client.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
    answer = tenant.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, Body=b"ping", ContentType="text/plain"
    )
    assert answer["Body"].read() == b"ping"
