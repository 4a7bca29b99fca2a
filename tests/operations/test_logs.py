"""`genai logs`, on a deployed stack and on groups with lines of the tests' own."""

import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from operations import stack_logs
from operations.deployment import Deployment
from operations.log_lines import Source
from operations.stack_logs import LogGroup, Selection, follow_logs, log_groups_of, read_logs
from tests.rehearsal.front_door.stacks import Stack
from tests.rehearsal.tenant import poll, unique

NOW_MS = int(time.time() * 1000)
Write = Callable[..., None]


@pytest.fixture
def write(dev: Deployment, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a line into a group of the function or the container that only this test reads."""
    groups: dict[Source, LogGroup] = {
        "function": LogGroup(unique("/aws/lambda/f"), "function"),
        "container": LogGroup(unique("/aws/sagemaker/Endpoints/e"), "container"),
    }
    monkeypatch.setattr(stack_logs, "log_groups_of", lambda _: list(groups.values()))
    logs = dev.client("logs")
    for group in groups.values():
        logs.create_log_group(logGroupName=group.name)
        logs.create_log_stream(logGroupName=group.name, logStreamName="s")

    def written(source: Source, ago_ms: int, text: str | dict[str, Any]) -> None:
        message = text if isinstance(text, str) else json.dumps(text)
        logs.put_log_events(
            logGroupName=groups[source].name,
            logStreamName="s",
            logEvents=[{"timestamp": NOW_MS - ago_ms, "message": message}],
        )

    return written


def messages(dev: Deployment, **selection: Any) -> list[str]:
    return [line.message for line in read_logs(dev, Selection(**selection), NOW_MS - 60_000)]


def answered(request_id: str, **more: Any) -> dict[str, Any]:
    return {"level": "INFO", "message": f"answered {request_id}", "requestId": request_id, **more}


def test_the_groups_are_the_functions_and_the_containers(dev: Deployment) -> None:
    assert log_groups_of(dev) == [
        LogGroup("/aws/lambda/genai-dev-genai", "function"),
        LogGroup("/aws/sagemaker/Endpoints/genai-dev", "container"),
    ]


def test_an_inference_component_has_a_group_of_its_own(
    dev: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_logs, "inference_component_of", lambda _: "genai-dev-component")

    assert log_groups_of(dev)[-1] == LogGroup(
        "/aws/sagemaker/InferenceComponents/genai-dev-component", "container"
    )


def test_both_logs_are_told_together_in_order(dev: Deployment, write: Write) -> None:
    write("function", 1_000, "third")
    write("container", 2_000, "second")
    write("function", 3_000, "first")
    write("function", 90_000, "before")

    assert messages(dev) == ["first", "second", "third"]
    assert messages(dev, source="container") == ["second"]


@pytest.mark.usefixtures("write")
def test_more_lines_than_fit_a_page_are_all_there(dev: Deployment) -> None:
    logs = dev.client("logs")
    group = stack_logs.log_groups_of(dev)[0].name
    count = 12_000
    for first in range(0, count, 4_000):
        numbers = range(first, first + 4_000)
        events = [{"timestamp": NOW_MS - 50_000, "message": str(number)} for number in numbers]
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)

    assert len(messages(dev)) == count


def test_a_group_that_is_not_there_yet_has_no_lines(
    dev: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        stack_logs, "log_groups_of", lambda _: [LogGroup(unique("none"), "function")]
    )

    assert messages(dev) == []


def test_a_request_is_shown_with_what_the_container_wrote_meanwhile(
    dev: Deployment, write: Write
) -> None:
    write("container", 20_000, "long before")
    write("container", 9_000, "while it was answered")
    write("function", 8_500, answered("other"))
    write("function", 8_000, answered("abc-1", latency_ms=2_000))
    write("container", 2_000, "long after")

    assert messages(dev, request_id="abc") == ["while it was answered", "answered abc-1"]
    assert messages(dev, request_id="abc", source="container") == ["while it was answered"]
    assert messages(dev, request_id="nobody") == []


def test_metrics_are_hidden_unless_asked_for(dev: Deployment, write: Write) -> None:
    write("function", 1_000, {"_aws": {}, "Requests": 1})

    assert messages(dev) == []
    assert messages(dev, with_metrics=True) == ["metrics"]


def test_lines_are_chosen_by_what_is_in_them_and_by_trouble(dev: Deployment, write: Write) -> None:
    write("function", 3_000, answered("one", status=502))
    write("function", 2_000, answered("two", status=200))
    write("container", 1_000, "ERROR two went wrong")

    assert messages(dev, only_trouble=True) == ["answered one", "ERROR two went wrong"]
    assert messages(dev, pattern=re.compile('two$|"two"')) == ["answered two"]


class Clock:
    """A clock that goes on by a second for each sleep, and lets something happen then."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.happenings: list[Callable[[], None]] = []

    def sleep(self, _seconds: float) -> None:
        self.now_ms += 1_000
        if self.happenings:
            self.happenings.pop(0)()


def followed(dev: Deployment, clock: Clock, count: int, **selection: Any) -> list[str]:
    lines: Iterator[Any] = follow_logs(
        dev,
        Selection(**selection),
        NOW_MS - 60_000,
        now_ms=lambda: clock.now_ms,
        sleep=clock.sleep,
    )
    return [line.message for line in itertools.islice(lines, count)]


def test_new_lines_come_once_and_in_order(dev: Deployment, write: Write) -> None:
    clock = Clock()
    write("function", 5_000, "old")
    clock.happenings = [
        lambda: write("function", -500, "second"),
        # Found later than the line after it, but soon enough.
        lambda: write("container", -200, "first"),
        lambda: write("function", -3_000, "third"),
    ]

    assert followed(dev, clock, 4) == ["old", "first", "second", "third"]


def test_a_line_that_comes_too_late_is_shown_when_it_comes(dev: Deployment, write: Write) -> None:
    clock = Clock()
    write("function", 5_000, "old")
    clock.happenings = [lambda: write("container", 30_000, "late"), lambda: None]

    assert followed(dev, clock, 2) == ["old", "late"]


def test_only_what_is_wanted_is_followed(dev: Deployment, write: Write) -> None:
    clock = Clock()
    write("function", 5_000, "calm")
    clock.happenings = [lambda: write("container", 0, "ERROR bad")]

    assert followed(dev, clock, 1, only_trouble=True) == ["ERROR bad"]


def genai_logs(stack: Stack, *arguments: str) -> Any:
    environment = {"GENAI_ACCOUNT": stack.account.url, "COLUMNS": "250"}
    return CliRunner().invoke(app, ["logs", "dev", *arguments], env=environment)


def test_a_failed_request_is_shown_with_its_explanation(dev_stack: Stack) -> None:
    reply = dev_stack.ask({"prompt": "fail this secret"})
    request_id = reply["error"]["request_id"]
    poll(lambda: any(request_id in line for line in dev_stack.log()), "the log tells of it")

    done = genai_logs(dev_stack, "--request", request_id)

    assert done.exit_code == 0, done.output
    assert "request answered" in done.output
    assert "model-failed  The container failed at this request." in done.output
    assert "fix:" in done.output
    function_lines = [line for line in done.output.splitlines() if " function " in line]
    assert not any("secret" in line for line in function_lines)
    assert '"_aws"' not in done.output


def test_json_is_one_object_a_line(dev_stack: Stack) -> None:
    poll(dev_stack.container_log, "the container wrote")
    done = genai_logs(dev_stack, "--json", "--source", "container")

    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told[0]["message"]
    assert {line["source"] for line in told} == {"container"}


def test_no_line_ends_with_code_1_and_says_so(dev_stack: Stack) -> None:
    done = genai_logs(dev_stack, "--grep", "no such thing", "--since", "2026-11-24")

    assert done.exit_code == 1
    assert "no such line since 2026-11-24 00:00:00 UTC" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--grep", "("], 2, "it is no regular expression"),
        (["--follow", "--request", "x"], 2, "a request is looked up once it is over"),
        (["--since", "soon"], 1, "'soon' is no moment"),
        (["--source", "nobody"], 2, "nobody"),
    ],
)
def test_what_makes_no_sense_is_said(
    dev_stack: Stack, arguments: list[str], code: int, said: str
) -> None:
    done = genai_logs(dev_stack, *arguments)

    assert done.exit_code == code
    assert said in done.output
    assert "Traceback" not in done.output
