"""The request for a text: what may be asked, and every reason to refuse it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
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

TEMPERATURE_LIMIT = 2  # as in OpenAI's chat schema, which vLLM keeps
SEED_LIMIT = 2**63 - 1  # vLLM refuses a seed that is not an int64
TOP_K_LIMIT = 2**31 - 1  # TGI reads an int32
REPETITION_PENALTY_LIMIT = 2  # as in SGLang, the strictest of the engines
ROLES = ("system", "user", "assistant")

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
    """Most tokens to generate, 1 to the limit that the deployment sets (GENAI_MAX_NEW_TOKENS)."""
    temperature: float
    """Randomness, 0 (none) to 2."""
    seed: int
    """Where the randomness starts, 0 to 2^63 - 1: the same seed and request give the same text."""
    top_p: float
    """Share of the likeliest tokens to choose from, above 0 to 1."""
    top_k: int
    """How many of the likeliest tokens to choose from, 1 to 2^31 - 1."""
    repetition_penalty: float
    """How much less likely a token becomes by having been used, above 0 to 2; 1 is not at all."""
    stop: list[str]
    """Texts at which the generation ends."""


class Message(TypedDict):
    """One turn of a conversation."""

    role: str
    """system, user or assistant."""
    content: str


class CallOptions(TypedDict, total=False):
    """What passes through to SageMaker as it is; only what the caller gave is present.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
    """

    target_variant: str
    inference_component: str
    session_id: str
    inference_id: str
    custom_attributes: str


@dataclass(frozen=True, kw_only=True)
class GenerationRequest:
    """A valid request: exactly one of `prompt`, `messages` and `body` is given.

    None has a limit of its own: the payload's (6 MiB) holds.
    """

    prompt: str | None = None
    messages: tuple[Message, ...] = ()
    body: object = None
    """The container's own request as a JSON value: contract `raw` only."""
    parameters: GenerationParameters = field(default_factory=GenerationParameters)
    stream: bool = False
    """Ask the container for a stream, and collect it."""
    asynchronous: bool = False
    """Answer at once where the text will be, rather than with the text."""
    client_token: str | None = None
    """The caller's own name for this request: under one token at most one text is generated."""
    options: CallOptions = field(default_factory=CallOptions)

    @property
    def characters(self) -> int:
        """Length of what the model is asked, for the log."""
        return len(self.prompt or "") + sum(len(message["content"]) for message in self.messages)

    def as_messages(self) -> list[Message]:
        """For a container that takes conversations: a prompt is the user's only message."""
        if self.prompt is None:
            return list(self.messages)
        return [{"role": "user", "content": self.prompt}]

    def as_prompt(self) -> str:
        """For a container that continues a text: a conversation becomes a transcript to go on from.

        Its own chat template, if it has one, is known to the container only.
        """
        if self.prompt is not None:
            return self.prompt
        turns = [f"{m['role'].capitalize()}: {m['content']}" for m in self.messages]
        return "\n\n".join([*turns, "Assistant:"])


@dataclass(frozen=True)
class ResultRequest:
    """The question what became of a request that was accepted for later."""

    result: str
    """The id that the reply of that time gave."""


def read_request(value: object, max_new_tokens: int) -> GenerationRequest | ResultRequest:
    """The request in a JSON value; `max_new_tokens` is the most that one may ask for.

    Raises BadRequestError with every problem (up to 20 of them) and what to send.
    """
    problems = list(islice(_problems(value, max_new_tokens), _PROBLEMS_SHOWN + 1))
    if problems:
        more = "; and more" if len(problems) > _PROBLEMS_SHOWN else ""
        raise bad_request("; ".join(problems[:_PROBLEMS_SHOWN]) + more)
    request = cast("Mapping[str, object]", value)
    if "result" in request:
        return ResultRequest(cast("str", request["result"]))
    return GenerationRequest(
        prompt=cast("str | None", request.get("prompt")),
        messages=tuple(cast("list[Message]", request.get("messages", []))),
        body=request.get("body"),
        parameters=cast("GenerationParameters", request.get("parameters", {})),
        stream=cast("bool", request.get("stream", False)),
        asynchronous=cast("bool", request.get("async", False)),
        client_token=cast("str | None", request.get("client_token")),
        options=cast(
            "CallOptions",
            {name: request[name] for name in CallOptions.__annotations__ if name in request},
        ),
    )


