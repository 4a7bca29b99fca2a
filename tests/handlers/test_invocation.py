"""How the function's time is shared between the model, the record and the reply."""

import pytest

from handlers.errors import NoTimeLeftError
from handlers.invocation import Deadline


def with_milliseconds_left(milliseconds: int) -> Deadline:
    return Deadline(lambda: milliseconds)


@pytest.mark.parametrize(
    ("milliseconds_left", "read_timeout_seconds"),
    [
        (6_500, 1),
        (7_499, 1),
        (7_500, 2),
        (30_000, 24),
        (75_500, 70),
        (900_000, 70),
    ],
)
def test_the_model_gets_the_whole_seconds_left_after_connecting_recording_and_replying(
    milliseconds_left: int, read_timeout_seconds: int
) -> None:
    deadline = with_milliseconds_left(milliseconds_left)

    assert deadline.read_timeout_seconds() == read_timeout_seconds


@pytest.mark.parametrize(
    ("milliseconds_left", "seconds"), [(6_500, 1), (75_500, 70), (485_500, 480), (900_000, 480)]
)
def test_a_stream_may_last_eight_minutes(milliseconds_left: int, seconds: int) -> None:
    assert with_milliseconds_left(milliseconds_left).stream_seconds() == seconds


@pytest.mark.parametrize(
    ("milliseconds_left", "pause_seconds", "has_time"),
    [(6_500, 0, True), (6_499, 0, False), (7_000, 0.5, True), (7_000, 0.6, False)],
)
def test_a_pause_leaves_the_model_a_second_or_is_too_long(
    milliseconds_left: int, pause_seconds: float, *, has_time: bool
) -> None:
    assert with_milliseconds_left(milliseconds_left).has_time_after(pause_seconds) == has_time


@pytest.mark.parametrize("milliseconds_left", [0, 3_000, 6_499])
def test_without_a_whole_second_for_the_model_nothing_is_sent(milliseconds_left: int) -> None:
    with pytest.raises(NoTimeLeftError, match="Raise the function's timeout"):
        with_milliseconds_left(milliseconds_left).read_timeout_seconds()
    with pytest.raises(NoTimeLeftError, match="Nothing was sent to the model"):
        with_milliseconds_left(milliseconds_left).stream_seconds()


@pytest.mark.parametrize(
    ("milliseconds_left", "seconds"), [(30_000, 5.0), (10_500, 5.0), (9_500, 4.0), (6_500, 1.0)]
)
def test_storing_an_asynchronous_payload_may_take_five_seconds_of_the_models_time(
    milliseconds_left: int, seconds: float
) -> None:
    assert with_milliseconds_left(milliseconds_left).input_seconds() == seconds


def test_without_a_whole_second_for_sagemaker_no_payload_is_stored() -> None:
    with pytest.raises(NoTimeLeftError, match="Nothing was sent to the model"):
        with_milliseconds_left(6_499).input_seconds()


@pytest.mark.parametrize(
    ("milliseconds_left", "seconds"), [(30_000, 3.0), (3_500, 3.0), (2_000, 1.5), (400, 0.0)]
)
def test_the_record_may_take_three_seconds_and_leaves_half_a_second_for_the_reply(
    milliseconds_left: int, seconds: float
) -> None:
    assert with_milliseconds_left(milliseconds_left).record_seconds_left() == seconds
