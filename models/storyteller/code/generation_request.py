"""Check a request to the storyteller: what may be sent, and a plain refusal of anything else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from storyteller import Sampling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_NEW_TOKENS = 1024  # our own limit, about half a second of one core
MAX_TEMPERATURE = 2
MAX_STOP_STRINGS = 4

FIELDS = ("inputs", "parameters", "stream")
PARAMETERS = ("max_new_tokens", "temperature", "top_p", "seed", "stop", "return_full_text")

_SHOWN_CHARACTERS = 40  # of a value that was sent, in a message


class RequestError(ValueError):
    """The request cannot be served; the message says what to send instead."""


@dataclass(frozen=True)
class GenerationRequest:
    """A request that was found in order."""

    inputs: str
    """The prompt; not empty."""
    sampling: Sampling
    """How to continue it."""
    return_full_text: bool
    """Put the prompt before the continuation in `generated_text`."""
    stream: bool
    """Reply with a JSON line per piece of text, not with one JSON document."""


def parse_request(body: str | bytes | bytearray, content_type: str | None) -> GenerationRequest:
    """Return the request of a JSON body; `models/README.md` lists its fields and defaults.

    Raises RequestError for another content type, anything but a JSON object, unknown fields or
    parameters, and values of a wrong type or out of range.
    """
    if _media_type(content_type) != "application/json":
        raise RequestError(
            f"send content type application/json, not {_shown(content_type or 'none')}"
        )
    data = _json_object(body)
    _refuse_unknown("field", data, FIELDS)
    inputs = data.get("inputs")
    if not isinstance(inputs, str) or not inputs:
        got = f"got {_shown(inputs)}" if "inputs" in data else "it is missing"
        raise RequestError(f"send the prompt as a non-empty string in inputs; {got}")
    parameters = data.get("parameters", {})
    if not _is_object(parameters):
        raise RequestError(f"parameters must be an object, got {_shown(parameters)}")
    return GenerationRequest(
        inputs,
        _sampling(parameters),
        return_full_text=_flag(parameters, "return_full_text"),
        stream=_flag(data, "stream"),
    )


def _media_type(content_type: str | None) -> str:
    return (content_type or "").split(";")[0].strip().lower()


def _json_object(body: str | bytes | bytearray) -> dict[str, Any]:
    try:
        data = json.loads(body if isinstance(body, str) else body.decode("utf-8"))
    except UnicodeDecodeError:
        raise RequestError("send the body in UTF-8; these bytes are not") from None
    except json.JSONDecodeError as error:
        raise RequestError(f"send the body as JSON; this is not: {error}") from None
    except (ValueError, RecursionError):  # endless digits, a thousand brackets
        raise RequestError("the JSON body nests too deep or holds too long a number") from None
    if not _is_object(data):
        raise RequestError(f'send a JSON object, {{"inputs": "..."}}, not {_shown(data)}')
    return data


def _sampling(parameters: dict[str, Any]) -> Sampling:
    _refuse_unknown("parameter", parameters, PARAMETERS)
    return Sampling(
        **{name: check(parameters[name]) for name, check in _CHECKS.items() if name in parameters}
    )


def _max_new_tokens(value: object) -> int:
    if not _is_whole(value) or not 1 <= value <= MAX_NEW_TOKENS:
        raise _wrong("max_new_tokens", f"a whole number from 1 to {MAX_NEW_TOKENS}", value)
    return value


def _temperature(value: object) -> float:
    if not _is_number(value) or not 0 <= value <= MAX_TEMPERATURE:
        raise _wrong("temperature", f"a number from 0 to {MAX_TEMPERATURE}", value)
    return value


def _top_p(value: object) -> float:
    if not _is_number(value) or not 0 < value <= 1:
        raise _wrong("top_p", "a number above 0 and at most 1", value)
    return value


def _seed(value: object) -> int:
    if not _is_whole(value) or value < 0:
        raise _wrong("seed", "a whole number, 0 or more", value)
    return value


def _stop(value: object) -> tuple[str, ...]:
    if (
        not _is_list(value)
        or len(value) > MAX_STOP_STRINGS
        or not all(isinstance(text, str) and text for text in value)
    ):
        raise _wrong("stop", f"a list of up to {MAX_STOP_STRINGS} non-empty strings", value)
    return tuple(value)


_CHECKS: dict[str, Callable[[object], Any]] = {
    "max_new_tokens": _max_new_tokens,
    "temperature": _temperature,
    "top_p": _top_p,
    "seed": _seed,
    "stop": _stop,
}


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _flag(fields: dict[str, Any], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise _wrong(name, "true or false", value)
    return value


def _refuse_unknown(kind: str, got: Iterable[str], known: tuple[str, ...]) -> None:
    unknown = [name for name in got if name not in known]
    if unknown:
        raise RequestError(f"unknown {kind} {_shown(unknown[0])}; known: {', '.join(known)}")


def _wrong(name: str, rule: str, value: object) -> RequestError:
    return RequestError(f"{name} must be {rule}, got {_shown(value)}")


def _shown(value: object) -> str:
    """Return a value as it was sent, short enough for a message."""
    if _is_object(value):
        return "an object"
    if _is_list(value):
        return f"a list of {len(value)}"
    text = json.dumps(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
