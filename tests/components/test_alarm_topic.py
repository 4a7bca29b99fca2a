"""The topic that alarms tell: who may publish, who hears, and what is refused."""

import json
from typing import Any

import pytest

from components import ObservabilityArgsError
from tests.components.watching import watch
from tests.harness import inputs_of

TOPIC = "aws:sns/topic:Topic"
POLICY = "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
MOCK_ARN = "arn:mock:aws:sns/topic:Topic:w-alarms"
KEY = "arn:aws:kms:us-east-1:123456789012:key/alarms"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:alarms"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:alarms"
OTHER_TOPIC = "arn:aws:sns:us-east-1:123456789012:oncall"


def topics(**args: Any) -> list[dict[str, Any]]:
    return [inputs_of(r) for r in watch(**args).all(TOPIC) if r.name == "w-alarms"]


def subscriptions(**args: Any) -> dict[str, dict[str, Any]]:
    return {
        r.name: inputs_of(r)
        for r in watch(**args).all(SUBSCRIPTION)
        if r.name.startswith("w-alarms")
    }


def test_only_the_stacks_own_alarms_may_publish_and_only_over_tls() -> None:
    run = watch()

    (policy,) = [inputs_of(r) for r in run.all(POLICY) if r.name == "w-alarms-policy"]
    assert policy["arn"] == MOCK_ARN
    assert json.loads(policy["policy"])["Statement"] == [
        {
            "Sid": "AlarmsPublish",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": MOCK_ARN,
            "Condition": {
                "ArnLike": {
                    "aws:SourceArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:genai-test-*"
                },
                "StringEquals": {"aws:SourceAccount": "123456789012"},
            },
        },
        {
            "Sid": "DenyInsecureTransport",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": MOCK_ARN,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]


def test_it_is_never_under_the_key_that_alarms_cannot_use() -> None:
    (without,) = topics()
    (with_key,) = topics(topic_kms_key_arn=KEY)

    assert "kmsMasterKeyId" not in without
    assert with_key["kmsMasterKeyId"] == KEY
    assert with_key["displayName"] == "genai-test alarms"


@pytest.mark.parametrize(
    ("subscriber", "protocol"),
    [
        ("oncall@example.com", "email"),
        ("https://events.example.com/alarms?key=1", "https"),
        (QUEUE, "sqs"),
        (FUNCTION, "lambda"),
    ],
)
def test_a_subscriber_is_reached_by_the_form_of_its_address(subscriber: str, protocol: str) -> None:
    (found,) = subscriptions(subscribers=[subscriber]).values()

    assert found == {"topic": MOCK_ARN, "protocol": protocol, "endpoint": subscriber}


def test_subscribers_in_another_order_are_the_same_subscriptions() -> None:
    addresses = ["a@example.com", "b@example.com"]

    assert subscriptions(subscribers=addresses) == subscriptions(subscribers=addresses[::-1])


def test_a_given_topic_is_told_instead_of_one_of_its_own() -> None:
    run = watch(topic_arn=OTHER_TOPIC)

    assert [r.name for r in run.all(TOPIC)] == []
    assert run.outputs_of["genai:index:Observability::w"]["topic_arn"] == OTHER_TOPIC


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({"without": ["latancy"]}, "without must be of latency, errors, model-errors, overhead"),
        ({"notify": ["users"]}, "failed-events, got 'users'"),
        ({"notify": ["idle"], "without": ["idle"]}, "idle is in without, so that it cannot notify"),
        (
            {"subscribers": ["a@example.com"], "topic_arn": OTHER_TOPIC},
            "subscribers are for the topic made here; whoever owns topic_arn subscribes them",
        ),
        (
            {"subscribers": ["http://example.com"]},
            "e-mail addresses, https:// URLs or ARNs of queues or functions, got 'http://example.com'",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_registered(
    args: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ObservabilityArgsError) as refused:
        watch(**args)

    assert problem in str(refused.value)
    assert str(refused.value).startswith("w: ")
