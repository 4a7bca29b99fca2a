"""What datapoints come to: the tables of AWS's documentation."""

import pytest

from rehearsal.account.cloudwatch.alarm_verdict import Rule, judge

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
SAME, NOT_KNOWN = None, "INSUFFICIENT_DATA"
POINTS = {"0": 0.0, "X": 2.0, "-": None}


def rule(**changes: object) -> Rule:
    members = {
        "comparison": "GreaterThanThreshold",
        "threshold": 1.0,
        "evaluation_periods": 3,
        "datapoints_to_alarm": 3,
        "treat_missing": "missing",
        **changes,
    }
    return Rule(**members)  # pyright: ignore[reportArgumentType] - as the test says


def judged(points: str, **changes: object) -> list[str | None]:
    values = [POINTS[each] for each in points.split()]
    return [judge(rule(treat_missing=each, **changes), values).state for each in TREATMENTS]


@pytest.mark.fact(
    "§10 alarms: missing data, 3 of 3 datapoints (the first table of alarms-and-missing-data)"
)
@pytest.mark.parametrize(
    ("points", "states"),
    [
        ("0 - X - X", ["OK", "OK", "OK", "OK"]),
        ("0 - - - -", ["OK", "OK", "OK", "OK"]),
        ("- - - - -", [NOT_KNOWN, SAME, "ALARM", "OK"]),
        ("0 X X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("- - X - -", ["ALARM", SAME, "ALARM", "OK"]),
        ("- - - - X", [NOT_KNOWN, SAME, "ALARM", "OK"]),
        ("- - - X -", [NOT_KNOWN, SAME, "ALARM", "OK"]),
    ],
)
def test_three_of_three_datapoints(points: str, states: list[str | None]) -> None:
    assert judged(points) == states


@pytest.mark.fact(
    "§10 alarms: missing data, 2 of 3 datapoints (the second table of alarms-and-missing-data)"
)
@pytest.mark.parametrize(
    ("points", "states"),
    [
        ("0 - X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 0 X 0 X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 - X - -", ["OK", "OK", "ALARM", "OK"]),
        ("- - - - 0", ["OK", "OK", "ALARM", "OK"]),
        ("- - - X -", ["ALARM", SAME, "ALARM", "OK"]),
    ],
)
def test_two_of_three_datapoints(points: str, states: list[str | None]) -> None:
    assert judged(points, datapoints_to_alarm=2) == states


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [2]),
        ("GreaterThanOrEqualToThreshold", [1, 2]),
        ("LessThanThreshold", [0]),
        ("LessThanOrEqualToThreshold", [0, 1]),
    ],
)
def test_every_comparison_is_with_the_threshold(comparison: str, breaching: list[int]) -> None:
    compared = rule(comparison=comparison)

    assert [value for value in (0, 1, 2) if compared.is_breaching(value)] == breaching


def test_a_verdict_tells_what_it_rests_on() -> None:
    verdict = judge(rule(), [None, 2.0, None, 0.0, None])

    assert (verdict.evaluated, verdict.filled) == ((2.0, 0.0), 1)
