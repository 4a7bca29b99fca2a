"""A container that is asked and read as a template says, and what is wrong with a template."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.contracts import contract_named
from handlers.contracts.contract import Generated
from handlers.contracts.template import PLACEHOLDERS, problems_of_template
from handlers.environment import ConfigurationError
from handlers.errors import BadRequestError, UnexpectedReplyError
from handlers.generation_request import GenerationRequest
from tests.handlers.contracts.stored import payload

EVERYTHING: dict[str, Any] = {
    "request": {
        "text": "<<prompt>>",
        "turns": "<<messages>>",
        "config": {
            "n": "<<max_new_tokens>>",
            "t": "<<temperature>>",
            "p": "<<top_p>>",
            "k": "<<top_k>>",
            "penalty": "<<repetition_penalty>>",
            "seed": "<<seed>>",
            "until": "<<stop>>",
        },
        "live": "<<stream>>",
        "fixed": [1, None, True, "as is", {}],
        "sentence": "[<<prompt>>] in <<max_new_tokens>> at <<temperature>>",
        "list": ["<<seed>>", "<<prompt>>"],
    },
    "text": "out[0].text",
    "finish_reason": "out[0].why",
    "prompt_tokens": "counts.in",
    "completion_tokens": "counts.out",
    "stream_text": "piece",
}


def sent(template: dict[str, Any], **request: Any) -> Any:
    return json.loads(contract_named("template", template).payload(GenerationRequest(**request)))


def test_every_placeholder_is_filled_in() -> None:
    parameters = {
        "max_new_tokens": 5,
        "temperature": 0.5,
        "top_p": 1,
        "top_k": 3,
        "repetition_penalty": 1.5,
        "seed": 7,
        "stop": ["a", "b"],
    }

    assert sent(EVERYTHING, prompt='"Hi"', parameters=parameters, stream=True) == {
        "text": '"Hi"',
        "turns": [{"role": "user", "content": '"Hi"'}],
        "config": {
            "n": 5,
            "t": 0.5,
            "p": 1,
            "k": 3,
            "penalty": 1.5,
            "seed": 7,
            "until": ["a", "b"],
        },
        "live": True,
        "fixed": [1, None, True, "as is", {}],
        "sentence": '["Hi"] in 5 at 0.5',
        "list": [7, '"Hi"'],
    }


def test_what_was_not_given_is_left_out_with_its_key() -> None:
    assert sent(EVERYTHING, messages=({"role": "user", "content": "Hi"},)) == {
        "text": "User: Hi\n\nAssistant:",
        "turns": [{"role": "user", "content": "Hi"}],
        "config": {},
        "live": False,
        "fixed": [1, None, True, "as is", {}],
        "list": ["User: Hi\n\nAssistant:"],
    }


def test_a_request_may_be_a_bare_text() -> None:
    assert sent({"request": "Q: <<prompt>>", "text": "a"}, prompt="Hi") == "Q: Hi"


@given(st.text(min_size=1))
def test_no_prompt_is_taken_for_a_part_of_the_template(prompt: str) -> None:
    template = {"request": {"a": "<<prompt>>", "b": "<<prompt>>!"}, "text": "a"}

    assert sent(template, prompt=prompt + "<<seed>>") == {
        "a": prompt + "<<seed>>",
        "b": prompt + "<<seed>>!",
    }


def test_a_stream_is_not_asked_for_when_it_could_not_be_read() -> None:
    template = {"request": {"q": "<<prompt>>", "live": "<<stream>>"}, "text": "a"}

    assert sent(template, prompt="Hi", stream=True) == {"q": "Hi", "live": False}


def test_a_parameter_without_a_place_is_refused_rather_than_dropped() -> None:
    with pytest.raises(BadRequestError) as caught:
        sent({"request": "<<prompt>>", "text": "a"}, prompt="Hi", parameters={"seed": 7})

    assert caught.value.message == (
        "Bad request: the contract's template (GENAI_TEMPLATE) has no place for these parameters:"
        " leave out seed."
    )


def test_a_reply_is_read_by_its_paths() -> None:
    contract = contract_named("template", EVERYTHING)
    reply = {"out": [{"text": "fox", "why": "eos_token"}], "counts": {"in": 4, "out": 5}}

    assert contract.read_reply(json.dumps(reply).encode()) == Generated(
        "fox", "stop", {"prompt_tokens": 4, "completion_tokens": 5}
    )


def test_an_old_jumpstart_reply_can_be_read() -> None:
    template = {"request": {"inputs": "<<messages>>"}, "text": "[0].generation"}

    generated = contract_named("template", template).read_reply(payload("jumpstart.json"))

    assert generated == Generated(" there was a fox.", None, None)


@pytest.mark.parametrize(
    "reply", [{}, {"out": []}, {"out": {"0": {"text": "a"}}}, {"out": [{"text": 7}]}, [], "text"]
)
def test_a_reply_without_a_text_there_is_unexpected(reply: object) -> None:
    with pytest.raises(UnexpectedReplyError) as caught:
        contract_named("template", EVERYTHING).read_reply(json.dumps(reply).encode())

    assert "the contract template (JSON with a string at out[0].text)" in caught.value.message


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (
            {"text": "a"},
            "request is missing, the JSON to send with <<prompt>> or <<messages>> in it",
        ),
        (
            {"request": "<<prompt>>"},
            'text is missing, the path of the text in the reply, such as "choices[0].text"',
        ),
        (
            {"request": {"a": "<<seed>>"}, "text": "a"},
            "request has neither <<prompt>> nor <<messages>>, so that nothing would be asked",
        ),
        (
            {"request": ["<<prompt>> <<promt>>"], "text": "a"},
            "unknown placeholder 'promt' (did you mean prompt?)",
        ),
        (
            {"request": "<<prompt>> <<>>", "text": "a"},
            f"unknown placeholder '' (known are {', '.join(PLACEHOLDERS)})",
        ),
        (
            {"request": {"a": "<<prompt>>", "b": "until <<stop>>"}, "text": "a"},
            "<<stop>> is a list and must be the whole of its string",
        ),
        (
            {"request": "<<prompt>>", "text": "a..b"},
            "text must be keys and positions such as \"choices[0].text\", got 'a..b'",
        ),
        (
            {"request": "<<prompt>>", "text": "a", "finish_reason": 7},
            "finish_reason must be a path as a string, got a number",
        ),
        (
            {"request": "<<prompt>>", "text": "a", "streamText": "b"},
            "unknown key 'streamText' (did you mean stream_text?)",
        ),
        (
            {"request": "<<prompt>>", "text": "a", "zzz": 1},
            (
                "unknown key 'zzz' (known are request, text, finish_reason, prompt_tokens,"
                " completion_tokens, stream_text)"
            ),
        ),
        (
            {"request": "<<prompt>> \ud83d", "text": "a"},
            "request has a text that is not valid Unicode",
        ),
    ],
)
def test_a_template_that_cannot_be_followed_is_found_at_the_start(
    template: dict[str, Any], problem: str
) -> None:
    assert problems_of_template(template) == [problem]
    with pytest.raises(ConfigurationError) as caught:
        contract_named("template", template)
    assert str(caught.value) == f"GENAI_TEMPLATE cannot be followed: {problem}."


@pytest.mark.parametrize("path", ["", ".", "a.", "a[", "a[x]", "[99999]", "$.a", "a b", "é", "a.0"])
def test_a_path_is_keys_and_positions(path: str) -> None:
    (problem,) = problems_of_template({"request": "<<prompt>>", "text": path})

    assert problem.startswith("text must be keys and positions")


@pytest.mark.parametrize("path", ["a", "[0]", "a[0][1].b-c._d", "[0].generated_text"])
def test_a_good_path_has_no_problem(path: str) -> None:
    assert problems_of_template({"request": "<<prompt>>", "text": path}) == []


def test_all_problems_come_at_once() -> None:
    problems = problems_of_template({"request": "<<promt>>", "txt": "a", "stream_text": None})

    assert [problem.split(" ")[0] for problem in problems] == [
        "unknown",
        "request",
        "text",
        "stream_text",
        "unknown",
    ]


def test_without_a_template_there_is_nothing_to_follow() -> None:
    with pytest.raises(ConfigurationError, match=r"request is missing.*text is missing"):
        contract_named("template", None)
