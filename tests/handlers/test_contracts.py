"""What is said to each kind of container, and how its answer is read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.contracts import CONTRACTS, Generated
from handlers.errors import BadRequestError, UnexpectedReplyError
from handlers.generation_request import GenerationParameters, GenerationRequest
from tests.handlers.doubles import payload

PIPELINES = CONTRACTS["pipelines"]
OPENAI_CHAT = CONTRACTS["openai-chat"]
TGI = CONTRACTS["tgi"]
LMI = CONTRACTS["lmi"]
TEI = CONTRACTS["tei"]

PARAMETERS: GenerationParameters = {
    "max_new_tokens": 24,
    "temperature": 0.7,
    "seed": 7,
    "top_p": 0.9,
    "stop": ["END"],
}


def chat_reply(text: object, finish_reason: object = "stop", usage: object = None) -> object:
    """As vLLM answers, https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html"""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": finish_reason,
            }
        ],
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


REPLIES: dict[str, Callable[[object, object, object], object]] = {
    "pipelines": pipelines_reply,
    "openai-chat": chat_reply,
    "tgi": lambda *said: [inputs_reply(*said)],
    "lmi": inputs_reply,
}
"""What each contract's container replies for a text, a finish reason and a usage."""
COUNTS_THE_PROMPT = {"pipelines", "openai-chat"}

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
# Close enough to real replies that most get past the first check.
GENERATIONS = st.fixed_dictionaries(
    {"generated_text": st.text() | JSON_VALUES},
    optional={
        "finish_reason": st.text() | JSON_VALUES,
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


def unexpected(contract_name: str, body: bytes) -> UnexpectedReplyError:
    with pytest.raises(UnexpectedReplyError) as caught:
        CONTRACTS[contract_name].read_reply(body)
    return caught.value


def test_the_contracts_are_those_of_the_catalog() -> None:
    assert tuple(CONTRACTS) == ("pipelines", "openai-chat", "tgi", "lmi", "tei")


def test_a_pipelines_container_gets_inputs_and_parameters_and_is_asked_for_the_continuation() -> (
    None
):
    assert PIPELINES.payload(GenerationRequest("Hi", PARAMETERS)) == {
        "inputs": "Hi",
        "parameters": {**PARAMETERS, "return_full_text": False},
    }


def test_a_chat_container_gets_one_message_and_openai_parameter_names() -> None:
    assert OPENAI_CHAT.payload(GenerationRequest("Hi", PARAMETERS)) == {
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 24,
        "temperature": 0.7,
        "seed": 7,
        "top_p": 0.9,
        "stop": ["END"],
    }


def test_parameters_that_nobody_gave_are_left_to_the_container() -> None:
    request = GenerationRequest("Hi", {})

    assert PIPELINES.payload(request) == {
        "inputs": "Hi",
        "parameters": {"return_full_text": False},
    }
    assert OPENAI_CHAT.payload(request) == {"messages": [{"role": "user", "content": "Hi"}]}
    assert TGI.payload(request) == {
        "inputs": "Hi",
        "parameters": {"details": True, "return_full_text": False},
    }
    assert LMI.payload(request) == {"inputs": "Hi", "parameters": {}}
    assert TEI.payload(request) == {"inputs": "Hi"}


def test_a_tgi_container_is_asked_for_the_continuation_with_details() -> None:
    assert TGI.payload(GenerationRequest("Hi", PARAMETERS)) == {
        "inputs": "Hi",
        "parameters": {
            **PARAMETERS,
            "do_sample": True,
            "details": True,
            "return_full_text": False,
        },
    }


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"temperature": 0}, {"do_sample": False}),
        ({"temperature": 0.0, "seed": 7}, {"do_sample": False, "seed": 7}),
        # With a top_p TGI would sample all the same.
        ({"temperature": 0, "top_p": 0.9}, {"do_sample": False}),
        # At exactly 1 TGI would not sample by itself.
        ({"temperature": 1}, {"temperature": 1, "do_sample": True}),
        ({"top_p": 1}, {}),
        ({"top_p": 1.0, "temperature": 0.5}, {"temperature": 0.5, "do_sample": True}),
        ({"top_p": 0.9}, {"top_p": 0.9}),
    ],
)
def test_a_tgi_container_never_gets_what_it_refuses(
    given: GenerationParameters, sent: dict[str, object]
) -> None:
    parameters: Any = TGI.payload(GenerationRequest("Hi", given))["parameters"]

    assert parameters == {**sent, "details": True, "return_full_text": False}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (PARAMETERS, {**PARAMETERS, "do_sample": True}),
        ({"temperature": 0}, {"temperature": 0, "do_sample": False}),
        ({"top_p": 1}, {"top_p": 1}),
    ],
)
def test_an_lmi_container_gets_what_was_given_and_whether_to_sample(
    given: GenerationParameters, sent: dict[str, object]
) -> None:
    assert LMI.payload(GenerationRequest("Hi", given)) == {"inputs": "Hi", "parameters": sent}


