"""docs/batch.md: its examples and numbers are what the function makes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from handlers.batch.input_object import batch_names
from handlers.batch.parts import MOST_LINES, MOST_SECONDS
from tests.handlers.batch.rig import Rig, prompts
from tests.handlers.doubles import STORY_REPLY, FakeEndpoint, FakeReply, generator

DOCUMENT = (Path(__file__).parents[3] / "docs" / "batch.md").read_text()


def example(name: str) -> str:
    [found] = re.findall(rf"^```{name}\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
    return found


def answered(content: str, key: str) -> list[Any]:
    """The result of an input, by the function's own generator, at the document's moment."""
    rig = Rig()
    endpoint = FakeEndpoint([FakeReply(json.dumps(STORY_REPLY).encode())])
    rig.generator = generator(endpoint, rig.s3)  # type: ignore[assignment] - the real one
    batch = rig.upload(content.encode(), key)
    assert rig.run(batch).finished
    result = rig.result(batch)
    for line in result:
        line["created_at"] = "2026-03-09T12:00:00.250+00:00"
        if line["attempts"]:
            line["latency_ms"] = {"model": 800, "total": 810}
    return result


def test_the_result_of_the_example_is_as_shown() -> None:
    lines = answered(example("json-lines input"), "inputs/prompts.jsonl")

    assert [line["status"] for line in lines] == [200, 200, 200, 400]
    assert lines[0] == json.loads(example("json entry"))
    assert list(lines[0]) == list(json.loads(example("json entry")))
    assert lines[3] == json.loads(example("json error"))
    assert list(lines[3]) == list(json.loads(example("json error")))


def test_the_list_says_the_same_as_the_lines() -> None:
    assert answered(example("json list"), "inputs/prompts.json") == answered(
        example("json-lines input"), "inputs/prompts.jsonl"
    )


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("inputs/day 1/prompts.jsonl", "3HL4kqtJlcpXrof3"),
        ("inputs/day 1/prompts.jsonl", "d41d8cd98f00b204"),
        ("inputs/queued/8f507cfc.json", "v1"),
    ],
)
def test_results_are_called_as_shown(key: str, content: str) -> None:
    assert f"`{batch_names('genai-dev', key, content).result}` |" in DOCUMENT


def test_parts_are_as_large_as_it_says() -> None:
    assert f"every {MOST_LINES} lines or {MOST_SECONDS:.0f} seconds" in DOCUMENT


@pytest.mark.parametrize("timeout_seconds", [75, 300, 900])
def test_as_many_lines_fit_in_a_delivery_as_it_says(timeout_seconds: int) -> None:
    answers: list[int] = []
    for line_seconds in (2, 20):
        rig = Rig(workers=1, timeout_seconds=timeout_seconds)
        rig.generator.seconds = line_seconds
        answers.append(rig.run(rig.upload(prompts(range(500)))).lines)

    assert answers == [(timeout_seconds - 9) // 2, (timeout_seconds - 9) // 20]
    assert f"| {timeout_seconds} | {answers[0]} | {answers[1]} |" in DOCUMENT


def test_the_sum_of_the_longest_batch_is_right() -> None:
    assert f"{8 * 10 * ((900 - 9) // 2):,} lines of 2 seconds" in DOCUMENT
