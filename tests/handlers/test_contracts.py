"""What is said to each kind of container, and how its answer is read."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.contracts import CONTRACTS, Generated
from handlers.errors import UnexpectedReplyError
from handlers.generation_request import GenerationParameters, GenerationRequest

PIPELINES = CONTRACTS["pipelines"]
OPENAI_CHAT = CONTRACTS["openai-chat"]

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


REPLIES: dict[str, Callable[[object, object, object], object]] = {
    "pipelines": pipelines_reply,
    "openai-chat": chat_reply,
}


def unexpected(contract_name: str, body: bytes) -> UnexpectedReplyError:
    with pytest.raises(UnexpectedReplyError) as caught:
        CONTRACTS[contract_name].read_reply(body)
    return caught.value


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


def test_a_bare_pipeline_reply_has_a_text_and_nothing_else() -> None:
    assert PIPELINES.read_reply(b'[{"generated_text": " a fox"}]') == Generated(
        " a fox", None, None
    )


def test_an_empty_text_is_a_text() -> None:
    assert PIPELINES.read_reply(b'[{"generated_text": ""}]').text == ""


@settings(max_examples=50)
@given(
    name=st.sampled_from(sorted(CONTRACTS)),
    text=st.text(),
    finish_reason=st.sampled_from(["stop", "length", None]),
    tokens=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
)
def test_what_a_container_says_in_its_contract_is_read_back(
    name: str, text: str, finish_reason: object, tokens: tuple[int, int]
) -> None:
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    body = json.dumps(REPLIES[name](text, finish_reason, {**usage, "total_tokens": sum(tokens)}))

    generated = CONTRACTS[name].read_reply(body.encode())

    assert (generated.text, generated.finish_reason, generated.usage) == (
        text,
        finish_reason,
        usage,
    )


@pytest.mark.parametrize("name", CONTRACTS)
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
