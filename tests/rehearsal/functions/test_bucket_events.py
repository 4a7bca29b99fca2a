"""What S3 tells functions, topics and EventBridge, and what EventBridge hands on."""

import json
from typing import Any

import pytest

from tests.rehearsal.queues import Queue
from tests.rehearsal.tenant import REGION, Tenant, document, poll, refusal, unique

ACCOUNT = "123456789012"
PRINTING = "import json\ndef handler(event, context): print(json.dumps(event))\n"


def let_in(tenant: Tenant, function: str, service: str, source_arn: str) -> None:
    tenant.client("lambda").add_permission(
        FunctionName=function,
        StatementId=unique("sid"),
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        SourceArn=source_arn,
        SourceAccount=ACCOUNT,
    )


def told(tenant: Tenant, function: str) -> dict[str, Any]:
    lines = poll(lambda: tenant.log_of(f"/aws/lambda/{function}"), "the function was told")
    return json.loads(lines[0])


def arn_of(function: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"


def notify(tenant: Tenant, bucket: str, **configuration: Any) -> None:
    tenant.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=configuration
    )


def to_function(tenant: Tenant, bucket: str, function: str) -> None:
    configuration = {"LambdaFunctionArn": arn_of(function), "Events": ["s3:ObjectCreated:*"]}
    notify(tenant, bucket, LambdaFunctionConfigurations=[configuration])


@pytest.mark.fact("§8 IAM: S3->Lambda permission: principal s3, bucket ARN and source account")
def test_a_function_that_lets_the_bucket_is_told_of_an_object(tenant: Tenant) -> None:
    function, bucket = tenant.function(PRINTING), tenant.bucket()
    let_in(tenant, function, "s3", f"arn:aws:s3:::{bucket}")
    to_function(tenant, bucket, function)

    tenant.client("s3").put_object(Bucket=bucket, Key="a b", Body=b"x")

    (record,) = told(tenant, function)["Records"]
    assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
    assert record["s3"]["bucket"]["name"] == bucket
    assert record["s3"]["object"]["key"] == "a+b"


@pytest.mark.fact("§8 IAM: a bucket of another name is not let in")
def test_a_function_that_lets_another_bucket_is_refused(tenant: Tenant) -> None:
    function, bucket = tenant.function(PRINTING), tenant.bucket()
    let_in(tenant, function, "s3", "arn:aws:s3:::another")

    code, message = refusal(lambda: to_function(tenant, bucket, function))

    assert code == "InvalidArgument"
    assert "does not let s3.amazonaws.com perform lambda:InvokeFunction" in message


@pytest.mark.fact("§8 IAM: a topic's policy has to let the bucket publish")
def test_a_topic_that_lets_the_bucket_is_told(tenant: Tenant) -> None:
    bucket, queue, sns = tenant.bucket(), Queue(tenant), tenant.client("sns")
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    queue.let("sns", topic)
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue.arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    configuration = {"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}
    assert refusal(lambda: notify(tenant, bucket, TopicConfigurations=[configuration]))[0] == (
        "InvalidArgument"
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}},
    }
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=document(statement)
    )

    notify(tenant, bucket, TopicConfigurations=[configuration])
    tenant.client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")

    messages = [json.loads(queue.wait_for_message()["Body"]) for _ in range(2)]
    assert messages[0]["Event"] == "s3:TestEvent"
    assert messages[1]["Records"][0]["s3"]["object"]["key"] == "a"


def rule(tenant: Tenant, pattern: dict[str, Any], **target: Any) -> str:
    events, name = tenant.client("events"), unique("rule")
    arn = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    failed = events.put_targets(Rule=name, Targets=[{"Id": "1", **target}])
    assert failed["FailedEntryCount"] == 0
    return arn


@pytest.mark.fact(
    "§6 Events: S3 tells EventBridge when the bucket says so; rules choose by pattern"
)
def test_a_rule_hands_objects_of_a_prefix_to_a_function(tenant: Tenant) -> None:
    function, bucket, s3 = tenant.function(PRINTING), tenant.bucket(), tenant.client("s3")
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "inputs/"}]}},
    }
    let_in(tenant, function, "events", rule(tenant, pattern, Arn=arn_of(function)))
    notify(tenant, bucket, EventBridgeConfiguration={})

    s3.put_object(Bucket=bucket, Key="results/a", Body=b"x")
    s3.put_object(Bucket=bucket, Key="inputs/a b", Body=b"123")

    event = told(tenant, function)
    assert event["detail"]["object"]["key"] == "inputs/a b"
    assert event["detail"]["object"]["size"] == 3
    assert event["detail"]["reason"] == "PutObject"
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
    assert event["time"].endswith("Z")


@pytest.mark.fact("§8 IAM: a target has to let EventBridge in for the rule")
def test_a_rule_sends_what_it_makes_of_an_event_to_a_queue_that_lets_it(tenant: Tenant) -> None:
    kind, closed, queue = unique("kind"), Queue(tenant), Queue(tenant)
    pattern = {"source": [kind]}
    rule(tenant, pattern, Arn=closed.arn)
    let = [
        rule(tenant, pattern, Arn=queue.arn, InputPath="$.detail"),
        rule(tenant, pattern, Arn=queue.arn, Input='{"constant": true}'),
        rule(
            tenant,
            pattern,
            Arn=queue.arn,
            InputTransformer={
                "InputPathsMap": {"word": "$.detail.word"},
                "InputTemplate": '{"said": "<word>, twice", "all": <word>}',
            },
        ),
    ]
    queue.let("events", *let)

    tenant.client("events").put_events(
        Entries=[{"Source": kind, "DetailType": "test", "Detail": '{"word": "hello"}'}]
    )

    bodies = [json.loads(queue.wait_for_message()["Body"]) for _ in let]
    assert sorted(bodies, key=str) == [
        {"constant": True},
        {"said": "hello, twice", "all": "hello"},
        {"word": "hello"},
    ]
    assert closed.is_empty()


def test_a_disabled_rule_sends_nothing(tenant: Tenant) -> None:
    kind, queue, events = unique("kind"), Queue(tenant), tenant.client("events")
    disabled = rule(tenant, {"source": [kind]}, Arn=queue.arn)
    queue.let("events", disabled)
    events.disable_rule(Name=disabled.rpartition("/")[2])

    events.put_events(Entries=[{"Source": kind, "DetailType": "test", "Detail": "{}"}])

    assert queue.is_empty()