def bad_request(problem: str) -> BadRequestError:
    """The refusal for a problem, with what to send instead."""
    return BadRequestError(f"Bad request: {problem}. Send for example {json.dumps(EXAMPLE)}.")


Rule = Callable[[object], str | None]
"""Says what is wrong with a value, or None."""


def _problems(value: object, max_new_tokens: int) -> Iterator[str]:
    if not is_object(value):
        yield f"expected an object with a prompt, got {kind_of(value)}"
        return
    if "result" in value:
        yield from _result_problems(value)
        return
    yield from _input_problems(value)
    if "parameters" in value:
        yield from _parameters_problems(value["parameters"], max_new_tokens)
    for name, problem_with in _OPTION_RULES.items():
        if name in value and (problem := problem_with(value[name])):
            yield f"{name} {problem}"
    yield from _contradictions(value)
    yield from _unknown_names("key", value, _KEYS)


def _result_problems(value: Mapping[str, object]) -> Iterator[str]:
    if problem := _result_id(value["result"]):
        yield f"result {problem}"
    if beside := [printable(name, _LONGEST_NAME) for name in islice(value, 4) if name != "result"]:
        yield f"result stands alone, but {', '.join(beside)} came with it"


def _input_problems(value: Mapping[str, object]) -> Iterator[str]:
    given = [name for name in _INPUT_RULES if name in value]
    if not given:
        yield "prompt is missing (or messages, a list of {role, content})"
    if len(given) > 1:
        yield f"{' and '.join(given)} were given: send one of them"
    for name in given:
        for problem in _INPUT_RULES[name](value[name]):
            yield f"{name}{problem}"


def _contradictions(value: Mapping[str, object]) -> Iterator[str]:
    if value.get("stream") is True and value.get("async") is True:
        yield "stream and async were both asked for: what is answered later cannot be streamed"
    if "body" in value and "parameters" in value:
        yield "parameters go inside body, which is sent as it is"


def _parameters_problems(value: object, max_new_tokens: int) -> Iterator[str]:
    if not is_object(value):
        yield f"parameters must be an object, got {kind_of(value)}"
        return
    rules = {"max_new_tokens": _whole_number(1, max_new_tokens), **_PARAMETER_RULES}
    for name, problem_with in rules.items():
        if name in value and (problem := problem_with(value[name])):
            yield f"parameters.{name} {problem}"
    yield from _unknown_names("parameter", value, tuple(rules))


def _unknown_names(what: str, value: Mapping[str, object], known: tuple[str, ...]) -> Iterator[str]:
    for name in value:
        if name not in known:
            yield unknown_name(what, name, known)


