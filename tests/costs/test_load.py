"""What is asked of a stack, and how a person says it."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costs import DEFAULT_LOAD, Load, LoadError, parse_load
from costs.load import LIMITS


@pytest.mark.parametrize(
    ("text", "load"),
    [
        ("1,000 requests a day of 300 tokens", Load()),
        ("1000 requests/day, 300 tokens", Load()),
        ("50000 requests", Load(requests_per_day=50_000)),
        ("1 request a day", Load(requests_per_day=1)),
        ("2.5 s", Load(seconds_per_request=2.5)),
        ("2.5 seconds each, 24 hours a day", Load(seconds_per_request=2.5, hours_per_day=24)),
        ("10 requests per day; 1_000 TOKENS and 3h", Load(requests_per_day=10, tokens_per_request=1000, hours_per_day=3)),
        ("4 at once", Load(at_once=4)),
    ],
)  # fmt: skip
def test_a_load_is_read_as_people_write_it(text: str, load: Load) -> None:
    assert parse_load(text) == load


def test_what_is_left_out_is_as_before() -> None:
    before = Load(requests_per_day=7, tokens_per_request=8, seconds_per_request=9)

    assert parse_load("5 tokens", before) == Load(
        requests_per_day=7, tokens_per_request=5, seconds_per_request=9
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "many requests",
            "'many requests' is not understood; write such as: 1000 requests a day, 300 tokens, 2 seconds, 8 hours",
        ),
        (
            "5 tokens maybe",
            "'maybe' is not understood; write such as: 1000 requests a day, 300 tokens, 2 seconds, 8 hours",
        ),
        (
            "",
            "the load is empty; write such as: 1000 requests a day, 300 tokens, 2 seconds, 8 hours",
        ),
        ("5 tokens, 6 tokens", "tokens per request is said twice"),
        ("25 hours", "hours per day must be above 0 and at most 24, found 25"),
        ("0 s", "seconds per request must be above 0 and at most 3600, found 0"),
        ("0 at once", "at once must be 1 to 10000, found 0"),
        ("99999999999 requests", "requests per day must be 0 to 1e+09, found 1e+11"),
    ],
)
def test_a_load_that_cannot_be_is_told(text: str, message: str) -> None:
    with pytest.raises(LoadError) as refused:
        parse_load(text)

    assert str(refused.value) == message


@pytest.mark.parametrize("name", LIMITS)
def test_no_part_of_a_load_is_not_a_number(name: str) -> None:
    said: dict[str, Any] = {name: math.nan}
    with pytest.raises(LoadError, match="found nan"):
        Load(**said)


@given(st.text(max_size=80))
def test_any_text_is_a_load_or_is_refused_in_words(text: str) -> None:
    told = ""
    try:
        told = f"{parse_load(text).requests_per_day:g}"
    except LoadError as refused:
        told = str(refused)

    assert told


@given(st.integers(0, 10**6), st.integers(0, 10**5), st.integers(1, 3600), st.integers(1, 24))
def test_a_load_that_is_written_out_is_read_again(
    requests: int, tokens: int, seconds: int, hours: int
) -> None:
    text = f"{requests:,} requests a day of {tokens} tokens, {seconds} seconds each, {hours} hours"

    assert parse_load(text) == Load(
        requests_per_day=requests,
        tokens_per_request=tokens,
        seconds_per_request=seconds,
        hours_per_day=hours,
    )


def test_a_month_has_730_hours() -> None:
    assert DEFAULT_LOAD.requests_per_month == pytest.approx(30_416.67, abs=0.01)
    assert DEFAULT_LOAD.seconds_per_month == pytest.approx(60_833.33, abs=0.01)


def test_instances_are_kept_busy_while_requests_come() -> None:
    # 28,800 requests of 2 s in 8 hours: two at any moment.
    assert Load(requests_per_day=28_800).busy_instances == 2
    assert Load(requests_per_day=28_800, at_once=4).busy_instances == 0.5
