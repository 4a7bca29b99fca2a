"""What is said to each kind of container."""

import json
from typing import Any

import pytest

from handlers.contracts import CONTRACT_NAMES, contract_named
from handlers.errors import BadRequestError
from handlers.generation_request import GenerationParameters, GenerationRequest, Message

PARAMETERS: GenerationParameters = {
    "max_new_tokens": 24,
    "temperature": 0.7,
    "seed": 7,
    "top_p": 0.9,
    "top_k": 40,
    "repetition_penalty": 1.1,
    "stop": ["END"],
}
CHAT_PARAMETERS = {
    "max_tokens": 24,
    "temperature": 0.7,
    "seed": 7,
    "top_p": 0.9,
    "top_k": 40,
    "repetition_penalty": 1.1,
    "stop": ["END"],
}
CHAT_STREAM = {"stream": True, "stream_options": {"include_usage": True}}
MESSAGES: tuple[Message, ...] = (
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Who was in the wood?"},
    {"role": "assistant", "content": "A fox."},
    {"role": "user", "content": "And then?"},
)
TRANSCRIPT = (
    "System: Be brief.\n\nUser: Who was in the wood?\n\nAssistant: A fox.\n\nUser: And then?"
    "\n\nAssistant:"
)
TEMPLATE = {"request": {"q": "<<prompt>>"}, "text": "a"}


def sent(name: str, **request: Any) -> Any:
    """The JSON value that a contract sends for a request."""
    return json.loads(contract_named(name, TEMPLATE).payload(GenerationRequest(**request)))


def refused(name: str, **request: Any) -> str:
    with pytest.raises(BadRequestError) as caught:
        contract_named(name, TEMPLATE).payload(GenerationRequest(**request))
    return caught.value.message


def test_a_pipelines_container_gets_inputs_and_parameters_and_is_asked_for_the_continuation() -> (
    None
):
    assert sent("pipelines", prompt="Hi", parameters=PARAMETERS) == {
        "inputs": "Hi",
        "parameters": {**PARAMETERS, "return_full_text": False},
    }


def test_a_chat_container_gets_one_message_and_openai_parameter_names() -> None:
    assert sent("openai-chat", prompt="Hi", parameters=PARAMETERS) == {
        "messages": [{"role": "user", "content": "Hi"}],
        **CHAT_PARAMETERS,
    }


def test_parameters_that_nobody_gave_are_left_to_the_container() -> None:
    assert sent("pipelines", prompt="Hi") == {
        "inputs": "Hi",
        "parameters": {"return_full_text": False},
    }
    assert sent("openai-chat", prompt="Hi") == {"messages": [{"role": "user", "content": "Hi"}]}
    assert sent("tgi", prompt="Hi") == {
        "inputs": "Hi",
        "parameters": {"details": True, "return_full_text": False},
    }
    assert sent("lmi", prompt="Hi") == {"inputs": "Hi", "parameters": {}}
    assert sent("tei", prompt="Hi") == {"inputs": "Hi"}
    assert sent("input-text", prompt="Hi") == {"input_text": "Hi"}
    assert sent("template", prompt="Hi") == {"q": "Hi"}


def test_a_tgi_container_is_asked_for_the_continuation_with_details() -> None:
    assert sent("tgi", prompt="Hi", parameters=PARAMETERS) == {
        "inputs": "Hi",
        "parameters": {
            **PARAMETERS,
            "do_sample": True,
            "details": True,
            "return_full_text": False,
        },
    }


@pytest.mark.parametrize(
    ("given", "sent_to_tgi"),
    [
        ({"temperature": 0}, {"do_sample": False}),
        ({"temperature": 0.0, "seed": 7}, {"do_sample": False, "seed": 7}),
        # With a top_p or top_k TGI would sample all the same.
        ({"temperature": 0, "top_p": 0.9, "top_k": 9}, {"do_sample": False}),
        # At exactly 1 TGI would not sample by itself.
        ({"temperature": 1}, {"temperature": 1, "do_sample": True}),
        ({"top_p": 1}, {}),
        ({"top_p": 1.0, "temperature": 0.5}, {"temperature": 0.5, "do_sample": True}),
        ({"top_p": 0.9}, {"top_p": 0.9}),
    ],
)
def test_a_tgi_container_never_gets_what_it_refuses(
    given: GenerationParameters, sent_to_tgi: dict[str, object]
) -> None:
    body = sent("tgi", prompt="Hi", parameters=given)

    assert body["parameters"] == {**sent_to_tgi, "details": True, "return_full_text": False}


@pytest.mark.parametrize(
    ("given", "sent_to_tgi"),
    [
        ({"temperature": 0}, {"temperature": 0}),
        ({"temperature": 0, "top_p": 0.9, "top_k": 9}, {"temperature": 0}),
        ({"top_p": 1, "max_new_tokens": 5}, {"max_tokens": 5}),
        ({"temperature": 0.5, "seed": 7, "stop": ["x"]}, {"temperature": 0.5, "seed": 7, "stop": ["x"]}),
    ],
)  # fmt: skip
def test_nor_does_its_chat(given: GenerationParameters, sent_to_tgi: dict[str, object]) -> None:
    body = sent("tgi", messages=MESSAGES, parameters=given)

    assert body == {"messages": list(MESSAGES), **sent_to_tgi}