def unknown_name(what: str, name: str, known: tuple[str, ...]) -> str:
    """The problem of a name that means nothing, with what may have been meant."""
    import difflib  # noqa: PLC0415 - only what is refused needs it, and it costs every cold start

    shown = printable(name, _LONGEST_NAME)
    nearest = difflib.get_close_matches(shown, known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"
    return f"unknown {what} {shown!r} ({hint})"


# What the model is asked: each yields problems that begin behind the key's name.


def _prompt_problems(value: object) -> Iterator[str]:
    if problem := _text(value):
        yield f" {problem}"


def _messages_problems(value: object) -> Iterator[str]:
    if not is_list(value):
        yield f" must be a list of {{role, content}}, got {kind_of(value)}"
        return
    if not value:
        yield " must not be empty"
        return
    for position, message in enumerate(value):
        for problem in _message_problems(message, is_first=position == 0):
            yield f"[{position}]{problem}"
    last = value[-1]
    if is_object(last) and last.get("role") in ("system", "assistant"):
        yield f" must end with a message from the user, not from the {last['role']}"


def _message_problems(message: object, *, is_first: bool) -> Iterator[str]:
    if not is_object(message):
        yield f" must be an object with role and content, got {kind_of(message)}"
        return
    role = message.get("role")
    if "role" not in message:
        yield f".role is missing (one of {', '.join(ROLES)})"
    elif role not in ROLES:
        shown = repr(printable(role, _LONGEST_NAME)) if isinstance(role, str) else kind_of(role)
        yield f".role must be one of {', '.join(ROLES)}, got {shown}"
    elif role == "system" and not is_first:
        yield ".role is system, which only the first message may be"
    if "content" not in message:
        yield ".content is missing"
    elif problem := _text(message["content"]):
        yield f".content {problem}"
    yield from (f": {problem}" for problem in _unknown_names("key", message, ("role", "content")))


def _body_problems(value: object) -> Iterator[str]:
    if value is None:
        yield " must be the container's own request, got null"
    elif not _is_sendable(value):
        yield " cannot be written as JSON in UTF-8"


def _is_sendable(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (UnicodeEncodeError, RecursionError, ValueError, TypeError):
        return False
    return True


_INPUT_RULES: Mapping[str, Callable[[object], Iterator[str]]] = {
    "prompt": _prompt_problems,
    "messages": _messages_problems,
    "body": _body_problems,
}


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return f"must be a string, got {kind_of(value)}"
    if not value:
        return "must not be empty"
    return None if is_unicode(value) else _NOT_UNICODE


_NOT_UNICODE = "is not valid Unicode: it holds half of a surrogate pair"


# Values of other keys and of parameters.


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else f"must be true or false, got {kind_of(value)}"


def _matching(pattern: str, longest: int, meaning: str) -> Rule:
    def problem(value: object) -> str | None:
        if not isinstance(value, str):
            return f"must be a string, got {kind_of(value)}"
        if len(value) <= longest and re.fullmatch(pattern, value):
            return None
        return f"must be 1 to {longest} {meaning}, got {printable(value, _LONGEST_NAME)!r}"

    return problem


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
    "temperature": _number(0, TEMPERATURE_LIMIT),
    "seed": _whole_number(0, SEED_LIMIT),
    "top_p": _number(0, 1, above_lowest=True),
    "top_k": _whole_number(1, TOP_K_LIMIT),
    "repetition_penalty": _number(0, REPETITION_PENALTY_LIMIT, above_lowest=True),
    "stop": _stop_texts,
}
"""Of all but max_new_tokens, whose limit the deployment sets."""

_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9])*"
_NAME_MEANING = "letters, digits and hyphens, beginning and ending with a letter or digit"
_PRINTABLE_MEANING = "printable ASCII characters"
_result_id = _matching(
    r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", 128, "letters, digits, hyphens, underscores and dots"
)
# The limits are SageMaker's, from botocore 1.44.5's model of InvokeEndpoint; printable means that a
# text cannot end the header that it travels in.
_OPTION_RULES: Mapping[str, Rule] = {
    "stream": _flag,
    "async": _flag,
    "client_token": _matching("[ -~]+", 128, _PRINTABLE_MEANING),
    "target_variant": _matching(_NAME, 63, _NAME_MEANING),
    "inference_component": _matching(_NAME, 63, _NAME_MEANING),
    "session_id": _matching(f"NEW_SESSION|{_NAME}", 256, f"{_NAME_MEANING}, or NEW_SESSION"),
    "inference_id": _matching("[!-~][ -~]*", 64, f"{_PRINTABLE_MEANING}, the first not a space"),
    "custom_attributes": _matching("[ -~]+", 1024, _PRINTABLE_MEANING),
}
_KEYS = (*_INPUT_RULES, "parameters", *_OPTION_RULES, "result")