def test_an_embedding_takes_no_parameters() -> None:
    with pytest.raises(BadRequestError) as caught:
        TEI.payload(GenerationRequest("Hi", {"seed": 7}))

    assert caught.value.message == (
        "Bad request: an embedding takes no parameters, and the contract tei makes embeddings. Send"
        ' for example {"prompt": "Once upon a time"}.'
    )


@pytest.mark.parametrize(
    ("contract", "name", "generated"),
    [
        (
            TGI,
            "tgi",
            Generated(" Is", "length", {"prompt_tokens": None, "completion_tokens": 1}),
        ),
        (LMI, "lmi", Generated("Deep Learning is a really cool field", None, None)),
        (
            LMI,
            "lmi_details",
            Generated("Deep Learning", "length", {"prompt_tokens": None, "completion_tokens": 2}),
        ),
        (LMI, "lmi_list", Generated("Deep Learning is a really cool field", None, None)),
        (TEI, "tei", Generated("", None, None, embedding=[0.0, 1.0, 2.0])),
    ],
)
def test_a_containers_stored_reply_is_read(contract: Any, name: str, generated: Generated) -> None:
    assert contract.read_reply(payload(name)) == generated


@pytest.mark.parametrize(
    ("said", "finish_reason"),
    [("length", "length"), ("eos_token", "stop"), ("stop_sequence", "stop"), ("error", None)],
)
@pytest.mark.parametrize("name", ["tgi", "lmi"])
def test_a_text_containers_words_for_the_end_become_the_projects(
    name: str, said: str, finish_reason: object
) -> None:
    body = json.dumps(REPLIES[name]("fox", said, None)).encode()

    assert CONTRACTS[name].read_reply(body) == Generated("fox", finish_reason, None)  # pyright: ignore[reportArgumentType] - a table's cell


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"[[]]",
        b"[0.5]",
        b"[[0.5], [0.5]]",
        b"[[0.5, null]]",
        b"[[0.5, true]]",
        b"[[1e999]]",
        b'[[{"index": 3, "value": 0.5}]]',
        b'{"embeddings": [[0.5]]}',
    ],
)
def test_what_is_not_one_vector_of_numbers_is_no_embedding(body: bytes) -> None:
    message = unexpected("tei", body).message

    assert "the shape of the contract tei ([[number, ...]])" in message


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(), min_size=1))
def test_an_embedding_is_read_back(vector: list[float]) -> None:
    generated = TEI.read_reply(json.dumps([vector]).encode())

    assert generated == Generated("", None, None, embedding=vector)


@settings(max_examples=300)
@given(
    name=st.sampled_from(sorted(CONTRACTS)),
    body=st.binary() | (NEAR_REPLIES | JSON_VALUES).map(lambda value: json.dumps(value).encode()),
)
def test_any_reply_is_read_or_refused_and_what_is_read_can_be_told(name: str, body: bytes) -> None:
    try:
        generated = CONTRACTS[name].read_reply(body)
    except UnexpectedReplyError:
        return
    json.dumps(generated.__dict__, ensure_ascii=False, allow_nan=False).encode()


def test_a_bare_pipeline_reply_has_a_text_and_nothing_else() -> None:
    assert PIPELINES.read_reply(b'[{"generated_text": " a fox"}]') == Generated(
        " a fox", None, None
    )