def test_tgi_chat_is_not_asked_for_what_it_would_ignore() -> None:
    assert refused("tgi", messages=MESSAGES, parameters=PARAMETERS) == (
        "Bad request: TGI takes these parameters with a prompt, and not with messages: leave out"
        " top_k, repetition_penalty."
    )


@pytest.mark.parametrize(
    ("given", "sent_to_lmi"),
    [
        (PARAMETERS, {**PARAMETERS, "do_sample": True}),
        ({"temperature": 0}, {"temperature": 0, "do_sample": False}),
        ({"top_p": 1}, {"top_p": 1}),
    ],
)
def test_an_lmi_container_gets_what_was_given_and_whether_to_sample(
    given: GenerationParameters, sent_to_lmi: dict[str, object]
) -> None:
    body = sent("lmi", prompt="Hi", parameters=given)

    assert body == {"inputs": "Hi", "parameters": sent_to_lmi}


@pytest.mark.parametrize("name", ["openai-chat", "lmi"])
def test_messages_go_as_they_are_to_a_container_that_chats(name: str) -> None:
    assert sent(name, messages=MESSAGES, parameters=PARAMETERS) == {
        "messages": list(MESSAGES),
        **CHAT_PARAMETERS,
    }


@pytest.mark.parametrize(
    ("name", "key"), [("pipelines", "inputs"), ("input-text", "input_text"), ("template", "q")]
)
def test_messages_become_a_transcript_for_a_container_that_continues_texts(
    name: str, key: str
) -> None:
    assert sent(name, messages=MESSAGES)[key] == TRANSCRIPT


@pytest.mark.parametrize(
    ("name", "request_", "asks"),
    [
        ("openai-chat", {"prompt": "Hi"}, CHAT_STREAM),
        ("openai-chat", {"messages": MESSAGES}, CHAT_STREAM),
        ("tgi", {"prompt": "Hi"}, {"stream": True}),
        ("tgi", {"messages": MESSAGES}, CHAT_STREAM),
        ("lmi", {"prompt": "Hi"}, {"stream": True}),
        ("lmi", {"messages": MESSAGES}, CHAT_STREAM),
        ("pipelines", {"prompt": "Hi"}, {"stream": True}),
        # These cannot stream, or not by this template: the request is the same.
        ("tei", {"prompt": "Hi"}, {}),
        ("input-text", {"prompt": "Hi"}, {}),
        ("template", {"prompt": "Hi"}, {}),
        ("raw", {"body": {"stream": False}}, {}),
    ],
)
def test_a_stream_is_asked_for_in_the_containers_words(
    name: str, request_: Any, asks: dict[str, object]
) -> None:
    assert sent(name, **request_, stream=True) == {**sent(name, **request_), **asks}


def test_whether_a_contract_streams_is_known_before() -> None:
    streams = {name: contract_named(name, TEMPLATE).streams for name in CONTRACT_NAMES}

    assert streams == {
        "openai-chat": True,
        "tgi": True,
        "lmi": True,
        "pipelines": True,
        "tei": False,
        "input-text": False,
        "raw": True,
        "template": False,
    }


@pytest.mark.parametrize("body", [{"inputs": ["é", 1]}, "text", 7, [None], False])
def test_a_raw_body_goes_as_it_is(body: object) -> None:
    assert sent("raw", body=body) == body


def test_text_is_sent_as_utf_8_not_as_escapes() -> None:
    request = GenerationRequest(prompt="Où?")

    assert b'"O\xc3\xb9?"' in contract_named("openai-chat").payload(request)


@pytest.mark.parametrize("name", [name for name in CONTRACT_NAMES if name != "raw"])
def test_a_body_is_refused_by_every_contract_but_raw(name: str) -> None:
    assert refused(name, body={"inputs": "Hi"}) == (
        f"Bad request: body goes to the container as it is, which the contract {name} does not do:"
        " send prompt or messages, or configure the contract raw (GENAI_CONTRACT,"
        " genai:invoker:contract)."
    )


@pytest.mark.parametrize("request_", [{"prompt": "Hi"}, {"messages": MESSAGES}])
def test_raw_takes_nothing_but_a_body(request_: Any) -> None:
    assert refused("raw", **request_) == (
        "Bad request: with the contract raw, send body, which goes to the container as it is: for"
        ' example {"body": {"inputs": "Once upon a time"}}.'
    )


@pytest.mark.parametrize(
    ("request_", "unwanted"),
    [({"prompt": "Hi", "parameters": {"seed": 7}}, "parameters"), ({"messages": MESSAGES}, "messages")],
)  # fmt: skip
def test_an_embedding_is_of_one_text_without_parameters(request_: Any, unwanted: str) -> None:
    assert refused("tei", **request_) == (
        f"Bad request: an embedding takes no {unwanted}, and the contract tei makes embeddings. Send"
        ' for example {"prompt": "Once upon a time"}.'
    )


def test_input_text_has_no_place_for_parameters() -> None:
    assert refused("input-text", prompt="Hi", parameters={"seed": 7, "top_p": 1}) == (
        "Bad request: the contract input-text has no place for parameters (the contract template has):"
        " leave out seed, top_p."
    )
