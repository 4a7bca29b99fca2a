"""A load is sent as planned, and nothing slow is left out of its numbers."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.asking import Event, Reply
from operations.errors import OperationError
from operations.load.chart import KINDS, write_chart
from operations.load.events import events_of_file
from operations.load.plan import MOST_REQUESTS, LoadPlan
from operations.load.report import Percentiles, percentiles, report_of
from operations.load.run import LoadRun
from operations.load.sample import Sample, error_of

TEXT: Reply = {"status": 200, "text": "x", "usage": {"completion_tokens": 5}}


def run(plan: LoadPlan, ask: Callable[[Event, Callable[[], None]], Reply]) -> LoadRun:
    started = LoadRun(plan, ask, [{"prompt": "a"}, {"prompt": "b"}])
    started.start()
    assert not started.wait(20)
    return started


def sample(at: float, latency: float, error: str = "", tokens: int | None = None) -> Sample:
    return Sample(due_at=at, sent_at=at, ended_at=at + latency, error=error, tokens=tokens)


def test_a_closed_load_has_so_many_under_way_and_asks_one_prompt_after_another() -> None:
    lock, under_way, most, asked = threading.Lock(), 0, 0, list[str]()

    def ask(event: Event, _: Callable[[], None]) -> Reply:
        nonlocal under_way, most
        with lock:
            asked.append(event["prompt"])
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.005)
        with lock:
            under_way -= 1
        return TEXT

    ended = run(LoadPlan(at_once=3, requests=30), ask)

    assert (len(ended.samples()), most) == (30, 3)
    assert (asked.count("a"), asked.count("b")) == (15, 15)


def test_a_closed_load_ends_in_time() -> None:
    def ask(_: Event, __: Callable[[], None]) -> Reply:
        time.sleep(0.01)
        return TEXT

    ended = run(LoadPlan(at_once=2, seconds=0.2), ask)

    assert ended.samples()
    assert all(sample.sent_at < 0.2 + 0.1 for sample in ended.samples())


def test_an_open_load_counts_from_the_moment_when_a_request_was_due() -> None:
    """The first answer takes long, and with one caller all others are sent late: their callers waited too."""
    answers = iter([0.3])

    def ask(_: Event, __: Callable[[], None]) -> Reply:
        time.sleep(next(answers, 0))
        return TEXT

    ended = run(LoadPlan(rate=50, at_once=1, requests=5), ask)

    samples = ended.samples()
    assert [round(sample.due_at, 9) for sample in samples] == [0, 0.02, 0.04, 0.06, 0.08]
    assert all(sample.latency >= 0.3 - 0.08 for sample in samples)
    assert report_of(samples).latest_start >= 0.2


def test_an_open_load_sends_at_its_rate() -> None:
    ended = run(LoadPlan(rate=100, at_once=4, seconds=0.3), lambda _, __: TEXT)

    assert len(ended.samples()) == 30
    assert all(sample.late >= 0 for sample in ended.samples())


def test_a_load_can_be_ended_early_without_waiting() -> None:
    gate = threading.Event()

    def ask(_: Event, __: Callable[[], None]) -> Reply:
        gate.wait(10)
        return TEXT

    started = LoadRun(LoadPlan(at_once=2), ask, [{"prompt": "a"}])
    started.start()
    assert started.wait(0.05)
    started.stop()

    assert (started.samples(), started.under_way) == ([], 2)
    gate.set()
    assert not started.wait(10)
    assert len(started.samples()) == 2


def test_the_first_piece_of_a_stream_is_timed() -> None:
    def ask(_: Event, on_first_text: Callable[[], None]) -> Reply:
        on_first_text()
        time.sleep(0.05)
        return TEXT

    (only,) = run(LoadPlan(requests=1), ask).samples()

    assert only.first_text is not None
    assert only.first_text < only.latency - 0.04


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (TEXT, ""),
        (
            {"status": 429, "error": {"type": "endpoint_throttled", "message": "m"}},
            "endpoint_throttled",
        ),
        ({"status": 202, "state": "waking"}, "answered later: waking"),
    ],
)
def test_a_reply_without_a_text_is_an_error(reply: Reply, error: str) -> None:
    assert error_of(reply) == error


def test_a_report_counts_what_was_answered_and_what_failed() -> None:
    samples = [
        sample(0, 1, tokens=10),
        sample(1, 1, tokens=20),
        sample(1, 9, "throttled"),
        sample(2, 1, "throttled"),
        sample(2, 1, "gone"),
    ]

    report = report_of(samples, usd_per_hour=3.6, left_under_way=2, is_interrupted=True)

    assert (report.sent, report.answered, report.seconds) == (7, 2, 10)
    assert report.errors == {"throttled": 2, "gone": 1}
    assert report.answered_a_second == pytest.approx(0.2)
    assert (report.tokens, report.tokens_a_second) == (30, pytest.approx(3))
    assert report.latency == Percentiles(1, 1, 1, 1)
    assert report.usd == pytest.approx(0.01)


def test_a_load_without_an_answer_has_no_percentiles_and_no_price_is_not_zero() -> None:
    report = report_of([])

    assert (report.sent, report.latency, report.first_text, report.tokens) == (0, None, None, None)
    assert report.usd is None


def test_percentiles_are_those_of_the_hundred() -> None:
    found = percentiles([number / 100 for number in range(101)])

    assert found is not None
    assert [found.p50, found.p90, found.p99, found.longest] == pytest.approx([0.5, 0.9, 0.99, 1])


@given(st.lists(st.floats(0, 1000), min_size=1))
def test_percentiles_are_in_order_and_within_what_was_measured(seconds: list[float]) -> None:
    found = percentiles(seconds)

    assert found is not None
    slack = 1e-9 * max(seconds)
    assert min(seconds) - slack <= found.p50 <= found.p90 + slack
    assert found.p90 - slack <= found.p99 + slack <= found.longest + 3 * slack


@pytest.mark.parametrize(
    ("plan", "most"),
    [
        (LoadPlan(rate=10, seconds=3), 30),
        (LoadPlan(rate=10, seconds=3, requests=7), 7),
        (LoadPlan(rate=0.1, seconds=1), 1),
        (LoadPlan(), MOST_REQUESTS),
        (LoadPlan(rate=500, seconds=3600), MOST_REQUESTS),
    ],
)
def test_a_plan_knows_how_many_requests_it_may_come_to(plan: LoadPlan, most: int) -> None:
    assert plan.most_requests == most


MEASURED = {
    "nothing": [],
    "one request": [sample(0, 0.5)],
    "all failed": [sample(0, 1, "<&>"), sample(1, 1, "$x^$")],
    "a mixture": [
        sample(number / 10, 0.1, "slow" if number % 7 == 0 else "") for number in range(50)
    ],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("samples", MEASURED.values(), ids=MEASURED)
def test_a_chart_is_a_picture_whatever_was_measured(
    tmp_path: Path, samples: list[Sample], kind: str
) -> None:
    chart = tmp_path / f"chart{kind}"

    write_chart(chart, samples, report_of(samples), "dev & <more> of $x^$")

    picture = chart.read_bytes()
    if kind == ".png":
        assert picture.startswith(b"\x89PNG\r\n")
    else:
        assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - ours


def test_very_many_requests_make_no_picture_of_megabytes(tmp_path: Path) -> None:
    samples = [sample(number / 1000, 0.1) for number in range(50_000)]

    write_chart(tmp_path / "x.svg", samples, report_of(samples), "x")

    assert (tmp_path / "x.svg").stat().st_size < 500_000


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="cannot be written"):
        write_chart(tmp_path / "missing" / "x.svg", [], report_of([]), "x")


def test_without_matplotlib_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(OperationError) as told:
        write_chart(tmp_path / "x.svg", [], report_of([]), "x")

    assert told.value.fix == 'install it: pip install "genai-endpoint[charts]"'


def test_a_line_that_asks_for_nothing_is_no_use(tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text('"a"\nnothing\n')

    with pytest.raises(OperationError, match="line 2 is no JSON"):
        events_of_file(file, {})
    file.write_text('"a"\n{"prompt": "b"}\n')
    assert events_of_file(file, {"seed": 1}) == [
        {"prompt": "a", "parameters": {"seed": 1}},
        {"prompt": "b", "parameters": {"seed": 1}},
    ]
