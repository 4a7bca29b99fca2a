"""How a container's whole answer is read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.contracts import CONTRACT_NAMES, contract_named
from handlers.contracts.contract import Generated
from handlers.errors import ModelFailedError, UnexpectedReplyError
from tests.handlers.contracts.stored import payload

TEMPLATE = {
    "request": "<<prompt>>",
    "text": "generated_text",
    "prompt_tokens": "usage.prompt_tokens",
}


def read(name: str, body: bytes) -> Generated:
    return contract_named(name, TEMPLATE).read_reply(body)


def chat_reply(text: object, finish_reason: object = "stop", usage: object = None) -> object:
    """As vLLM answers, https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html"""
    message = {"role": "assistant", "content": text}
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": usage,
    }


def pipelines_reply(text: object, finish_reason: object = None, usage: object = None) -> object:
    return [{"generated_text": text, "finish_reason": finish_reason, "usage": usage}]


def inputs_reply(text: object, finish_reason: object = None, usage: object = None) -> Any:
    tokens = usage.get("completion_tokens") if isinstance(usage, dict) else None
    return {
        "generated_text": text,
        "details": {"finish_reason": finish_reason, "generated_tokens": tokens},
    }


def simple_reply(text: object, finish_reason: object = None, usage: object = None) -> object:
    return {"output_text": text, "finish_reason": finish_reason, "usage": usage}


Replies = Callable[[object, object, object], object]
SHAPES: list[tuple[str, Replies]] = [
    ("pipelines", pipelines_reply),
    ("openai-chat", chat_reply),
    ("tgi", lambda *said: [inputs_reply(*said)]),
    ("tgi", chat_reply),
    ("lmi", inputs_reply),
    ("lmi", lambda *said: [inputs_reply(*said)]),
    ("lmi", chat_reply),
    ("input-text", simple_reply),
]
"""What each contract's container replies for a text, a finish reason and a usage."""

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
# Close enough to real replies that most get past the first check.
GENERATIONS = st.fixed_dictionaries(
    {"generated_text": st.text() | JSON_VALUES},
    optional={
        "content": st.text() | JSON_VALUES,
        "finish_reason": st.sampled_from(["stop", "error"]) | JSON_VALUES,
        "usage": st.fixed_dictionaries({"prompt_tokens": JSON_VALUES}) | JSON_VALUES,
        "details": st.fixed_dictionaries(
            {"finish_reason": JSON_VALUES, "generated_tokens": JSON_VALUES}
        )
        | JSON_VALUES,
    },
)
NEAR_REPLIES = (
    GENERATIONS
    | st.lists(GENERATIONS, max_size=2)
    | st.lists(st.lists(st.floats() | st.integers() | JSON_VALUES, max_size=3), max_size=2)
    | st.fixed_dictionaries(
        {"choices": st.lists(st.fixed_dictionaries({"message": GENERATIONS | JSON_VALUES}))}
    )
)


def tokens(prompt: int | None, completion: int) -> Any:
    return {"prompt_tokens": prompt, "completion_tokens": completion}


@pytest.mark.parametrize(
    ("contract", "name", "generated"),
    [
        ("openai-chat", "openai_chat.json", Generated("Two small words", "length", tokens(16, 3))),
        ("openai-chat", "openai_chat_thinking.json", Generated("", "length", tokens(16, 3))),
        ("tgi", "tgi.json", Generated(" Is", "length", tokens(None, 1))),
        ("tgi", "tgi_chat.json", Generated("Deep Learning", "stop", tokens(39, 3))),
        ("lmi", "lmi.json", Generated("Deep Learning is a really cool field", None, None)),
        ("lmi", "lmi_details.json", Generated("Deep Learning", "length", tokens(None, 2))),
        ("lmi", "lmi_stop_text.json", Generated("Deep Learning", "stop", tokens(None, 2))),
        ("lmi", "lmi_list.json", Generated("Deep Learning is a really cool field", None, None)),
        ("lmi", "openai_chat.json", Generated("Two small words", "length", tokens(16, 3))),
        ("pipelines", "pipelines.json", Generated(" there was a fox.", None, None)),
        ("pipelines", "pipelines_storyteller.json", Generated(" her s", "length", tokens(9, 6))),
        ("tei", "tei.json", Generated("", None, None, embedding=[0.0, 1.0, 2.0])),
        ("input-text", "pipelines.json", Generated(" there was a fox.", None, None)),
        ("input-text", "jumpstart.json", Generated(" there was a fox.", None, None)),
        ("raw", "tei.json", Generated("[[0.0, 1.0, 2.0]]", None, None)),
    ],
)
def test_a_containers_stored_reply_is_read(contract: str, name: str, generated: Generated) -> None:
    assert read(contract, payload(name).rstrip(b"\n")) == generated


