"""How a streamed reply is read, however it is cut and whatever is wrong with it."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.contracts import CONTRACT_NAMES, contract_named
from handlers.contracts.contract import Generated, StreamReader
from handlers.errors import (
    ModelRejectedRequestError,
    StreamBrokenError,
    UnexpectedReplyError,
)
from tests.handlers.contracts.stored import payload

TEMPLATE = {
    "request": "<<prompt>>",
    "text": "whole",
    "stream_text": "piece.text",
    "finish_reason": "end",
    "prompt_tokens": "count[0]",
    "completion_tokens": "count[1]",
}
MIB = 1024 * 1024


def reader(name: str) -> StreamReader:
    return contract_named(name, TEMPLATE).stream_reader()


def read(name: str, *parts: bytes) -> tuple[list[str], Generated]:
    """The pieces that came with the parts, and what was said at the end."""
    stream = reader(name)
    pieces = [piece for part in parts for piece in stream.feed(part)]
    return pieces, stream.finish()


def broken(name: str, *parts: bytes) -> StreamBrokenError:
    with pytest.raises(StreamBrokenError) as caught:
        read(name, *parts)
    return caught.value


def feed_repeatedly(stream: StreamReader, part: bytes) -> None:
    for _ in range(8):
        stream.feed(part)


def tokens(prompt: int | None, completion: int) -> Any:
    return {"prompt_tokens": prompt, "completion_tokens": completion}


# As containers stream


STORED = [
    ("openai-chat", "openai_chat.sse", ["Two", " small", " words"], "length", tokens(16, 3)),
    ("tgi", "tgi.sse", [" Deep", " Learning"], "stop", tokens(6, 3)),
    ("tgi", "tgi_chat.sse", ["Deep", " Learning"], "stop", tokens(39, 3)),
    ("lmi", "lmi.jsonl", [" Deep", " Learning", " 深い"], None, None),
    ("lmi", "lmi_details.jsonl", [" Deep", " Learning"], "length", tokens(6, 2)),
    ("lmi", "lmi_rolling.jsonl", ["Deep ", "Learning"], "length", tokens(None, 2)),
    ("lmi", "lmi_tgi_compat.sse", ["Deep ", "Learning"], "stop", tokens(None, 2)),
    ("lmi", "lmi_chat.jsonl", ["Two", " small", " words"], "length", tokens(16, 3)),
    ("openai-chat", "lmi_chat.jsonl", ["Two", " small", " words"], "length", tokens(16, 3)),
    ("pipelines", "pipelines_storyteller.jsonl", [*" her s"], "length", tokens(9, 6)),
]


@pytest.mark.parametrize(("contract", "name", "pieces", "reason", "usage"), STORED)
def test_a_stored_stream_is_read(
    contract: str, name: str, pieces: list[str], reason: Any, usage: Any
) -> None:
    stream = payload(name)

    assert read(contract, stream) == (pieces, Generated("".join(pieces), reason, usage))


@pytest.mark.parametrize(("contract", "name", "pieces", "reason", "usage"), STORED)
def test_it_is_the_same_byte_by_byte_and_with_other_line_ends(
    contract: str, name: str, pieces: list[str], reason: Any, usage: Any
) -> None:
    stream = payload(name).replace(b"\n", b"\r\n")

    one_by_one = [bytes([byte]) for byte in stream]

    assert read(contract, *one_by_one) == (pieces, Generated("".join(pieces), reason, usage))


@pytest.mark.parametrize(("contract", "name", "pieces", "reason", "usage"), STORED)
def test_a_tail_without_a_newline_is_read_at_the_end(
    contract: str, name: str, pieces: list[str], reason: Any, usage: Any
) -> None:
    came, generated = read(contract, payload(name).rstrip(b"\n"))

    assert pieces[: len(came)] == came
    assert generated == Generated("".join(pieces), reason, usage)


def test_a_piece_comes_with_the_part_that_completes_its_line() -> None:
    first, rest = payload("lmi.jsonl").split(b"\n", 1)
    stream = reader("lmi")

    assert list(stream.feed(first)) == []
    assert list(stream.feed(b"\n" + rest[:10])) == [" Deep"]


def test_a_part_is_read_even_if_its_pieces_are_not_taken() -> None:
    stream = reader("lmi")
    stream.feed(payload("lmi.jsonl"))

    assert stream.finish().text == " Deep Learning 深い"


# Any text, cut anywhere


def chat_chunks(pieces: list[str]) -> list[object]:
    said = [{"choices": [{"delta": {"content": piece}, "finish_reason": None}]} for piece in pieces]
    end = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    return [*said, end, {"choices": [], "usage": {**tokens(4, 5), "total_tokens": 9}}]


def chat_whole(text: str) -> object:
    choice = {"message": {"content": text}, "finish_reason": "stop"}
    return {"choices": [choice], "usage": tokens(4, 5)}


def token_lines(pieces: list[str]) -> list[object]:
    details = {"finish_reason": "eos_token", "generated_tokens": 5}
    end = {"token": {"text": "</s>", "special": True}, "details": details}
    said = [{"token": {"text": piece}, "generated_text": None, "details": None} for piece in pieces]
    return [*said, {**end, "generated_text": "".join(pieces)}]


def token_whole(text: str) -> dict[str, object]:
    return {
        "generated_text": text,
        "details": {"finish_reason": "eos_token", "generated_tokens": 5},
    }


def toolkit_lines(pieces: list[str]) -> list[object]:
    end = {"finish_reason": "stop", "usage": tokens(4, 5), "generated_text": "".join(pieces)}
    return [*({"token": {"text": piece}} for piece in pieces), {"token": {"text": ""}, **end}]


def toolkit_whole(text: str) -> object:
    return [{"generated_text": text, "finish_reason": "stop", "usage": tokens(4, 5)}]


def template_lines(pieces: list[str]) -> list[object]:
    return [*({"piece": {"text": piece}} for piece in pieces), {"end": "stop", "count": [4, 5]}]


def template_whole(text: str) -> object:
    return {"whole": text, "end": "stop", "count": [4, 5]}


Lines = Callable[[list[str]], list[object]]
PROTOCOLS: list[tuple[str, Lines, Callable[[str], object]]] = [
    ("openai-chat", chat_chunks, chat_whole),
    ("tgi", token_lines, lambda text: [token_whole(text)]),
    ("tgi", chat_chunks, chat_whole),
    ("lmi", token_lines, token_whole),
    ("lmi", chat_chunks, chat_whole),
    ("pipelines", toolkit_lines, toolkit_whole),
    ("template", template_lines, template_whole),
]


@st.composite
def cut(draw: st.DrawFn, body: bytes) -> list[bytes]:
    """The body in parts that may be empty and end within a character."""
    places = sorted(draw(st.lists(st.integers(0, len(body)), max_size=8)))
    return [body[start:end] for start, end in pairwise([0, *places, len(body)])]


@st.composite
def streams(draw: st.DrawFn) -> tuple[str, list[str], list[bytes], bytes]:
    """A contract, pieces of a text, its stream in parts, and its whole reply."""
    name, lines, whole = draw(st.sampled_from(PROTOCOLS))
    pieces = draw(st.lists(st.text(max_size=8), max_size=5))
    ascii_only = draw(st.booleans())
    events = [json.dumps(line, ensure_ascii=ascii_only) for line in lines(pieces)]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    prefix = draw(st.sampled_from(["", "data:", "data: "]))
    noise = st.sampled_from(
        ["", ": ping", "event: message", "id: 7", "retry: 10", "data:", "noise"]
    )
    if draw(st.booleans()) and prefix:
        events.append("[DONE]")
    text = ""
    for event in events:
        text += draw(noise) + newline + prefix + event + newline
    body = text.encode()
    if draw(st.booleans()):
        body = body.removesuffix(newline.encode())
    return name, pieces, draw(cut(body)), json.dumps(whole("".join(pieces))).encode()


@given(streams())
def test_pieces_joined_are_the_text_and_a_stream_says_what_a_whole_reply_says(
    stream: tuple[str, list[str], list[bytes], bytes],
) -> None:
    name, written, parts, whole = stream

    pieces, generated = read(name, *parts)

    assert generated.text == "".join(written)
    assert generated.text.startswith("".join(pieces))
    assert generated == contract_named(name, TEMPLATE).read_reply(whole)


@given(
    data=st.data(),
    protocol=st.sampled_from(PROTOCOLS),
    text=st.text(),
    indent=st.sampled_from([None, 2]),
)
def test_a_container_that_does_not_stream_is_read_all_the_same(
    data: st.DataObject,
    protocol: tuple[str, Lines, Callable[[str], object]],
    text: str,
    indent: Any,
) -> None:
    name, _, whole = protocol
    body = json.dumps(whole(text), indent=indent).encode()

    pieces, generated = read(name, *data.draw(cut(body)))

    assert text.startswith("".join(pieces))
    assert generated == contract_named(name, TEMPLATE).read_reply(body)
    assert generated.text == text


@given(name=st.sampled_from(CONTRACT_NAMES), parts=st.lists(st.binary(max_size=40), max_size=6))
@example(name="raw", parts=["é".encode()[:1]])
@example(name="openai-chat", parts=[b'{"choices": [{"delta": {"content": "\\ud83d"}}]}\n'])
def test_whatever_comes_is_read_or_refused(name: str, parts: list[bytes]) -> None:
    try:
        _, generated = read(name, *parts)
    except (StreamBrokenError, UnexpectedReplyError):
        return
    json.dumps(generated.__dict__, ensure_ascii=False, allow_nan=False).encode()


# Ends


DELTA = b'data: {"choices": [{"delta": {"content": "half a"}, "finish_reason": null}]}\n\n'
END = b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n'


def test_without_done_a_finish_reason_is_an_end() -> None:
    assert read("openai-chat", DELTA, END)[1] == Generated("half a", "stop", None)


def test_without_a_finish_reason_done_is_an_end() -> None:
    assert read("openai-chat", DELTA, b"data: [DONE]\n\n")[1] == Generated("half a", None, None)


def test_a_finish_reason_of_the_containers_own_is_an_end_too() -> None:
    end = END.replace(b"stop", b"matched_token")

    assert read("openai-chat", DELTA, end)[1] == Generated("half a", None, None)


@pytest.mark.parametrize("tail", [b'data: {"usage": {"promp', b"data: [DO", b"data"])
def test_what_is_cut_off_behind_the_end_is_no_loss(tail: bytes) -> None:
    assert read("openai-chat", DELTA, END, tail)[1] == Generated("half a", "stop", None)


def test_what_comes_after_done_does_not_count() -> None:
    assert read("openai-chat", DELTA, b"data: [DONE]\n", DELTA)[1].text == "half a"


@pytest.mark.parametrize("name", ["tgi.sse", "tgi_chat.sse"])
def test_a_stream_that_ends_before_its_text_is_broken(name: str) -> None:
    first = payload(name).split(b"\n\n")[0]

    error = broken("tgi", first + b"\n\n")

    assert error.text_so_far.strip() == "Deep"
    assert error.message == (
        f"The model's stream broke off after {len(error.text_so_far)} characters: it ended before"
        " the text did."
    )
    assert (error.status, error.type, error.retryable) == (502, "stream_broken", True)


def test_a_line_that_was_cut_off_is_kept_for_the_record() -> None:
    error = broken("openai-chat", DELTA, b'data: {"choices": [{"delta": {"cont')

    assert error.text_so_far == "half a"
    assert error.message.endswith("after 6 characters: a line of it is not JSON.")
    assert error.record_details == {"raw_reply": '{"choices": [{"delta": {"cont'}


def test_what_follows_a_spoiled_line_is_not_lost() -> None:
    assert broken("openai-chat", DELTA, b"data: {\xff}\n", DELTA, END).text_so_far == "half ahalf a"


def test_a_template_without_a_finish_reason_takes_any_end() -> None:
    template = {"request": "<<prompt>>", "text": "a", "stream_text": "a"}
    stream = contract_named("template", template).stream_reader()

    assert list(stream.feed(b'{"a": "x"}\n{"b": "ignored"}\n{"a": "y"}\n')) == ["x", "y"]
    assert stream.finish() == Generated("xy", None, None)


def test_a_template_takes_a_whole_reply_in_one_line_for_its_end() -> None:
    assert read("template", b'{"whole": "a fox"}\n')[1] == Generated("a fox", None, None)


def test_half_a_surrogate_pair_is_replaced() -> None:
    line = b'{"choices": [{"delta": {"content": "a\\ud83d"}, "finish_reason": "stop"}]}\n'

    assert read("openai-chat", line)[0] == ["a\ufffd"]


def test_a_text_that_is_repeated_at_the_end_fills_what_was_missing() -> None:
    lines = b'{"token": {"text": "a"}}\n{"token": {"text": "b"}, "generated_text": "abc"}\n'

    assert read("lmi", lines) == (["a", "b", "c"], Generated("abc", None, None))


def test_and_changes_nothing_that_was_passed_on() -> None:
    lines = b'{"token": {"text": "a"}}\n{"token": {"text": "b"}, "generated_text": "x"}\n'

    assert read("lmi", lines)[1].text == "ab"


# Errors within a stream


@pytest.mark.parametrize(
    ("contract", "name", "text", "said"),
    [
        ("openai-chat", "openai_chat_error.sse", "Two small", "EngineCore encountered an issue."),
        ("openai-chat", "openai_chat_error_sglang.sse", "Two small", "The request is aborted."),
        ("tgi", "tgi_error.sse", " Deep", "Request failed during generation: Server error: CUDA"),
        ("lmi", "lmi_error.jsonl", " Deep", "EngineCore encountered an issue.."),
        ("lmi", "lmi_rolling_error.jsonl", "Deep ", "it did not say which."),
    ],
)
def test_an_error_event_breaks_the_stream_and_keeps_its_text(
    contract: str, name: str, text: str, said: str
) -> None:
    error = broken(contract, payload(name))

    assert error.text_so_far == text
    assert f"after {len(text)} characters: the container reported an error: {said}" in error.message


@pytest.mark.parametrize(
    ("contract", "name", "said"),
    [
        ("tgi", "tgi_refusal.sse", "Input validation error: `inputs` tokens + `max_new_tokens`"),
        ("tgi", "tgi_chat_refusal.sse", "Input validation error: `inputs` must have less than"),
        ("openai-chat", "openai_chat_error_llamacpp.sse", "the request exceeds the available"),
    ],
)
def test_a_refusal_in_a_stream_is_a_refusal(contract: str, name: str, said: str) -> None:
    with pytest.raises(ModelRejectedRequestError) as caught:
        read(contract, payload(name))

    assert caught.value.message.startswith(
        f"The model's container does not want this request: {said}"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'data: {"error": {"code": 429}}\n', "it did not say which"),
        (b'data: {"error": {"message": "busy", "code": 429}}\n', "busy"),
        (b'{"error": "late", "code": 424}\n', "late"),
        (b'{"object": "error", "message": "old", "code": 500}\n', "old"),
        (b"error: gone\n", "gone"),
        (b"error:\n", "it did not say which"),
        (b'event: error\ndata: {"error": "two\\nlines"}\n', "two lines"),
    ],
)
def test_errors_have_many_shapes(line: bytes, said: str) -> None:
    assert broken("openai-chat", line).message == (
        f"The model's stream broke off after 0 characters: the container reported an error: {said}."
    )


@pytest.mark.parametrize("error", [b"null", b"{}", b'""', b"false"])
def test_an_error_without_content_is_none(error: bytes) -> None:
    line = b'{"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}], "error": %b}\n'

    assert read("openai-chat", line % error)[1].text == "a"


# What is no stream of this contract


@pytest.mark.parametrize("body", [b"", b"\n\n", b"data: [DONE]\n\n", b": ping\n\n"])
def test_a_stream_without_anything_in_it_is_unexpected(body: bytes) -> None:
    with pytest.raises(UnexpectedReplyError, match="an empty body of 0 bytes came"):
        read("openai-chat", body)


def test_a_page_of_html_is_unexpected_and_kept_for_the_record() -> None:
    with pytest.raises(UnexpectedReplyError) as caught:
        read("tgi", b"<html>\n", b"busy</html>")

    assert "text that is not JSON of 19 bytes came" in caught.value.message
    assert caught.value.record_details == {"raw_reply": "<html>\nbusy</html>\n"}


def test_a_whole_reply_of_another_contract_is_named() -> None:
    with pytest.raises(UnexpectedReplyError, match="It reads as the contract lmi: configure"):
        read("openai-chat", payload("lmi_details.json"))


@pytest.mark.parametrize("name", [name for name in CONTRACT_NAMES if name != "raw"])
@pytest.mark.parametrize("newline", [b"", b"\n"])
def test_a_reply_without_end_is_stopped(name: str, newline: bytes) -> None:
    stream = reader(name)

    with pytest.raises(UnexpectedReplyError, match=r"more than 6 MiB of \d+ bytes came"):
        feed_repeatedly(stream, b"x" * MIB + newline)


def test_a_line_without_end_within_a_stream_keeps_the_text() -> None:
    stream = reader("openai-chat")
    stream.feed(DELTA)

    with pytest.raises(StreamBrokenError) as caught:
        feed_repeatedly(stream, b"x" * MIB)

    assert caught.value.text_so_far == "half a"
    assert caught.value.message.endswith("a single line of more than 6 MiB came.")


# raw


def test_a_raw_stream_is_passed_on_character_by_character() -> None:
    stream = reader("raw")
    pieces = [list(stream.feed(bytes([byte]))) for byte in "aé\n".encode()]

    assert pieces == [["a"], [], ["é"], ["\n"]]
    assert stream.finish() == Generated("aé\n", None, None)


@given(text=st.text(), data=st.data())
def test_a_raw_stream_is_its_own_text(text: str, data: st.DataObject) -> None:
    pieces, generated = read("raw", *data.draw(cut(text.encode())))

    assert "".join(pieces) == generated.text == text


def test_a_raw_stream_of_bytes_is_broken_where_its_text_ends() -> None:
    error = broken("raw", b"half", b" a\xff\xff")

    assert error.text_so_far == "half a"
    assert error.message == (
        "The model's stream broke off after 6 characters: bytes that are not UTF-8 came."
    )


def test_and_within_a_character() -> None:
    assert broken("raw", "né".encode()[:2]).text_so_far == "n"


def test_a_raw_stream_that_never_was_text_is_unexpected() -> None:
    with pytest.raises(UnexpectedReplyError, match="bytes that are not UTF-8 of 2 bytes came"):
        read("raw", b"\xff\xfe")


def test_a_reply_of_a_container_that_cannot_stream_is_read_at_the_end() -> None:
    assert read("tei", b"[[0.5,", b" 1]]") == ([], Generated("", None, None, [0.5, 1]))
    assert read("input-text", b'"a ', b'fox"') == ([], Generated("a fox", None, None))
