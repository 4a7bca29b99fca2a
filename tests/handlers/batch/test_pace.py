import threading

import pytest

from handlers.aws.errors import NotConnectedError
from handlers.batch.objects import Objects
from handlers.batch.timing import MOST_ROUNDS, Pace
from handlers.errors import StorageUnavailableError
from handlers.storage.bucket import Bucket
from tests.handlers.batch.rig import VirtualClock
from tests.handlers.doubles import BUCKET_NAME, FakeS3


def pace(clock: VirtualClock, seconds_left: float = 1000) -> Pace:
    return Pace(clock, lambda after: after < seconds_left, 20)


def test_who_met_the_same_trouble_makes_nobody_pause_longer() -> None:
    clock = VirtualClock()
    shared = pace(clock)
    turns = [shared.wait_for_turn() for _ in range(4)]

    for turn in turns:
        assert turn is not None
        shared.slow_down(turn, 5)

    assert shared.wait_for_turn() == 1
    assert clock.waits == [5.5]


def test_each_pause_in_a_row_is_longer_up_to_a_minute() -> None:
    clock = VirtualClock()
    shared = pace(clock)

    for turn in range(MOST_ROUNDS - 1):
        shared.slow_down(turn, 10)
        assert shared.wait_for_turn() == turn + 1

    assert clock.waits == [10.5, 20.5, 40.5, 60.5]
    shared.slow_down(MOST_ROUNDS - 1, 10)
    assert shared.is_stopped
    assert shared.wait_for_turn() is None
    assert shared.pause_seconds == 60


def test_an_answer_in_between_makes_pauses_short_again() -> None:
    clock = VirtualClock()
    shared = pace(clock)

    for turn in range(10):
        shared.slow_down(turn, 10)
        assert shared.wait_for_turn() == turn + 1
        shared.answered()

    assert clock.waits == [10.5] * 10


def test_what_asks_for_more_than_a_minute_gets_it() -> None:
    clock = VirtualClock()
    shared = pace(clock)

    shared.slow_down(0, 100)

    assert shared.wait_for_turn() == 1
    assert clock.waits == [100.5]


def test_a_run_without_time_for_the_pause_stops() -> None:
    shared = pace(VirtualClock(), seconds_left=5)

    shared.slow_down(0, 5)

    assert shared.is_stopped
    assert shared.pause_seconds == 5


def test_who_pauses_stops_doing_so_with_the_run() -> None:
    class RealEnough(VirtualClock):
        def wait(self, interrupted: threading.Event, seconds: float) -> None:
            interrupted.wait(seconds)

    shared = pace(RealEnough())
    shared.slow_down(0, 60)
    turns: list[int | None] = []
    waiting = threading.Thread(target=lambda: turns.append(shared.wait_for_turn()))
    waiting.start()

    shared.stop()

    waiting.join(timeout=10)
    assert turns == [None]


def test_storage_is_not_waited_for_longer_than_the_run_lasts() -> None:
    clock, s3 = VirtualClock(), FakeS3()
    s3.fail(NotConnectedError(), "put")

    with pytest.raises(StorageUnavailableError):
        Objects(Bucket(BUCKET_NAME, lambda: s3), lambda: 3, clock).put("parts/a", b"")

    assert clock.waits == [1, 2]
