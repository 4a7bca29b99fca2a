"""Alarms, as a stranger makes them and sees them go off."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.rehearsal.tenant import Tenant, allow, document, poll, refusal, unique

LOAD = {"MetricName": "Load", "Statistic": "Sum", "Period": 60}


class Alarm:
    """One alarm on a metric of its own."""

    def __init__(self, tenant: Tenant, **members: Any) -> None:
        self.client = tenant.client("cloudwatch")
        self.name = unique("alarm")
        self.namespace = unique("namespace")
        metric = {} if "Metrics" in members else {**LOAD, "Namespace": self.namespace}
        self.members = {
            "EvaluationPeriods": 1,
            "Threshold": 5.0,
            "ComparisonOperator": "GreaterThanThreshold",
            **metric,
            **members,
        }
        self.members = {k: v for k, v in self.members.items() if v is not None}
        self.put_again()

    def put_again(self, **members: Any) -> None:
        self.client.put_metric_alarm(AlarmName=self.name, **{**self.members, **members})

    def feed(self, value: float | None, **more: Any) -> None:
        datum = {"MetricName": "Load", **({} if value is None else {"Value": value}), **more}
        self.client.put_metric_data(Namespace=self.namespace, MetricData=[datum])

    @property
    def description(self) -> dict[str, Any]:
        (found,) = self.client.describe_alarms(AlarmNames=[self.name])["MetricAlarms"]
        return found

    @property
    def state(self) -> str:
        return self.description["StateValue"]

    def history(self, **asked: Any) -> list[dict[str, Any]]:
        answer = self.client.describe_alarm_history(AlarmName=self.name, **asked)
        return answer["AlarmHistoryItems"]

    def summaries(self, kind: str) -> list[str]:
        """Oldest first."""
        found = self.history(HistoryItemType=kind, ScanBy="TimestampAscending")
        return [item["HistorySummary"] for item in found]

    def comes_to(self, state: str) -> None:
        """It may have left it again since: then its history knows."""
        said = f" to {state}"
        poll(
            lambda: (
                self.state == state or any(map(said.__contains__, self.summaries("StateUpdate")))
            ),
            f"{self.name} is {state}",
        )


def topic(tenant: Tenant, policy: str | None = None) -> tuple[str, Any]:
    """A topic, and what gives the messages that a queue of its own has got from it."""
    sns, sqs = tenant.client("sns"), tenant.client("sqs")
    arn = sns.create_topic(Name=unique("topic"))["TopicArn"]
    if policy:
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    send = allow(
        "sqs:SendMessage", attributes["QueueArn"], Principal={"Service": "sns.amazonaws.com"}
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(send)})
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=attributes["QueueArn"])

    def messages() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(each["Body"]) for each in found.get("Messages", [])]

    return arn, messages


@pytest.mark.fact("§10 alarms: a new one is INSUFFICIENT_DATA until it has been evaluated")
def test_an_alarm_begins_without_data_and_goes_off_above_its_threshold(tenant: Tenant) -> None:
    alarm = Alarm(tenant)
    assert alarm.state == "INSUFFICIENT_DATA"

    alarm.feed(7)
    alarm.comes_to("ALARM")

    reason = json.loads(alarm.history(HistoryItemType="StateUpdate")[-1]["HistoryData"])
    said = reason["newState"]["stateReason"]
    assert said.startswith("Threshold Crossed: 1 out of the last 1 datapoints [7.0 (")
    assert said.endswith(
        " was greater than the threshold (5.0) (minimum 1 datapoint for INSUFFICIENT_DATA -> ALARM "
        "transition)."
    )


def test_an_alarm_is_ok_within_its_threshold_and_forgets_what_is_past(tenant: Tenant) -> None:
    alarm = Alarm(tenant)

    alarm.feed(5)
    alarm.comes_to("OK")

    poll(lambda: alarm.state == "INSUFFICIENT_DATA", "the values are past")
    assert alarm.summaries("StateUpdate") == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to INSUFFICIENT_DATA",
    ]
    assert alarm.description["StateReason"] == "Insufficient Data: 1 datapoints were unknown."


@pytest.mark.fact("§10 alarms: treat_missing_data decides when there are no values")
@pytest.mark.parametrize(
    ("treatment", "state", "treated"),
    [("breaching", "ALARM", "Breaching"), ("notBreaching", "OK", "NonBreaching")],
)
def test_missing_data_is_what_the_alarm_takes_it_for(
    tenant: Tenant, treatment: str, state: str, treated: str
) -> None:
    alarm = Alarm(tenant, TreatMissingData=treatment, EvaluationPeriods=2)

    poll(lambda: alarm.state == state, state)

    assert alarm.description["StateReason"] == (
        "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were "
        f"treated as [{treated}]."
    )


@pytest.mark.fact("§10 extended_statistic: an alarm on p99")
def test_an_alarm_can_be_on_a_percentile(tenant: Tenant) -> None:
    most, half = (
        Alarm(tenant, Statistic=None, ExtendedStatistic=p, TreatMissingData="ignore")
        for p in ("p99", "p50")
    )
    for alarm in (most, half):
        alarm.feed(None, Values=[1, 9], Counts=[9, 1])
        poll(lambda a=alarm: a.state != "INSUFFICIENT_DATA", "it is evaluated")

    assert (most.state, half.state) == ("ALARM", "OK")


@pytest.mark.fact(
    "§10 metric math in alarms: IF(i>0,100*e/i,0) with treat_missing_data=notBreaching"
)
def test_an_alarm_can_be_on_an_expression(tenant: Tenant) -> None:
    namespace = unique("namespace")

    def metric(query_id: str, name: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": namespace, "MetricName": name}, "Period": 60, "Stat": "Sum"}
        return {"Id": query_id, "MetricStat": stat, "ReturnData": False}

    alarm = Alarm(
        tenant,
        Metrics=[
            {"Id": "share", "Expression": "IF(i>0,100*e/i,0)", "ReturnData": True},
            metric("e", "Errors"),
            metric("i", "Calls"),
        ],
        TreatMissingData="ignore",
        Threshold=20.0,
    )
    alarm.client.put_metric_data(
        Namespace=namespace,
        MetricData=[{"MetricName": "Errors", "Value": 1}, {"MetricName": "Calls", "Value": 4}],
    )
    poll(lambda: alarm.state == "ALARM", "a quarter is too much")

    alarm.client.put_metric_data(
        Namespace=namespace,
        MetricData=[{"MetricName": "Errors", "Value": 1}, {"MetricName": "Calls", "Value": 10}],
    )
    poll(lambda: alarm.state == "OK", "a tenth is not")


def test_an_alarm_looks_at_its_own_dimensions_and_unit(tenant: Tenant) -> None:
    dimensions = [{"Name": "Endpoint", "Value": "e"}]
    alarm = Alarm(tenant, Dimensions=dimensions, Unit="Count", TreatMissingData="ignore")
    alarm.feed(100)
    alarm.feed(100, Dimensions=[{"Name": "Endpoint", "Value": "f"}], Unit="Count")

    alarm.feed(3, Dimensions=dimensions, Unit="Count")

    alarm.comes_to("OK")
    assert alarm.summaries("StateUpdate") == ["Alarm updated from INSUFFICIENT_DATA to OK"]


@pytest.mark.fact("§10 alarms: 2 of 2 minutes have to breach, as for HasBacklogWithoutCapacity")
def test_an_alarm_waits_for_as_many_minutes_as_it_says(tenant: Tenant) -> None:
    alarm = Alarm(tenant, EvaluationPeriods=2, TreatMissingData="notBreaching")
    alarm.comes_to("OK")
    now = datetime.now(UTC)

    alarm.feed(9, Timestamp=now - timedelta(minutes=1.1))
    alarm.feed(9, Timestamp=now)

    alarm.comes_to("ALARM")


@pytest.mark.fact("§10 alarms: a state that was set lasts until the next comparison; actions run")
def test_a_topic_is_told_of_each_change_in_cloudwatchs_words(tenant: Tenant) -> None:
    arn, messages = topic(tenant)
    alarm = Alarm(
        tenant,
        TreatMissingData="ignore",
        AlarmDescription="too much",
        AlarmActions=[arn],
        OKActions=[arn],
        Dimensions=[{"Name": "Endpoint", "Value": "e"}],
    )

    for state in ("ALARM", "ALARM", "OK"):
        alarm.client.set_alarm_state(AlarmName=alarm.name, StateValue=state, StateReason="a test")

    told = poll(lambda: found if len(found := messages()) == 2 else None, "two messages")
    first = json.loads(told[0]["Message"])
    assert told[0]["Subject"] == f'ALARM: "{alarm.name}" in US East (N. Virginia)'
    assert (first["OldStateValue"], first["NewStateValue"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert (first["NewStateReason"], first["AlarmDescription"]) == ("a test", "too much")
    assert (first["AWSAccountId"], first["Region"]) == ("123456789012", "US East (N. Virginia)")
    assert first["AlarmArn"].endswith(f":alarm:{alarm.name}")
    assert first["Trigger"] == {
        "MetricName": "Load",
        "Namespace": alarm.namespace,
        "StatisticType": "Statistic",
        "Statistic": "SUM",
        "Unit": None,
        "Dimensions": [{"value": "e", "name": "Endpoint"}],
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": None,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5.0,
        "TreatMissingData": "ignore",
        "EvaluateLowSampleCountPercentile": "",
    }
    assert json.loads(told[1]["Message"])["NewStateValue"] == "OK"
    assert alarm.summaries("Action") == [f"Successfully executed action {arn}"] * 2


@pytest.mark.fact("§8 topics: a policy of its own has to let cloudwatch.amazonaws.com publish")
def test_a_topic_that_does_not_let_cloudwatch_publish_hears_nothing(tenant: Tenant) -> None:
    closed, _ = topic(
        tenant, document(allow("sns:Publish", "*", Principal={"AWS": "arn:aws:iam::1:root"}))
    )
    open_arn, messages = topic(
        tenant,
        document(allow("sns:Publish", "*", Principal={"Service": "cloudwatch.amazonaws.com"})),
    )
    gone = f"{closed}-gone"
    other = closed.replace(":sns:", ":ssm:")
    alarm = Alarm(tenant, TreatMissingData="ignore", AlarmActions=[closed, gone, other, open_arn])

    alarm.client.set_alarm_state(AlarmName=alarm.name, StateValue="ALARM", StateReason="a test")

    (told,) = poll(messages, "the open topic is told")
    assert json.loads(told["Message"])["NewStateValue"] == "ALARM"
    errors = [
        json.loads(item["HistoryData"]).get("error")
        for item in alarm.history(HistoryItemType="Action", ScanBy="TimestampAscending")
    ]
    assert errors == [
        f"{closed} does not let cloudwatch.amazonaws.com perform sns:Publish.",
        f"{gone} does not let cloudwatch.amazonaws.com perform sns:Publish.",
        "The local account plays topics, functions and policies.",
        None,
    ]


def test_an_alarm_calls_a_function_that_lets_it(tenant: Tenant) -> None:
    function = tenant.function(
        "def handler(event, context): print('told', event['alarmData']['state']['value'])\n"
    )
    described = tenant.client("lambda").get_function(FunctionName=function)["Configuration"]
    tenant.client("lambda").add_permission(
        FunctionName=function,
        StatementId="alarms",
        Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com",
    )
    alarm = Alarm(tenant, TreatMissingData="ignore", AlarmActions=[described["FunctionArn"]])

    alarm.client.set_alarm_state(AlarmName=alarm.name, StateValue="ALARM", StateReason="a test")

    def is_told() -> bool:
        return any("told ALARM" in line for line in tenant.log_of(f"/aws/lambda/{function}"))

    poll(is_told, "the function has run")


def test_an_alarm_whose_actions_are_off_does_nothing(tenant: Tenant) -> None:
    arn, messages = topic(tenant)
    alarm = Alarm(tenant, TreatMissingData="ignore", AlarmActions=[arn], ActionsEnabled=False)

    alarm.client.set_alarm_state(AlarmName=alarm.name, StateValue="ALARM", StateReason="a test")

    assert (messages(), alarm.history(HistoryItemType="Action")) == ([], [])


def test_a_state_that_is_set_lasts_until_there_is_something_to_compare(tenant: Tenant) -> None:
    kept, lost = Alarm(tenant, TreatMissingData="ignore"), Alarm(tenant)
    for alarm in (kept, lost):
        alarm.client.set_alarm_state(AlarmName=alarm.name, StateValue="ALARM", StateReason="a test")

    poll(lambda: lost.state == "INSUFFICIENT_DATA", "the next comparison")

    assert kept.state == "ALARM"


@pytest.mark.fact("§10 alarms: putting one again leaves its state as it is")
def test_an_alarm_that_is_put_again_keeps_its_state(tenant: Tenant) -> None:
    alarm = Alarm(tenant, TreatMissingData="ignore")
    alarm.client.set_alarm_state(AlarmName=alarm.name, StateValue="ALARM", StateReason="a test")

    alarm.put_again(Threshold=6.0)

    assert (alarm.state, alarm.description["Threshold"]) == ("ALARM", 6)
    assert alarm.summaries("ConfigurationUpdate") == [
        f'Alarm "{alarm.name}" created',
        f'Alarm "{alarm.name}" updated',
    ]


def test_history_comes_in_pages_newest_first(tenant: Tenant) -> None:
    alarm = Alarm(tenant, TreatMissingData="ignore")
    for state in ("ALARM", "OK", "ALARM"):
        alarm.client.set_alarm_state(AlarmName=alarm.name, StateValue=state, StateReason="a test")

    pages = alarm.client.get_paginator("describe_alarm_history").paginate(
        AlarmName=alarm.name, HistoryItemType="StateUpdate", PaginationConfig={"PageSize": 2}
    )

    found = [[item["HistorySummary"] for item in page["AlarmHistoryItems"]] for page in pages]
    assert found == [
        ["Alarm updated from OK to ALARM", "Alarm updated from ALARM to OK"],
        ["Alarm updated from INSUFFICIENT_DATA to ALARM"],
    ]


def test_an_alarm_that_cannot_be_evaluated_says_so_and_stops_no_other(tenant: Tenant) -> None:
    circle = [
        {"Id": "a", "Expression": "b+1", "ReturnData": True},
        {"Id": "b", "Expression": "a+1", "ReturnData": False},
    ]
    band = [{"Id": "m", "Expression": "ANOMALY_DETECTION_BAND(x)", "ReturnData": True}]
    broken = [
        (Alarm(tenant, Metrics=circle), "refer to each other in a circle."),
        (Alarm(tenant, Metrics=band), "nothing is x."),
    ]
    well = Alarm(tenant, TreatMissingData="breaching")

    poll(lambda: well.state == "ALARM", "the other one is evaluated")

    for alarm, why in broken:
        reason = alarm.description["StateReason"]
        assert reason.startswith("The local account cannot evaluate this alarm: ")
        assert reason.endswith(why)


def test_a_state_that_is_none_and_an_alarm_that_is_not_there_are_refused(tenant: Tenant) -> None:
    client = tenant.client("cloudwatch")
    asked = {"AlarmName": unique("nobody"), "StateValue": "OK", "StateReason": "a test"}

    assert refusal(lambda: client.set_alarm_state(**asked))[0].startswith("ResourceNotFound")
