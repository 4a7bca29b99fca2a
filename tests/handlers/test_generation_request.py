"""What may be asked for, and how everything else is refused."""

import json
import math

import pytest

from handlers.errors import BadRequestError
from handlers.generation_request import EXAMPLE, GenerationRequest, read_request


def refusal(value: object) -> str:
    with pytest.raises(BadRequestError) as caught:
        read_request(value)
    return caught.value.message


def test_a_prompt_alone_is_a_request() -> None:
    assert read_request({"prompt": "Hello"}) == GenerationRequest("Hello", {})


def test_every_parameter_is_taken_as_given() -> None:
    parameters = {
        "max_new_tokens": 4096,
        "temperature": 0,
        "seed": 0,
        "top_p": 1,
        "stop": ["\n\n", "THE END"],
    }

    assert read_request({"prompt": "x", "parameters": parameters}).parameters == parameters


def test_the_example_in_the_refusals_is_itself_a_request() -> None:
    assert read_request(dict(EXAMPLE)).prompt == EXAMPLE["prompt"]


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


@pytest.mark.parametrize(
    ("request_value", "problem"),
    [
        (
            {"prompt": "x", "parameters": {"max_tokens": 5}},
            "unknown parameter 'max_tokens' (did you mean max_new_tokens?)",
        ),
        (
            {"prompt": "x", "parameters": {"zzz": 5}},
            "unknown parameter 'zzz' (known are max_new_tokens, temperature, seed, top_p, stop)",
        ),
        ({"promt": "x"}, "prompt is missing; unknown key 'promt' (did you mean prompt?)"),
        ({"prompt": "x", "messages": []}, "unknown key 'messages' (known are prompt, parameters)"),
        ({"prompt": "x", "parameters": None}, "parameters must be an object, got null"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(
    request_value: object, problem: str
) -> None:
    assert problem in refusal(request_value)


def test_all_problems_come_in_one_message() -> None:
    message = refusal({"parameters": {"temperature": 9, "seed": -1, "topp": 1}, "extra": 1})

    problems = message.removeprefix("Bad request: ").split(". Send")[0].split("; ")
    assert [problem.split(" ")[0:2] for problem in problems] == [
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
    assert len(message) < 4000
