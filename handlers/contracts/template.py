"""The contract `template`: any other container, asked and read as GENAI_TEMPLATE says.

GENAI_TEMPLATE is a JSON object:

- `request`: any JSON value. A string in it that is `"<<prompt>>"`, or another placeholder, becomes the
  value; a placeholder within a longer string becomes its text. A key (or list item) with a placeholder
  whose value was not given is left out.
- `text`, and if the container says them `finish_reason`, `prompt_tokens`, `completion_tokens`: where in
  the reply they are, such as `"choices[0].text"`.
- `stream_text`: where in each line of a stream its piece of text is. Without it, nothing is streamed.
"""

import json
import re
from collections.abc import Iterator, Mapping

from handlers.contracts.contract import Contract, Generated, StreamReader, refuse_parameters
from handlers.contracts.reply_parts import finish_reason, usage_of
from handlers.contracts.streams import Chunk, LineReader, WholeReader
from handlers.environment import ConfigurationError
from handlers.generation_request import GenerationParameters, GenerationRequest, unknown_name
from handlers.json_values import is_list, is_object, is_unicode, kind_of, printable

PARAMETERS = tuple(GenerationParameters.__annotations__)
INPUTS = ("prompt", "messages")
PLACEHOLDERS = (*INPUTS, *PARAMETERS, "stream")
"""What may stand between << and >>."""
PATHS = ("text", "finish_reason", "prompt_tokens", "completion_tokens", "stream_text")
KEYS = ("request", *PATHS)

_WHOLE_ONLY = {"messages", "stop"}
"""The placeholders whose value is no text and no number."""
_LONGEST_SHOWN = 60
_PLACEHOLDER = re.compile("<<([^<>]*)>>")
_PATH = re.compile(r"(?:\[\d{1,4}\]|[A-Za-z_][\w-]*)(?:\[\d{1,4}\]|\.[A-Za-z_][\w-]*)*", re.ASCII)
_STEP = re.compile(r"\[(\d+)\]|([\w-]+)")


def contract(template: Mapping[str, object] | None) -> "Template":
    """The contract that a template describes. Raises ConfigurationError naming all its problems."""
    if problems := problems_of_template(template or {}):
        raise ConfigurationError(f"GENAI_TEMPLATE cannot be followed: {'; '.join(problems)}.")
    return Template(template or {})


def problems_of_template(template: Mapping[str, object]) -> list[str]:
    """Everything in a template that cannot be followed; empty for a good one."""
    return [*_problems(template)]


class Template(Contract):
    """A container that is spoken to as a checked template says."""

    name = "template"

    def __init__(self, template: Mapping[str, object]) -> None:
        self._request = template["request"]
        self._steps = {name: _steps(template[name]) for name in PATHS if name in template}
        self.reply_shape = f"JSON with a string at {template['text']}"
        self.streams = "stream_text" in template

    def request_body(self, request: GenerationRequest) -> object:
        """See Contract."""
        refuse_parameters(
            request,
            {*PARAMETERS} - {*_placeholders(self._request)},
            "the contract's template (GENAI_TEMPLATE) has no place for these parameters",
        )
        values: dict[str, object] = {
            "prompt": request.as_prompt(),
            "messages": request.as_messages(),
            **request.parameters,
            "stream": request.stream and self.streams,
        }
        return _filled(self._request, values)

    def generated(self, reply: object) -> Generated | None:
        """See Contract."""
        text = self._at("text", reply)
        if not isinstance(text, str):
            return None
        chunk = self._end(reply)
        return Generated(text, chunk.finish_reason, chunk.usage)

    def stream_reader(self) -> StreamReader:
        """See Contract."""
        if not self.streams:
            return WholeReader(self)
        return LineReader(self, self._chunk, marks_its_end="finish_reason" in self._steps)

    def _chunk(self, value: object) -> Chunk | None:
        piece, whole_text = self._at("stream_text", value), self._at("text", value)
        end = self._end(value)
        if isinstance(piece, str):
            return end._replace(text=piece)
        if isinstance(whole_text, str):
            return end._replace(whole_text=whole_text, is_last=True)
        return None if end == Chunk() else end

    def _end(self, value: object) -> Chunk:
        said = self._at("finish_reason", value)
        return Chunk(
            finish_reason=finish_reason(said),
            usage=usage_of(self._at("prompt_tokens", value), self._at("completion_tokens", value)),
            is_last=isinstance(said, str) and bool(said),
        )

    def _at(self, name: str, value: object) -> object:
        """What is at a path of the template; None if nothing is, or the template has no such path."""
        if name not in self._steps:
            return None
        for step in self._steps[name]:
            if is_object(value) and isinstance(step, str):
                value = value.get(step)
            elif is_list(value) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value


# Filling in.


class _Missing:
    """Stands for what is left out."""


_MISSING = _Missing()


def _filled(value: object, values: Mapping[str, object]) -> object:
    if is_object(value):
        items = {key: _filled(item, values) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not _MISSING}
    if is_list(value):
        return [item for item in (_filled(item, values) for item in value) if item is not _MISSING]
    return _filled_text(value, values) if isinstance(value, str) else value


def _filled_text(text: str, values: Mapping[str, object]) -> object:
    if whole := _PLACEHOLDER.fullmatch(text):
        return values.get(whole[1], _MISSING)
    if any(name not in values for name in _PLACEHOLDER.findall(text)):
        return _MISSING
    return _PLACEHOLDER.sub(lambda found: _as_text(values[found[1]]), text)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _placeholders(value: object) -> Iterator[str]:
    """Every name between << and >>."""
    for text in _texts(value):
        yield from _PLACEHOLDER.findall(text)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_object(value):
        for item in value.values():
            yield from _texts(item)
    elif is_list(value):
        for item in value:
            yield from _texts(item)


def _steps(path: object) -> tuple[str | int, ...]:
    return tuple(int(index) if index else key for index, key in _STEP.findall(str(path)))


# Checking.


def _problems(template: Mapping[str, object]) -> Iterator[str]:
    if "request" in template:
        yield from _request_problems(template["request"])
    else:
        yield "request is missing, the JSON to send with <<prompt>> or <<messages>> in it"
    if "text" not in template:
        yield 'text is missing, the path of the text in the reply, such as "choices[0].text"'
    for name in PATHS:
        if name in template and (problem := _path_problem(template[name])):
            yield f"{name} {problem}"
    for name in template:
        if name not in KEYS:
            yield unknown_name("key", name, KEYS)


def _request_problems(request: object) -> Iterator[str]:
    found = {*_placeholders(request)}
    for name in sorted(found - {*PLACEHOLDERS}):
        yield unknown_name("placeholder", name, PLACEHOLDERS)
    if not found & {*INPUTS}:
        yield "request has neither <<prompt>> nor <<messages>>, so that nothing would be asked"
    if not is_unicode(json.dumps(request, ensure_ascii=False)):
        yield "request has a text that is not valid Unicode"
    for text in _texts(request):
        if _PLACEHOLDER.fullmatch(text):
            continue
        for name in _PLACEHOLDER.findall(text):
            if name in _WHOLE_ONLY:
                yield f"<<{name}>> is a list and must be the whole of its string"


def _path_problem(path: object) -> str | None:
    if not isinstance(path, str):
        return f"must be a path as a string, got {kind_of(path)}"
    if _PATH.fullmatch(path):
        return None
    shown = printable(path, _LONGEST_SHOWN)
    return f'must be keys and positions such as "choices[0].text", got {shown!r}'
