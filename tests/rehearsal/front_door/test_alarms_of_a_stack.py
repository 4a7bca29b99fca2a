"""A deployed stack that is hurt says so, to whom it was told to, and says when it is over."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.rehearsal.front_door.conftest import Deploy
from tests.rehearsal.front_door.stacks import Stack
from tests.rehearsal.tenant import Tenant, allow, document, poll, unique

pytestmark = pytest.mark.matrix


class Listener:
    """A queue that is subscribed to the stack's alarms."""

    def __init__(self, tenant: Tenant) -> None:
        self._sqs = tenant.client("sqs")
        self._url = self._sqs.create_queue(QueueName=unique("oncall"))["QueueUrl"]
        asked = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        self.arn: str = asked["Attributes"]["QueueArn"]
        sns = {"Service": "sns.amazonaws.com"}
        policy = document(allow("sqs:SendMessage", self.arn, Principal=sns))
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        self._heard: list[dict[str, Any]] = []

    def has_heard(self, alarm: str, state: str) -> bool:
        found = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        for each in found.get("Messages", []):
            self._heard.append(json.loads(json.loads(each["Body"])["Message"]))
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])
        return any(
            (each["AlarmName"], each["NewStateValue"]) == (alarm, state) for each in self._heard
        )

    def names(self) -> set[str]:
        return {each["AlarmName"] for each in self._heard}


@pytest.fixture(scope="module")
def listener(tenant: Tenant) -> Listener:
    return Listener(tenant)


@pytest.fixture(scope="module")
def stack(deploy: Deploy, listener: Listener) -> Stack:
    return deploy(
        watch={"subscribers": [listener.arn], "thresholds": {"idleHours": 1}},
        invoker={"inputs": {"enabled": True}, "retries": {"attempts": 1}},
    )


def name_of(stack: Stack, alarm: str) -> str:
    return f"{stack.settings.endpoint_name}-{alarm}"


def went_off(stack: Stack, alarm: str) -> bool:
    """It may be over again since: its history knows."""
    history = stack.tenant.client("cloudwatch").describe_alarm_history(
        AlarmName=name_of(stack, alarm),
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        HistoryItemType="StateUpdate",
    )["AlarmHistoryItems"]
    return any(" to ALARM" in item["HistorySummary"] for item in history)


@pytest.fixture
def asking() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def test_a_model_that_fails_hurts_users_and_on_call_hears_of_it_and_of_its_end(
    stack: Stack, listener: Listener, asking: ThreadPoolExecutor
) -> None:
    over = name_of(stack, "users-hurt")

    def fail_and_listen() -> bool:
        replies = list(asking.map(lambda _: stack.ask({"prompt": "fail now"}), range(4)))
        assert {reply["status"] for reply in replies} == {502}
        return listener.has_heard(over, "ALARM")

    poll(fail_and_listen, "on-call hears that users are hurt")

    assert went_off(stack, "errors") or went_off(stack, "failed-replies")
    assert stack.ask({"prompt": "tell me"})["status"] == 200
    poll(lambda: listener.has_heard(over, "OK"), "on-call hears that it is over")
    poll(lambda: went_off(stack, "errors"), "the endpoint's alarm saw it")
    poll(lambda: went_off(stack, "failed-replies"), "so did the one on the function's replies")
    assert not went_off(stack, "latency")
    assert name_of(stack, "errors") not in listener.names()


def test_a_dead_letter_is_told_of_by_itself_until_the_queue_is_empty(
    stack: Stack, listener: Listener
) -> None:
    dead_letters, sqs = stack.exports["dead_letter_queue_url"], stack.tenant.client("sqs")

    sqs.send_message(QueueUrl=dead_letters, MessageBody="nobody could read it")

    poll(lambda: listener.has_heard(name_of(stack, "dead-letters"), "ALARM"), "it is told of")
    sqs.purge_queue(QueueUrl=dead_letters)
    poll(lambda: listener.has_heard(name_of(stack, "dead-letters"), "OK"), "it is over")


def test_an_endpoint_that_nobody_asks_for_an_hour_is_idle_until_somebody_does(
    stack: Stack, listener: Listener
) -> None:
    """An hour of the account's lasts six seconds."""
    idle = name_of(stack, "idle")

    def is_in(state: str) -> bool:
        found = stack.tenant.client("cloudwatch").describe_alarms(AlarmNames=[idle])
        return found["MetricAlarms"][0]["StateValue"] == state

    assert stack.ask({"prompt": "tell me"})["status"] == 200
    poll(lambda: is_in("OK"), "somebody asked")

    poll(lambda: is_in("ALARM"), "nobody asks any more")
    assert stack.ask({"prompt": "tell me"})["status"] == 200
    poll(lambda: is_in("OK"), "somebody asks again")
    poll(lambda: listener.has_heard(idle, "ALARM"), "on-call hears of it")


def test_the_account_holds_the_dashboard_as_the_program_made_it(stack: Stack) -> None:
    name = stack.settings.endpoint_name

    found = stack.tenant.client("cloudwatch").get_dashboard(DashboardName=name)

    widgets = json.loads(found["DashboardBody"])["widgets"]
    (states,) = [widget for widget in widgets if widget["type"] == "alarm"]
    assert states["properties"]["alarms"][0].endswith(f":alarm:{name}-users-hurt")
    assert stack.exports["dashboard_url"].endswith(f"#dashboards/dashboard/{name}")
    (told,) = stack.tenant.client("sns").list_subscriptions_by_topic(
        TopicArn=stack.exports["alarm_topic_arn"]
    )["Subscriptions"]
    assert told["Protocol"] == "sqs"


def test_only_the_stacks_own_alarms_may_tell_its_topic(stack: Stack, tenant: Tenant) -> None:
    client, stranger = tenant.client("cloudwatch"), unique("stranger")
    client.put_metric_alarm(
        AlarmName=stranger,
        MetricName="m",
        Namespace="n",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
        AlarmActions=[stack.exports["alarm_topic_arn"]],
    )

    client.set_alarm_state(AlarmName=stranger, StateValue="ALARM", StateReason="a test")

    items = client.describe_alarm_history(AlarmName=stranger, HistoryItemType="Action")
    (failed,) = items["AlarmHistoryItems"]
    assert failed["HistorySummary"].startswith("Failed to execute action")
