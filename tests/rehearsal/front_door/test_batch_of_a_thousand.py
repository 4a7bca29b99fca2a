"""A thousand prompts through S3, the queue and the function of the dev stack, while a tenth of its calls fail."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.account.faults.plan import FaultPlan
from rehearsal.local_account import LocalAccount, local_account
from tests.rehearsal.front_door.stacks import Project, Stack
from tests.rehearsal.tenant import REGION

pytestmark = pytest.mark.matrix

PROMPTS = [f"It was the {number}th morning" for number in range(1000)]
NAME = "mornings.jsonl"
LIMIT_SECONDS = 240
# Lines whose answers a run may lose when it is killed: those since the last part, and those under way.
LINES_AT_RISK = 100 + 8


@pytest.fixture
def account() -> Iterator[LocalAccount]:
    with local_account(REGION, faults=FaultPlan.of("all=10%", seed=4)) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, storyteller=True)


def put_prompts(stack: Stack, prompts: list[str] = PROMPTS) -> None:
    lines = [
        json.dumps({"prompt": prompt, "parameters": {"max_new_tokens": 2, "seed": 1}})
        for prompt in prompts
    ]
    stack.put(f"inputs/{NAME}", "\n".join(lines).encode())


def wait_for(wanted: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (found := wanted()):
        assert time.monotonic() < deadline, f"still not so: {what}"
        time.sleep(0.1)
    return found


def result(stack: Stack) -> list[dict[str, Any]]:
    """The one result, after the last message is off the queue."""
    wait_for(lambda: stack.keys(f"results/{NAME}"), "there is a result")
    wait_for(stack.inputs.is_empty, "the queue is empty")
    (key,) = stack.keys(f"results/{NAME}")
    return stack.lines(key)


def assert_each_is_answered_once_and_in_order(
    entries: list[dict[str, Any]], prompts: list[str] = PROMPTS
) -> None:
    assert [entry["line"] for entry in entries] == list(range(1, len(prompts) + 1))
    assert [entry["request"]["prompt"] for entry in entries] == prompts
    assert {entry["status"] for entry in entries} == {200}
    assert {entry["reply"]["usage"]["completion_tokens"] for entry in entries} == {2}


def test_none_is_lost_and_none_is_repeated(project: Project, account: LocalAccount) -> None:
    stack = project.deploy_dev(account)

    put_prompts(stack)

    entries = result(stack)
    assert_each_is_answered_once_and_in_order(entries)
    assert Counter(project.asked) == Counter(PROMPTS)
    assert stack.dead_letters.is_empty()
    services = Counter(each["struck"]["service"] for each in account.injections())
    struck = services["sagemaker-runtime"]
    assert struck > len(PROMPTS) / 20
    # What was struck was asked again, and says so; after a pause of all lines the count starts anew.
    retries = sum(entry["attempts"] - 1 for entry in entries)
    assert struck / 2 < retries <= struck
    assert services["s3"]


def deliver_again(stack: Stack) -> None:
    """Send S3's notification of the prompts once more, as a queue may do by itself."""
    head = stack.tenant.client("s3").head_object(Bucket=stack.bucket, Key=f"inputs/{NAME}")
    told = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": stack.bucket},
            "object": {
                "key": f"inputs/{NAME}",
                "eTag": head["ETag"].strip('"'),
                "versionId": head["VersionId"],
            },
        },
    }
    stack.inputs.send(json.dumps({"Records": [told]}))


def test_what_was_stored_before_the_function_was_killed_is_not_generated_again(
    project: Project, account: LocalAccount
) -> None:
    few = PROMPTS[:300]  # the rest would only make it wait longer
    stack = project.deploy_dev(account, timeoutSeconds=16)
    # A killed run's message would be hidden for six times the function's time.
    stack.hide_messages_for(seconds=4)

    put_prompts(stack, few)
    wait_for(lambda: stack.keys("results/.parts/"), "a part is stored")
    deliver_again(stack)
    wait_for(
        lambda: any('"state": "unfinished"' in line for line in stack.log()),
        "the second delivery is turned away",
    )
    stack.end_environments()
    stored = {
        entry["request"]["prompt"]
        for key in stack.keys("results/.parts/")
        for entry in stack.lines(key)
    }

    assert_each_is_answered_once_and_in_order(result(stack), few)
    asked = Counter(project.asked)
    assert asked.keys() == set(few)
    assert stored
    assert {asked[prompt] for prompt in stored} == {1}
    assert len(project.asked) - len(few) <= LINES_AT_RISK
    assert stack.dead_letters.is_empty()
    assert any("Runtime exited with error: signal: killed" in line for line in stack.log())
