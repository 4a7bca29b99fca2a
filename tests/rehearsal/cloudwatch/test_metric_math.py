"""Metric math, point by point."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.account.cloudwatch.metric_math import MathError, evaluate, names_in

E, I = [1, None, 0], [4, 0, 0]  # noqa: E741 - as an alarm on errors calls them
KNOWN = {"e": E, "i": I}
NONE = [None, None, None]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("IF(i>0,100*e/i,0)", [25, 0, 0]),
        ("IF(i, 7)", [7, None, None]),
        ("IF(e, 1, 2)", [1, None, 2]),
        ("FILL(e, 7)", [1, 7, 0]),
        ("FILL(e, REPEAT)", [1, 1, 0]),
        ("FILL(e, i)", [1, 0, 0]),
        ("100*e", [100, None, 0]),
        ("e+i-1", [4, None, -1]),
        ("2+3*4^2/8", [8, 8, 8]),
        ("-2^2", [-4, -4, -4]),
        ("(1+2)*3", [9, 9, 9]),
        ("e/i", [0.25, None, None]),
        ("1/0", NONE),
        ("0^-1", NONE),
        ("10^999", NONE),
        ("i >= 4", [1, 0, 0]),
        ("i != 0 && e == 1", [1, None, 0]),
        ("i < 1 OR i > 3", [1, 1, 1]),
        ("i < 1 AND i <= 3", [0, 1, 1]),
        ("i < 1 || 0", [0, 1, 1]),
        ("SUM([e, i])", [5, 0, 0]),
        ("AVG([e, i])", [2.5, 0, 0]),
        ("MIN([e, i])", [1, 0, 0]),
        ("MAX(METRICS())", [4, 0, 0]),
        ('SUM(METRICS("i"))', [4, 0, 0]),
        ("SUM(i)", [4, 4, 4]),
        ("MAX(e) + 1", [2, 2, 2]),
        ("CEIL(e/3) + FLOOR(1.5) + ABS(-2)", [4, None, 3]),
        (" 1e2 + .5 ", [100.5, 100.5, 100.5]),
    ],
)
def test_an_expression_is_evaluated(expression: str, values: list[float | None]) -> None:
    assert evaluate(expression, KNOWN, 3) == values


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("x + 1", "nothing is x"),
        ("1 +", "something is missing at the end"),
        ("(1", ") is missing"),
        ("1 2", "unexpected 2"),
        ("1 § 2", "unexpected §"),
        ("* 2", "unexpected *"),
        ("[e, i]", "a list of metrics needs a function such as SUM"),
        ("[]", "there is no metric in a list"),
        ('SUM(METRICS("x"))', "there is no metric in a list"),
        ("REPEAT + 1", "REPEAT is no metric"),
        ("RATE(e)", "the local account does not play RATE with 1 arguments"),
        ("IF(e)", "the local account does not play IF with 1 arguments"),
        ("(" * 60 + "1" + ")" * 60, "too deep"),
        ("-" * 60 + "1", "too deep"),
    ],
)
def test_what_cannot_be_evaluated_says_why(expression: str, why: str) -> None:
    with pytest.raises(MathError) as caught:
        evaluate(expression, KNOWN, 3)

    assert str(caught.value) == f"The expression {expression!r} cannot be evaluated: {why}."


@given(st.text(alphabet="ei019.+-*/^(),<>=!&|[]\"' IFSUMREPEAT", max_size=40))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    with contextlib.suppress(MathError):
        assert len(evaluate(text, KNOWN, 3)) == 3


def test_the_names_of_an_expression_are_what_it_refers_to() -> None:
    assert names_in("IF(m1 > 1e3, e_2)") == {"IF", "m1", "e_2"}
