"""The deployer's creators of what stands around a function: each makes what AWS would make."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from rehearsal.local_account import LocalAccount
from tests.rehearsal.deployment import Deployment, failure, resource
from tests.rehearsal.queues import TAKE_MESSAGES
from tests.rehearsal.tenant import REGION, Tenant, allow, document, trust, unique

ACCOUNT = "123456789012"
CODE = "def handler(event, context): return {'version': context.function_version}\n"


class Stack:
    """A program's resources and what they came to."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def deploy(self, program: Callable[[], Any]) -> dict[str, Any]:
        """Run a program and return its exports."""
        return dict(self._deployment.run(program).exports)


@pytest.fixture
def stack(deployment: Deployment) -> Stack:
    return Stack(deployment)


@pytest.fixture
def function(tenant: Tenant) -> str:
    role = tenant.role(
        trust("lambda"), TAKE_MESSAGES, allow("sqs:SendMessage", "arn:aws:sqs:*:*:*")
    )
    return tenant.function(CODE, role_arn=role)


def given(made: pulumi.CustomResource, *outputs: str) -> None:
    for name in outputs:
        pulumi.export(name, getattr(made, name))


def test_a_function_is_published_and_has_what_it_reserves(
    stack: Stack, account: LocalAccount, tenant: Tenant, tmp_path: Path
) -> None:
    source = tmp_path / "app.py"
    source.write_text(CODE)
    name = unique("function")

    def program() -> None:
        made = resource(
            "lambda/function:Function",
            name=name,
            role=tenant.function_role,
            runtime="python3.13",
            handler="app.handler",
            code=pulumi.AssetArchive({"app.py": pulumi.FileAsset(str(source))}),
            publish=True,
            reservedConcurrentExecutions=3.0,
            tracingConfig={"mode": "Active"},
            vpcConfig={"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]},
            layers=[f"arn:aws:lambda:{REGION}:753240598075:layer:LambdaAdapterLayerArm64:30"],
            invokeArn=None,
            qualifiedArn=None,
        )
        given(made, "arn", "version")
        pulumi.export("invoke_arn", made.invokeArn)
        pulumi.export("qualified_arn", made.qualifiedArn)

    exports = stack.deploy(program)

    client = account.client("lambda")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    assert (exports["arn"], exports["version"]) == (arn, "1")
    assert exports["qualified_arn"] == f"{arn}:1"
    assert exports["invoke_arn"] == (
        f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
    )
    reserved = client.get_function_concurrency(FunctionName=name)
    assert reserved["ReservedConcurrentExecutions"] == 3
    found = client.get_function_configuration(FunctionName=name)
    assert found["TracingConfig"] == {"Mode": "Active"}
    assert found["VpcConfig"]["SubnetIds"] == ["subnet-1"]
    assert [layer["Arn"].rpartition(":layer:")[2] for layer in found["Layers"]] == [
        "LambdaAdapterLayerArm64:30"
    ]


def test_an_alias_names_a_version_and_a_version_of_before(
    stack: Stack, account: LocalAccount, tenant: Tenant, function: str
) -> None:
    """The version of before is only in the real account: the present code stands for it."""
    client = account.client("lambda")
    client.publish_version(FunctionName=function)

    def program() -> None:
        given(
            resource(
                "lambda/alias:Alias",
                name="live",
                functionName=function,
                functionVersion="1",
                routingConfig={"additionalVersionWeights": {"3": 1.0}},
            ),
            "arn",
            "name",
        )

    exports = stack.deploy(program)

    assert exports == {
        "arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}:live",
        "name": "live",
    }
    assert client.get_alias(FunctionName=function, Name="live")["FunctionVersion"] == "1"
    assert tenant.call(function, Qualifier="live")["Payload"] == {"version": "3"}


def test_a_url_and_its_permissions(stack: Stack, account: LocalAccount, function: str) -> None:
    def program() -> None:
        url = resource(
            "lambda/functionUrl:FunctionUrl",
            functionName=function,
            authorizationType="AWS_IAM",
            invokeMode="BUFFERED",
            functionUrl=None,
        )
        pulumi.export("url", url.functionUrl)
        for name, members in {
            "url-permission": {
                "action": "lambda:InvokeFunctionUrl",
                "functionUrlAuthType": "AWS_IAM",
            },
            "invoke-permission": {"action": "lambda:InvokeFunction", "invokedViaFunctionUrl": True},
        }.items():
            resource(
                "lambda/permission:Permission",
                name,
                function=function,
                principal=ACCOUNT,
                **members,
            )

    exports = stack.deploy(program)

    client = account.client("lambda")
    found = client.get_function_url_config(FunctionName=function)
    assert found["FunctionUrl"] == exports["url"]
    assert found["AuthType"] == "AWS_IAM"
    policy = json.loads(client.get_policy(FunctionName=function)["Policy"])
    assert {statement["Action"] for statement in policy["Statement"]} == {
        "lambda:InvokeFunctionUrl",
        "lambda:InvokeFunction",
    }
    assert all(
        statement["Sid"].startswith(("url-permission-", "invoke-permission-"))
        for statement in policy["Statement"]
    )


def test_queues_their_policies_and_a_mapping(
    stack: Stack, account: LocalAccount, function: str
) -> None:
    def program() -> None:
        dead = resource("sqs/queue:Queue", "dead", messageRetentionSeconds=1209600.0, url=None)
        redrive = pulumi.Output.json_dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3})
        queue = resource(
            "sqs/queue:Queue",
            "inputs",
            visibilityTimeoutSeconds=360.0,
            sqsManagedSseEnabled=True,
            redrivePolicy=redrive,
            tags={"for": "tests"},
            url=None,
        )
        statement = {**allow("sqs:SendMessage", "*"), "Principal": {"Service": "s3.amazonaws.com"}}
        policy = resource(
            "sqs/queuePolicy:QueuePolicy", queueUrl=queue.id, policy=document(statement)
        )
        allowed = resource(
            "sqs/redriveAllowPolicy:RedriveAllowPolicy",
            queueUrl=queue.id,
            redriveAllowPolicy='{"redrivePermission":"denyAll"}',
        )
        mapping = resource(
            "lambda/eventSourceMapping:EventSourceMapping",
            eventSourceArn=queue.arn,
            functionName=function,
            batchSize=1.0,
            functionResponseTypes=["ReportBatchItemFailures"],
            scalingConfig={"maximumConcurrency": 2.0},
            tags={"for": "tests"},
        )
        pulumi.export("url", queue.url)
        for name, made in {"policy": policy, "allowed": allowed, "mapping": mapping}.items():
            pulumi.export(name, made.id)

    exports = stack.deploy(program)

    sqs = account.client("sqs")
    found = sqs.get_queue_attributes(QueueUrl=exports["url"], AttributeNames=["All"])["Attributes"]
    assert (exports["policy"], exports["allowed"]) == (exports["url"], exports["url"])
    assert found["VisibilityTimeout"] == "360"
    assert found["SqsManagedSseEnabled"] == "true"
    assert json.loads(found["Policy"])["Statement"][0]["Action"] == "sqs:SendMessage"
    redrive = json.loads(found["RedrivePolicy"])
    assert redrive["maxReceiveCount"] == 3
    assert ":dead-" in redrive["deadLetterTargetArn"]
    assert sqs.list_queue_tags(QueueUrl=exports["url"])["Tags"] == {"for": "tests"}
    mapping = account.client("lambda").get_event_source_mapping(UUID=exports["mapping"])
    assert mapping["EventSourceArn"] == found["QueueArn"]
    assert (mapping["BatchSize"], mapping["State"]) == (1, "Enabled")
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_bucket_tells_a_queue(stack: Stack, account: LocalAccount, tenant: Tenant) -> None:
    bucket = tenant.bucket()

    def program() -> None:
        queue = resource("sqs/queue:Queue", "inputs", url=None)
        statement = {**allow("sqs:SendMessage", "*"), "Principal": {"Service": "s3.amazonaws.com"}}
        policy = resource(
            "sqs/queuePolicy:QueuePolicy", queueUrl=queue.id, policy=document(statement)
        )
        destination = {
            "queueArn": queue.arn,
            "events": ["s3:ObjectCreated:*"],
            "filterPrefix": "inputs/",
            "id": policy.id.apply(lambda _: "inputs"),
        }
        resource("s3/bucketNotification:BucketNotification", bucket=bucket, queues=[destination])

    stack.deploy(program)

    found = account.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    (queue,) = found["QueueConfigurations"]
    assert (queue["Id"], queue["Events"]) == ("inputs", ["s3:ObjectCreated:*"])
    assert [
        (rule["Name"].lower(), rule["Value"]) for rule in queue["Filter"]["Key"]["FilterRules"]
    ] == [("prefix", "inputs/")]