@pytest.mark.parametrize(
    ("said", "finish_reason"),
    [
        ("length", "length"),
        ("eos_token", "stop"),
        ("stop_sequence", "stop"),
        ("stop", "stop"),
        ("tool_calls", "tool_calls"),
        ("content_filter", "content_filter"),
        ("abort", "error"),
        ("error", "error"),
    ],
)
@pytest.mark.parametrize(("name", "shape"), SHAPES)
def test_the_containers_words_for_the_end_become_the_projects(
    name: str, shape: Replies, said: str, finish_reason: Any
) -> None:
    body = json.dumps(shape("fox", said, None)).encode()

    assert read(name, body) == Generated("fox", finish_reason, None)


@settings(max_examples=50)
@given(
    shape=st.sampled_from(SHAPES),
    text=st.text(),
    finish_reason=st.sampled_from(["stop", "length", None]),
    counts=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
)
def test_what_a_container_says_in_its_contract_is_read_back(
    shape: tuple[str, Replies], text: str, finish_reason: Any, counts: tuple[int, int]
) -> None:
    name, reply = shape
    usage = {**tokens(*counts), "total_tokens": sum(counts)}
    has_details = "details" in json.dumps(reply("", None, None))

    generated = read(name, json.dumps(reply(text, finish_reason, usage)).encode())

    known = tokens(None if has_details else counts[0], counts[1])
    assert generated == Generated(text, finish_reason, known)


@pytest.mark.parametrize(("name", "shape"), SHAPES)
def test_what_is_odd_about_a_text_costs_only_the_odd_part(name: str, shape: Replies) -> None:
    body = json.dumps(
        shape("fox", ["?"], {"prompt_tokens": 3, "completion_tokens": "many"})
    ).encode()

    assert read(name, body) == Generated("fox", None, None)


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("a fox", "a fox"),
        (["a fox"], "a fox"),
        ([["a fox"]], "a fox"),
        pytest.param(json.loads("[" * 900 + '"a fox"' + "]" * 900), "a fox", id="deep"),
        ({"generation": "a fox", "text": "not this"}, "a fox"),
        ({"outputs": ["a fox"]}, "a fox"),
        ([{"text": ""}], ""),
    ],
)
def test_a_simple_reply_may_have_its_text_in_many_places(reply: object, text: str) -> None:
    assert read("input-text", json.dumps(reply).encode()).text == text


@pytest.mark.parametrize("reply", [{}, [], ["a", "b"], {"outputs": ["a", "b"]}, 7, {"text": {}}])
def test_but_it_has_to_be_one_text(reply: object) -> None:
    with pytest.raises(UnexpectedReplyError, match="the shape of the contract input-text"):
        read("input-text", json.dumps(reply).encode())


def test_an_empty_text_is_a_text() -> None:
    assert read("pipelines", b'[{"generated_text": ""}]').text == ""


def test_a_container_that_says_that_it_failed_gave_no_text() -> None:
    with pytest.raises(ModelFailedError) as caught:
        read("lmi", payload("lmi_failed.json"))

    assert caught.value.message == "The model's container says that it failed, and gave no text."


def test_what_a_failed_generation_wrote_before_is_not_lost() -> None:
    body = json.dumps(inputs_reply("half a", "error")).encode()

    assert read("lmi", body) == Generated("half a", "error", None)


@pytest.mark.parametrize("body", [b"", b"half {", b"\xf0\x9f\xa6\x8a"])
def test_a_raw_reply_is_its_own_text(body: bytes) -> None:
    assert read("raw", body) == Generated(body.decode(), None, None)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(), min_size=1))
def test_an_embedding_is_read_back(vector: list[float]) -> None:
    generated = read("tei", json.dumps([vector]).encode())

    assert generated == Generated("", None, None, embedding=vector)


@settings(max_examples=300)
@given(
    name=st.sampled_from(CONTRACT_NAMES),
    body=st.binary() | (NEAR_REPLIES | JSON_VALUES).map(lambda value: json.dumps(value).encode()),
)
def test_any_reply_is_read_or_refused_and_what_is_read_can_be_told(name: str, body: bytes) -> None:
    try:
        generated = read(name, body)
    except (UnexpectedReplyError, ModelFailedError):
        return
    json.dumps(generated.__dict__, ensure_ascii=False, allow_nan=False).encode()
