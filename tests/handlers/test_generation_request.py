"""What may be asked for, and how everything else is refused."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.errors import BadRequestError
from handlers.generation_request import EXAMPLE, GenerationRequest, ResultRequest, read_request

MAX_NEW_TOKENS = 4096
USER = {"role": "user", "content": "Hello"}


def read(value: object) -> GenerationRequest:
    request = read_request(value, MAX_NEW_TOKENS)
    assert isinstance(request, GenerationRequest)
    return request


def refusal(value: object) -> str:
    with pytest.raises(BadRequestError) as caught:
        read_request(value, MAX_NEW_TOKENS)
    return caught.value.message


def problems(value: object) -> list[str]:
    return refusal(value).removeprefix("Bad request: ").split(". Send for example")[0].split("; ")


def test_a_prompt_alone_is_a_request() -> None:
    assert read({"prompt": "Hello"}) == GenerationRequest(prompt="Hello")


def test_messages_are_a_request() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        USER,
        {**USER, "role": "assistant"},
        USER,
    ]

    assert read({"messages": messages}) == GenerationRequest(messages=tuple(messages))  # pyright: ignore[reportArgumentType] - plain dicts


@pytest.mark.parametrize("body", [{"inputs": "Hi"}, [1], "text", 0, False])
def test_a_body_of_the_containers_own_is_a_request(body: object) -> None:
    assert read({"body": body}) == GenerationRequest(body=body)


def test_everything_beside_it_is_taken_as_given() -> None:
    options = {
        "target_variant": "blue-1",
        "inference_component": "my-component",
        "session_id": "NEW_SESSION",
        "inference_id": "order 7 / 3",
        "custom_attributes": "trace=a; team=b",
    }
    token = "~" * 128

    assert read({"prompt": "x", "stream": True, "client_token": token, **options}) == (
        GenerationRequest(prompt="x", stream=True, client_token=token, options=options)  # pyright: ignore[reportArgumentType] - a plain dict
    )
    assert read({"prompt": "x", "async": True, "stream": False}).asynchronous is True


def test_the_log_gets_the_length_of_what_is_asked() -> None:
    assert read({"prompt": "four"}).characters == 4
    assert read({"messages": [{**USER, "role": "system"}, USER]}).characters == 10


def test_every_parameter_is_taken_as_given() -> None:
    parameters = {
        "max_new_tokens": 4096,
        "temperature": 0,
        "seed": 0,
        "top_p": 1,
        "top_k": 1,
        "repetition_penalty": 2,
        "stop": ["\n\n", "THE END"],
    }

    assert read({"prompt": "x", "parameters": parameters}).parameters == parameters


def test_the_most_tokens_are_the_deployments() -> None:
    value = {"prompt": "x", "parameters": {"max_new_tokens": 100}}

    assert read_request(value, 100) == GenerationRequest(
        prompt="x", parameters={"max_new_tokens": 100}
    )
    with pytest.raises(BadRequestError, match="whole number from 1 to 99, got 100"):
        read_request(value, 99)


def test_an_id_alone_asks_for_a_result() -> None:
    result_id = "8f507cfc-aaaa-4697-b07a-ac58fc914c95"

    assert read_request({"result": result_id}, MAX_NEW_TOKENS) == ResultRequest(result_id)


@pytest.mark.parametrize("result", ["", "../x", "a/b", ".a", "é", "a" * 129, "a\n"])
def test_a_result_is_named_by_an_id(result: str) -> None:
    (problem,) = problems({"result": result})

    assert problem.startswith(
        "result must be 1 to 128 letters, digits, hyphens, underscores and dots, got "
    )


def test_a_result_is_asked_for_alone() -> None:
    assert problems({"result": 7, "prompt": "x"}) == [
        "result must be a string, got a number",
        "result stands alone, but prompt came with it",
    ]


def test_the_example_in_the_refusals_is_itself_a_request() -> None:
    assert read(dict(EXAMPLE)).prompt == EXAMPLE["prompt"]


def test_a_refusal_shows_what_to_send() -> None:
    assert refusal({}).endswith(f"Send for example {json.dumps(EXAMPLE)}.")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (None, "null"),
        ([], "a list"),
        ("Once upon a time", "a string"),
        (7, "a number"),
        (math.nan, "a number"),
        (True, "a boolean"),
    ],
)
def test_only_an_object_is_a_request(event: object, kind: str) -> None:
    assert f"expected an object with a prompt, got {kind}." in refusal(event)


@pytest.mark.parametrize(
    ("prompt", "problem"),
    [
        ("", "prompt must not be empty"),
        (None, "prompt must be a string, got null"),
        (["a", "b"], "prompt must be a string, got a list"),
        ("fox \ud83d", "prompt is not valid Unicode: it holds half of a surrogate pair"),
    ],
)
def test_a_prompt_is_text(prompt: object, problem: str) -> None:
    assert problem in refusal({"prompt": prompt})


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("max_new_tokens", 0, "must be a whole number from 1 to 4096, got 0"),
        ("max_new_tokens", -5, "must be a whole number from 1 to 4096, got -5"),
        ("max_new_tokens", 4097, "must be a whole number from 1 to 4096, got 4097"),
        ("max_new_tokens", 16.0, "must be a whole number from 1 to 4096, got 16.0"),
        ("max_new_tokens", True, "must be a whole number from 1 to 4096, got a boolean"),
        ("max_new_tokens", "16", "must be a whole number from 1 to 4096, got a string"),
        pytest.param(
            "max_new_tokens", 10**5000, "from 1 to 4096, got a number of 16610 bits", id="huge"
        ),
        ("temperature", -0.1, "must be a number from 0 to 2, got -0.1"),
        ("temperature", 2.1, "must be a number from 0 to 2, got 2.1"),
        ("temperature", math.nan, "must be a number from 0 to 2, got nan"),
        ("temperature", math.inf, "must be a number from 0 to 2, got inf"),
        ("temperature", None, "must be a number from 0 to 2, got null"),
        ("seed", -1, "must be a whole number from 0 to 9223372036854775807, got -1"),
        ("seed", 2**63, "from 0 to 9223372036854775807, got 9223372036854775808"),
        ("top_p", 0, "must be a number above 0 and at most 1, got 0"),
        ("top_p", 1.01, "must be a number above 0 and at most 1, got 1.01"),
        ("top_p", False, "must be a number above 0 and at most 1, got a boolean"),
        ("top_k", 0, "must be a whole number from 1 to 2147483647, got 0"),
        ("top_k", 1.5, "must be a whole number from 1 to 2147483647, got 1.5"),
        ("repetition_penalty", 0, "must be a number above 0 and at most 2, got 0"),
        ("stop", "END", "must be a list of strings, got a string"),
        ("stop", ["END", 3], "must hold strings only, but item 1 is a number"),
        ("stop", [""], "must not hold empty strings, but item 0 is one"),
        ("stop", ["\udc00"], "item 0 is not valid Unicode"),
    ],
)
def test_a_parameter_out_of_its_range_is_refused(name: str, value: object, problem: str) -> None:
    message = refusal({"prompt": "x", "parameters": {name: value}})

    assert f"parameters.{name} " in message
    assert problem in message


@pytest.mark.row("bad-event")
@pytest.mark.parametrize(
    ("request_value", "problem"),
    [
        (
            {"prompt": "x", "parameters": {"max_tokens": 5}},
            "unknown parameter 'max_tokens' (did you mean max_new_tokens?)",
        ),
        (
            {"prompt": "x", "parameters": {"zzz": 5}},
            (
                "unknown parameter 'zzz' (known are max_new_tokens, temperature, seed, top_p, top_k,"
                " repetition_penalty, stop)"
            ),
        ),
        (
            {"promt": "x"},
            (
                "prompt is missing (or messages, a list of {role, content}); unknown key 'promt'"
                " (did you mean prompt?)"
            ),
        ),
        (
            {"prompt": "x", "zzz": []},
            (
                "unknown key 'zzz' (known are prompt, messages, body, parameters, stream, async,"
                " client_token, target_variant, inference_component, session_id, inference_id,"
                " custom_attributes, result)"
            ),
        ),
        ({"prompt": "x", "parameters": None}, "parameters must be an object, got null"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(
    request_value: object, problem: str
) -> None:
    assert problem in refusal(request_value)


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        ("Hello", " must be a list of {role, content}, got a string"),
        ([], " must not be empty"),
        (["Hello"], "[0] must be an object with role and content, got a string"),
        ([{**USER, "role": "robot"}], "[0].role must be one of system, user, assistant, got 'robot'"),
        ([{**USER, "role": 7}], "[0].role must be one of system, user, assistant, got a number"),
        ([{"content": "x"}], "[0].role is missing (one of system, user, assistant)"),
        ([USER, {**USER, "role": "system"}, USER], "[1].role is system, which only the first message may be"),
        ([{"role": "user"}], "[0].content is missing"),
        ([{**USER, "content": ""}], "[0].content must not be empty"),
        ([{**USER, "content": ["a"]}], "[0].content must be a string, got a list"),
        ([{**USER, "content": "\ud83d"}], "[0].content is not valid Unicode: it holds half of a surrogate pair"),
        ([{**USER, "text": "a"}], "[0]: unknown key 'text' (known are role, content)"),
        ([USER, {**USER, "role": "assistant"}], " must end with a message from the user, not from the assistant"),
        ([{**USER, "role": "system"}], " must end with a message from the user, not from the system"),
    ],
)  # fmt: skip
def test_messages_are_a_conversation_that_the_user_spoke_last_in(
    messages: object, problem: str
) -> None:
    assert problems({"messages": messages}) == [f"messages{problem}"]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"prompt": "x", "messages": [USER]}, "prompt and messages were given: send one of them"),
        ({"prompt": "x", "body": {}}, "prompt and body were given: send one of them"),
        ({"body": None}, "body must be the container's own request, got null"),
        ({"body": {"a": "\ud83d"}}, "body cannot be written as JSON in UTF-8"),
        ({"body": {"a": math.nan}}, "body cannot be written as JSON in UTF-8"),
        ({"body": {}, "parameters": {}}, "parameters go inside body, which is sent as it is"),
        (
            {"prompt": "x", "stream": True, "async": True},
            "stream and async were both asked for: what is answered later cannot be streamed",
        ),
        ({"prompt": "x", "stream": "yes"}, "stream must be true or false, got a string"),
        ({"prompt": "x", "async": 1}, "async must be true or false, got a number"),
        ({"prompt": "x", "client_token": 7}, "client_token must be a string, got a number"),
        ({"prompt": "x", "client_token": ""}, "client_token must be 1 to 128 printable ASCII characters, got ''"),
        ({"prompt": "x", "client_token": "é"}, "client_token must be 1 to 128 printable ASCII characters, got 'é'"),
        (
            {"prompt": "x", "target_variant": "-blue"},
            ("target_variant must be 1 to 63 letters, digits and hyphens, beginning and ending with a letter"
            " or digit, got '-blue'"),
        ),
        (
            {"prompt": "x", "session_id": "a b"},
            ("session_id must be 1 to 256 letters, digits and hyphens, beginning and ending with a letter or"
            " digit, or NEW_SESSION, got 'a b'"),
        ),
        (
            {"prompt": "x", "inference_id": " a"},
            "inference_id must be 1 to 64 printable ASCII characters, the first not a space, got 'a'",
        ),
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_has_no_such_form_is_refused(
    value: object, problem: str
) -> None:
    assert problems(value) == [problem]


@pytest.mark.parametrize(
    "name",
    ["client_token", "target_variant", "inference_component", "session_id", "inference_id", "custom_attributes"],
)  # fmt: skip
@pytest.mark.parametrize("text", ["a\r\nX-Amzn-Evil: 1", "a\n", "\x00", "\x7f", "a" * 1025])
def test_nothing_can_be_smuggled_into_a_header(name: str, text: str) -> None:
    (problem,) = problems({"prompt": "x", name: text})

    assert problem.startswith(f"{name} must be 1 to ")


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["prompt", "messages", "body", "parameters", "stream", "async", "client_token", "result", "x"]
)


@pytest.mark.row("bad-event")
@given(st.dictionaries(KEYS, JSON | st.lists(st.just(USER), max_size=2), max_size=4) | JSON)
def test_any_value_is_a_request_or_refused_in_words_that_can_be_sent(value: object) -> None:
    try:
        read_request(value, MAX_NEW_TOKENS)
    except BadRequestError as refused:
        message = refused.message
    else:
        return
    assert len(message.encode()) < 8000


def test_all_problems_come_in_one_message() -> None:
    found = problems({"parameters": {"temperature": 9, "seed": -1, "topp": 1}, "extra": 1})

    assert [problem.split(" ")[0:2] for problem in found] == [
        ["prompt", "is"],
        ["parameters.temperature", "must"],
        ["parameters.seed", "must"],
        ["unknown", "parameter"],
        ["unknown", "key"],
    ]


def test_a_flood_of_problems_gives_a_message_of_readable_length() -> None:
    message = refusal({"k" * 10_000 + str(number): 0 for number in range(100)})

    assert message.count("unknown key") == 19
    assert "; and more. Send" in message
    assert len(message) < 6000