def test_an_events_configuration(stack: Stack, account: LocalAccount, function: str) -> None:
    def program() -> None:
        queue = resource("sqs/queue:Queue", "failed", url=None)
        made = resource(
            "lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
            functionName=function,
            maximumRetryAttempts=0.0,
            maximumEventAgeInSeconds=120.0,
            destinationConfig={"onFailure": {"destination": queue.arn}},
        )
        pulumi.export("id", made.id)

    stack.deploy(program)

    found = account.client("lambda").get_function_event_invoke_config(FunctionName=function)
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (0, 120)
    assert ":failed-" in found["DestinationConfig"]["OnFailure"]["Destination"]


def test_an_http_api(stack: Stack, account: LocalAccount, function: str) -> None:
    def program() -> None:
        api = resource(
            "apigatewayv2/api:Api",
            "front",
            protocolType="HTTP",
            tags={"for": "tests"},
            apiEndpoint=None,
            executionArn=None,
        )
        integration = resource(
            "apigatewayv2/integration:Integration",
            apiId=api.id,
            integrationType="AWS_PROXY",
            integrationUri=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}",
            integrationMethod="POST",
            payloadFormatVersion="2.0",
            timeoutMilliseconds=30000.0,
        )
        route = resource(
            "apigatewayv2/route:Route",
            apiId=api.id,
            routeKey="$default",
            authorizationType="AWS_IAM",
            target=integration.id.apply(lambda each: f"integrations/{each}"),
        )
        stage = resource(
            "apigatewayv2/stage:Stage",
            apiId=api.id,
            name="$default",
            autoDeploy=True,
            accessLogSettings={"destinationArn": "arn:aws:logs:x", "format": "{}"},
        )
        pulumi.export("id", api.id)
        pulumi.export("url", api.apiEndpoint)
        pulumi.export("arn", api.executionArn)
        pulumi.export("made", [route.id, stage.id])

    exports = stack.deploy(program)

    client = account.client("apigatewayv2")
    found = client.get_api(ApiId=exports["id"])
    assert (found["ApiEndpoint"], found["Tags"]) == (exports["url"], {"for": "tests"})
    assert exports["arn"] == f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{exports['id']}"
    (integration,) = client.get_integrations(ApiId=exports["id"])["Items"]
    assert (integration["TimeoutInMillis"], integration["PayloadFormatVersion"]) == (30000, "2.0")
    (route,) = client.get_routes(ApiId=exports["id"])["Items"]
    assert route["Target"] == f"integrations/{integration['IntegrationId']}"
    (stage,) = client.get_stages(ApiId=exports["id"])["Items"]
    assert (stage["StageName"], stage["AccessLogSettings"]["Format"]) == ("$default", "{}")


