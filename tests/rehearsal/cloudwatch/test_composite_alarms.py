"""Alarms over other alarms."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.account.cloudwatch.composite_rule import RuleError, composed_state
from tests.rehearsal.tenant import Tenant, poll, unique

STATES = {"on": "ALARM", "off": "OK", "an unknown one": "INSUFFICIENT_DATA"}


@pytest.mark.fact("§10 composite alarms: ALARM, OK, INSUFFICIENT_DATA, AND, OR, NOT, TRUE, FALSE")
@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ("ALARM(on)", "ALARM"),
        ('ALARM("off")', "OK"),
        ("OK(off) AND NOT OK(on)", "ALARM"),
        ("ALARM(off) OR ALARM(on) AND FALSE", "OK"),
        ("(ALARM(off) OR ALARM(on)) AND TRUE", "ALARM"),
        ('INSUFFICIENT_DATA("an unknown one")', "ALARM"),
        ("INSUFFICIENT_DATA( an unknown one )", "ALARM"),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:on)", "ALARM"),
    ],
)
def test_a_rule_is_evaluated(rule: str, state: str) -> None:
    assert composed_state(rule, STATES) == state


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("ALARM(nobody)", "there is no alarm nobody"),
        ("ALARM(on", "unexpected A"),
        ("(ALARM(on)", ") is missing"),
        ("ALARM(on) ALARM(off)", "AND or OR is missing"),
        ("AND", "unexpected AND"),
        ("NOT", "something is missing at the end"),
        ("NOT " * 60 + "TRUE", "too deep"),
    ],
)
def test_what_is_no_rule_says_why(rule: str, why: str) -> None:
    with pytest.raises(RuleError) as caught:
        composed_state(rule, STATES)

    assert f"cannot be evaluated: {why}" in str(caught.value)


@given(st.text(alphabet='ALRMOKNDTUEFS()" on', max_size=40))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    with contextlib.suppress(RuleError):
        assert composed_state(text, STATES) in {"OK", "ALARM"}


def test_a_composite_alarm_follows_those_that_it_names(tenant: Tenant) -> None:
    client, part, whole = tenant.client("cloudwatch"), unique("part"), unique("whole")
    client.put_metric_alarm(
        AlarmName=part,
        MetricName="m",
        Namespace="n",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )
    client.put_composite_alarm(AlarmName=whole, AlarmRule=f"ALARM({part})")

    def state() -> str:
        (found,) = client.describe_alarms(
            AlarmNames=[whole], AlarmTypes=["CompositeAlarm", "MetricAlarm"]
        )["CompositeAlarms"]
        return found["StateValue"]

    poll(lambda: state() == "OK", "the part is no alarm")
    client.set_alarm_state(AlarmName=part, StateValue="ALARM", StateReason="a test")
    poll(lambda: state() == "ALARM", "the part is an alarm")

    (item, *_) = client.describe_alarm_history(AlarmName=whole, AlarmTypes=["CompositeAlarm"])[
        "AlarmHistoryItems"
    ]
    assert item["HistorySummary"] == "Alarm updated from OK to ALARM"