def test_an_empty_text_is_a_text() -> None:
    assert PIPELINES.read_reply(b'[{"generated_text": ""}]').text == ""


@settings(max_examples=50)
@given(
    name=st.sampled_from(sorted(REPLIES)),
    text=st.text(),
    finish_reason=st.sampled_from(["stop", "length", None]),
    tokens=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
)
def test_what_a_container_says_in_its_contract_is_read_back(
    name: str, text: str, finish_reason: object, tokens: tuple[int, int]
) -> None:
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    known = usage if name in COUNTS_THE_PROMPT else {**usage, "prompt_tokens": None}
    body = json.dumps(REPLIES[name](text, finish_reason, {**usage, "total_tokens": sum(tokens)}))

    generated = CONTRACTS[name].read_reply(body.encode())

    assert (generated.text, generated.finish_reason, generated.usage) == (
        text,
        finish_reason,
        known,
    )


@pytest.mark.parametrize("name", REPLIES)
def test_what_is_odd_about_a_text_costs_only_the_odd_part(name: str) -> None:
    body = json.dumps(REPLIES[name]("fox", "content_filter", {"prompt_tokens": "many"})).encode()

    assert CONTRACTS[name].read_reply(body) == Generated("fox", None, None)


@pytest.mark.parametrize(
    ("body", "came"),
    [
        (b"", "an empty body of 0 bytes"),
        (b"<html>busy</html>", "text that is not JSON of 17 bytes"),
        (b'[{"generated_text": "a', "text that is not JSON of 22 bytes"),
        (b'[{"generated_text": NaN}]', "text that is not JSON of 25 bytes"),
        (b'"\xff\xfe"', "bytes that are not UTF-8 of 4 bytes"),
        (b"null", "null in JSON of 4 bytes"),
        (b"[]", "a list in JSON of 2 bytes"),
        (b'["text"]', "a list in JSON of 8 bytes"),
        (b'[[{"generated_text": "a"}]]', "a list in JSON of 27 bytes"),
        (b'[{"generated_text": null}]', "a list in JSON of 26 bytes"),
        (b'{"generated_text": "a"}', "an object in JSON of 23 bytes"),
        pytest.param(b"[" * 100_000, "text that is not JSON of 100000 bytes", id="deep"),
        (b'[{"generated_text": "\\ud83d"}]', "a text that is not valid Unicode of 30 bytes"),
    ],
)
def test_any_other_reply_is_refused_by_contract_kind_and_size(body: bytes, came: str) -> None:
    message = unexpected("pipelines", body).message

    assert "the shape of the contract pipelines" in message
    assert f"{came} came" in message


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"choices": []},
        {"choices": "none"},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"content": None}}]},
        [{"message": {"content": "a"}}],
    ],
)
def test_a_chat_reply_without_content_is_refused(reply: object) -> None:
    message = unexpected("openai-chat", json.dumps(reply).encode()).message

    assert "the shape of the contract openai-chat" in message


@pytest.mark.parametrize(
    ("configured", "stored", "fitting"),
    [
        ("pipelines", "lmi", "lmi"),
        ("tgi", "lmi_details", "lmi"),
        ("openai-chat", "tgi", "pipelines or tgi or lmi"),
        ("tei", "tgi", "pipelines or tgi or lmi"),
        ("tgi", "tei", "tei"),
    ],
)
def test_a_reply_of_other_contracts_says_which_they_are(
    configured: str, stored: str, fitting: str
) -> None:
    message = unexpected(configured, payload(stored)).message

    assert f"It reads as the contract {fitting}: configure that one" in message


def test_a_reply_of_another_contract_says_which_one_to_configure() -> None:
    body = json.dumps(chat_reply("fox")).encode()

    assert "It reads as the contract openai-chat: configure that one" in (
        unexpected("pipelines", body).message
    )


def test_a_refused_reply_is_kept_for_the_record_but_not_told() -> None:
    error = unexpected("pipelines", b'{"answer": "the secret fox"}' + b" " * 10_000)

    assert "fox" not in error.message
    assert error.record_details["raw_reply"].startswith('{"answer": "the secret fox"}')
    assert len(error.record_details["raw_reply"]) == 4096
