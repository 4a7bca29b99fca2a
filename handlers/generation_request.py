"""The request for a text: what may be asked, and every reason to refuse it."""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypedDict, cast

from handlers.errors import BadRequestError
from handlers.json_values import (
    is_list,
    is_number,
    is_object,
    is_unicode,
    is_whole_number,
    kind_of,
    printable,
)

MAX_NEW_TOKENS_LIMIT = 4096
"""Most tokens one request may ask for: a cap on what a single request can cost."""
TEMPERATURE_LIMIT = 2  # as in OpenAI's chat schema, which vLLM keeps
SEED_LIMIT = 2**63 - 1  # vLLM refuses a seed that is not an int64

EXAMPLE: Mapping[str, object] = {
    "prompt": "Once upon a time",
    "parameters": {"max_new_tokens": 64, "temperature": 0.8},
}
"""A good request, shown with every refusal."""

_PROBLEMS_SHOWN = 20
_LONGEST_NAME = 60
_LONGEST_NUMBER_BITS = 64


class GenerationParameters(TypedDict, total=False):
    """How to generate. Only what the caller gave is present; the container decides the rest."""

    max_new_tokens: int
    """Most tokens to generate, 1 to 4096."""
    temperature: float
    """Randomness, 0 (none) to 2."""
    seed: int
    """Where the randomness starts, 0 to 2^63 - 1: the same seed and request give the same text."""
    top_p: float
    """Share of the likeliest tokens to choose from, above 0 to 1."""
    stop: list[str]
    """Texts at which the generation ends."""


@dataclass(frozen=True)
class GenerationRequest:
    """A valid request. The prompt has no limit of its own: the payload's (6 MiB) holds."""

    prompt: str
    parameters: GenerationParameters


def read_request(value: object) -> GenerationRequest:
    """The request in a JSON value.

    Raises BadRequestError with every problem (up to 20 of them) and what to send.
    """
    problems = list(islice(_problems(value), _PROBLEMS_SHOWN + 1))
    if problems:
        more = "; and more" if len(problems) > _PROBLEMS_SHOWN else ""
        raise bad_request("; ".join(problems[:_PROBLEMS_SHOWN]) + more)
    request = cast("Mapping[str, object]", value)
    return GenerationRequest(
        prompt=cast("str", request["prompt"]),
        parameters=cast("GenerationParameters", request.get("parameters", {})),
    )


def bad_request(problem: str) -> BadRequestError:
    """The refusal for a problem, with what to send instead."""
    return BadRequestError(f"Bad request: {problem}. Send for example {json.dumps(EXAMPLE)}.")


def _problems(value: object) -> Iterator[str]:
    if not is_object(value):
        yield f"expected an object with a prompt, got {kind_of(value)}"
        return
    if "prompt" not in value:
        yield "prompt is missing"
    elif problem := _prompt_problem(value["prompt"]):
        yield f"prompt {problem}"
    if "parameters" in value:
        yield from _parameters_problems(value["parameters"])
    yield from _unknown_names("key", value, ("prompt", "parameters"))


def _parameters_problems(value: object) -> Iterator[str]:
    if not is_object(value):
        yield f"parameters must be an object, got {kind_of(value)}"
        return
    for name, problem_with in _PARAMETER_RULES.items():
        if name in value and (problem := problem_with(value[name])):
            yield f"parameters.{name} {problem}"
    yield from _unknown_names("parameter", value, tuple(_PARAMETER_RULES))


def _unknown_names(what: str, value: Mapping[str, object], known: tuple[str, ...]) -> Iterator[str]:
    for name in value:
        if name not in known:
            yield _unknown_name(what, str(name)[:_LONGEST_NAME], known)


def _unknown_name(what: str, name: str, known: tuple[str, ...]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"
    return f"unknown {what} {printable(name)!r} ({hint})"


def _prompt_problem(value: object) -> str | None:
    if not isinstance(value, str):
        return f"must be a string, got {kind_of(value)}"
    if not value:
        return "must not be empty"
    return None if is_unicode(value) else _NOT_UNICODE


_NOT_UNICODE = "is not valid Unicode: it holds half of a surrogate pair"

Rule = Callable[[object], str | None]
"""Says what is wrong with a parameter's value, or None."""


def _whole_number(lowest: int, highest: int) -> Rule:
    def problem(value: object) -> str | None:
        if is_whole_number(value) and lowest <= value <= highest:
            return None
        return f"must be a whole number from {lowest} to {highest}, got {_shown(value)}"

    return problem


def _number(lowest: int, highest: int, *, above_lowest: bool = False) -> Rule:
    def problem(value: object) -> str | None:
        # NaN fails both comparisons.
        in_range = is_number(value) and lowest <= value <= highest
        if in_range and not (above_lowest and value == lowest):
            return None
        start = f"above {lowest} and at most" if above_lowest else f"from {lowest} to"
        return f"must be a number {start} {highest}, got {_shown(value)}"

    return problem


def _stop_texts(value: object) -> str | None:
    if not is_list(value):
        return f"must be a list of strings, got {kind_of(value)}"
    for position, text in enumerate(value):
        if not isinstance(text, str):
            return f"must hold strings only, but item {position} is {kind_of(text)}"
        if not text:
            return f"must not hold empty strings, but item {position} is one"
        if not is_unicode(text):
            return f"item {position} {_NOT_UNICODE}"
    return None


def _shown(value: object) -> str:
    """A number as it is, unless it would fill lines; anything else by its kind."""
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER_BITS:
        return f"a number of {value.bit_length()} bits"
    return repr(value) if is_number(value) else kind_of(value)


_PARAMETER_RULES: Mapping[str, Rule] = {
    "max_new_tokens": _whole_number(1, MAX_NEW_TOKENS_LIMIT),
    "temperature": _number(0, TEMPERATURE_LIMIT),
    "seed": _whole_number(0, SEED_LIMIT),
    "top_p": _number(0, 1, above_lowest=True),
    "stop": _stop_texts,
}
