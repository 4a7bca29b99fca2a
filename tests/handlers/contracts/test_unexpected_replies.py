"""What is said of a reply that is not in the contract's shape."""

import json

import pytest

from handlers.contracts import contract_named
from handlers.errors import UnexpectedReplyError
from tests.handlers.contracts.stored import payload


def unexpected(contract_name: str, body: bytes) -> UnexpectedReplyError:
    with pytest.raises(UnexpectedReplyError) as caught:
        contract_named(contract_name).read_reply(body)
    return caught.value


@pytest.mark.row("strange-reply")
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
def test_it_is_refused_by_contract_kind_and_size(body: bytes, came: str) -> None:
    message = unexpected("pipelines", body).message

    assert "the shape of the contract pipelines" in message
    assert f"{came} came" in message


def test_without_a_better_guess_it_is_the_contract_that_may_be_wrong() -> None:
    assert unexpected("pipelines", b"{}").message == (
        "The endpoint's reply is not in the shape of the contract pipelines"
        ' ([{"generated_text": string, ...}]): an object in JSON of 2 bytes came. Check that the'
        " contract is the one that the endpoint's container speaks (GENAI_CONTRACT,"
        " genai:invoker:contract)."
    )


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"[[]]",
        b"[0.5]",
        b"[[0.5, null]]",
        b"[[0.5, true]]",
        b"[[1e999]]",
        b'[[{"index": 3, "value": 0.5}]]',
        b'{"embeddings": [[0.5]]}',
        payload("tei_batch.json"),
    ],
)
def test_what_is_not_one_vector_of_numbers_is_no_embedding(body: bytes) -> None:
    message = unexpected("tei", body).message

    assert "the shape of the contract tei ([[number, ...]])" in message


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"choices": []},
        {"choices": "none"},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"content": None}}]},
        {"choices": [{"message": {"content": 7}, "finish_reason": "stop"}]},
        [{"message": {"content": "a"}}],
    ],
)
def test_a_chat_reply_without_content_is_refused(reply: object) -> None:
    message = unexpected("openai-chat", json.dumps(reply).encode()).message

    assert "the shape of the contract openai-chat" in message


def test_a_raw_reply_has_to_be_text() -> None:
    message = unexpected("raw", b"GIF89a\xff").message

    assert "contract raw (text in UTF-8): bytes that are not UTF-8 of 7 bytes came" in message


@pytest.mark.parametrize(
    ("configured", "stored", "fitting"),
    [
        ("pipelines", "lmi.json", "lmi"),
        ("pipelines", "openai_chat.json", "openai-chat"),
        ("openai-chat", "tgi.json", "pipelines or tgi or lmi"),
        ("tei", "tgi.json", "pipelines or tgi or lmi"),
        ("tgi", "lmi_details.json", "lmi"),
        ("tgi", "tei.json", "tei"),
    ],
)
def test_a_reply_of_other_contracts_says_which_they_are(
    configured: str, stored: str, fitting: str
) -> None:
    message = unexpected(configured, payload(stored)).message

    assert f"It reads as the contract {fitting}: configure that one" in message


def test_an_error_that_came_as_a_success_is_told() -> None:
    message = unexpected("tei", payload("tei_error.json")).message

    assert (
        "The container reported an error: `inputs` cannot be empty. Check that the contract is the"
        " one that it speaks (GENAI_CONTRACT"
    ) in message


@pytest.mark.row("strange-reply")
def test_it_is_kept_for_the_record_but_not_told() -> None:
    error = unexpected("pipelines", b'{"answer": "the secret fox"}' + b" " * 10_000)

    assert "fox" not in error.message
    assert error.record_details["raw_reply"].startswith('{"answer": "the secret fox"}')
    assert len(error.record_details["raw_reply"]) == 4096
