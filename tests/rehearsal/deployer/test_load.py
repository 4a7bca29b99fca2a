"""Callers that ask while something changes."""

import contextlib
import threading

from rehearsal.load import Load


def test_every_caller_asks_before_during_and_after() -> None:
    asked: list[str] = []
    phase, has_asked_meanwhile = ["before"], threading.Event()

    def ask() -> None:
        asked.append(phase[0])
        if phase[0] == "during":
            has_asked_meanwhile.set()

    with Load(ask, callers=3) as load:
        assert asked.count("before") >= 3
        phase[0] = "during"
        assert has_asked_meanwhile.wait(5)
        phase[0] = "after"

    assert asked.count("after") >= 3
    assert load.result().sent == len(asked)
    assert load.result().failed == 0


def test_failures_are_counted_by_what_was_said() -> None:
    answers = iter([None, OSError("refused"), None, OSError("refused\nat length"), ValueError()])

    def ask() -> None:
        if failure := next(answers, None):
            raise failure

    with Load(ask, callers=1) as load:
        while load.result().sent < 5:
            pass

    result = load.result()
    assert result.failures == {"refused": 2, "ValueError()": 1}
    assert result.failed == 3
    assert result.longest_seconds > 0


def test_callers_stop_if_the_change_fails() -> None:
    load = Load(lambda: None, callers=2)
    before = threading.active_count()

    with contextlib.suppress(RuntimeError), load:
        raise RuntimeError

    assert threading.active_count() == before