def test_a_topics_subscription(stack: Stack, account: LocalAccount, tenant: Tenant) -> None:
    queue = tenant.client("sqs").create_queue(QueueName=unique("queue"))["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue.rpartition('/')[2]}"

    def program() -> None:
        topic = resource("sns/topic:Topic", "told")
        made = resource(
            "sns/topicSubscription:TopicSubscription",
            topic=topic.arn,
            protocol="sqs",
            endpoint=arn,
            rawMessageDelivery=True,
        )
        pulumi.export("id", made.id)

    exports = stack.deploy(program)

    found = account.client("sns").get_subscription_attributes(SubscriptionArn=exports["id"])
    assert found["Attributes"]["Endpoint"] == arn
    assert found["Attributes"]["RawMessageDelivery"] == "true"


@pytest.mark.parametrize(
    ("kind", "inputs", "said"),
    [
        ("sqs/queue:Queue", {"colour": "red"}, "does not set colour of a queue"),
        (
            "sqs/queuePolicy:QueuePolicy",
            {"queueUrl": "x", "policy": "{}", "colour": "red"},
            "does not know colour of policy",
        ),
        (
            "sns/topicSubscription:TopicSubscription",
            {"topic": "x", "protocol": "sqs", "endpoint": "x", "colour": "red"},
            "does not set colour of a subscription",
        ),
        ("lambda/alias:Alias", {"functionName": "f", "colour": "red"}, "no member for the input"),
        ("lambda/permission:Permission", {"colour": "red"}, "no member for the input"),
        ("lambda/functionUrl:FunctionUrl", {"colour": "red"}, "no member for the input"),
        ("apigatewayv2/api:Api", {"colour": "red"}, "no member for the input"),
        ("apigatewayv2/stage:Stage", {"colour": "red"}, "no member for the input"),
        (
            "s3/bucketNotification:BucketNotification",
            {"bucket": "b", "colour": "red"},
            "no member for the input",
        ),
        (
            "lambda/functionUrl:FunctionUrl",
            {"functionName": "f", "authorizationType": "EVERYBODY"},
            "Member must satisfy enum value set",
        ),
    ],
)
def test_an_input_that_nobody_knows_is_refused(
    deployment: Deployment, kind: str, inputs: dict[str, Any], said: str
) -> None:
    refused = failure(deployment, lambda: resource(kind, **inputs))

    assert said in str(refused)
