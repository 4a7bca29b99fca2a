"""What the deployment tells the function, read once when the function starts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from handlers.contracts import CONTRACT_NAMES
from handlers.endpoint.modes import MODES, REALTIME, Mode
from handlers.json_values import NotJsonError, is_list, is_object, parse_json

RecordDetail = Literal["full", "metadata", "off"]
WakingAnswer = Literal["reply", "queue"]

REQUIRED = ("GENAI_ENDPOINT_NAME", "GENAI_BUCKET_NAME", "GENAI_CONTRACT", "GENAI_MODEL_URI")


class ConfigurationError(Exception):
    """The function's environment is not as InvokerFunction sets it; the message says where."""


class RedactionRule(TypedDict):
    """One thing to take out of the texts that are kept."""

    pattern: str
    """Regular expression, in the standard library's syntax."""
    replacement: str
    """What stands in its place; a text, without references to groups."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The function's settings. Each says its variable, and what it is when the variable is missing."""

    endpoint_name: str
    """GENAI_ENDPOINT_NAME: SageMaker endpoint to invoke."""
    bucket_name: str
    """GENAI_BUCKET_NAME: bucket for everything that the function keeps."""
    contract: str
    """GENAI_CONTRACT: what the endpoint's container speaks, a name in CONTRACT_NAMES."""
    model_uri: str
    """GENAI_MODEL_URI: where the model comes from: an S3 URI, hf:org/name, an ARN, or any other text;
    noted in replies and records."""
    mode: Mode = REALTIME
    """GENAI_MODE: how the endpoint is hosted."""
    inference_component_name: str | None = None
    """GENAI_INFERENCE_COMPONENT_NAME: inference component to invoke on the endpoint."""
    template: Mapping[str, object] | None = None
    """GENAI_TEMPLATE: how to ask and to read a container of the contract `template`, as a JSON object."""
    max_new_tokens: int = 4096
    """GENAI_MAX_NEW_TOKENS: most tokens that one request may ask for."""
    attempts: int = 3
    """GENAI_ATTEMPTS: how often the endpoint is asked at most, where asking again is safe; 1 to 10."""
    repeats_after_timeout: bool = False
    """GENAI_REPEAT_AFTER_TIMEOUT: ask again after a time-out, at the risk of a second generation."""
    records: RecordDetail = "full"
    """GENAI_RECORDS: what a record holds: everything, all but the texts, or there are none."""
    redaction: tuple[RedactionRule, ...] = ()
    """GENAI_REDACT: what to take out of the texts that are kept, as a JSON list."""
    metrics_namespace: str | None = None
    """GENAI_METRICS_NAMESPACE: CloudWatch namespace of the function's own metrics; none without."""
    waking: WakingAnswer = "reply"
    """GENAI_WAKING: what to do while the endpoint wakes up: say so, or keep the request for later."""
    has_queue: bool = False
    """GENAI_INPUTS_QUEUED: whether objects under inputs/ come back to the function through a queue."""
    max_receives: int = 10
    """GENAI_MAX_RECEIVES: how often a message of that queue is tried before it goes to the dead letters."""
    batch_workers: int = 8
    """GENAI_BATCH_WORKERS: how many prompts of a batch are asked at the same time; 1 to 64."""
    client_tokens: bool = True
    """GENAI_CLIENT_TOKENS: whether a request may have a client token."""
    claims_every_request: bool = False
    """GENAI_CLAIM_EVERY_REQUEST: whether a request without a client token is claimed by its request id,
    because Lambda may run it again."""

    @property
    def claims_messages(self) -> bool:
        """Whether a message is claimed by its id. The role may claim if any of these needs it."""
        return self.client_tokens or self.has_queue or self.claims_every_request


def read_environment(variables: Mapping[str, str]) -> Environment:
    """The settings in `variables`. An empty value counts as missing.

    Raises ConfigurationError naming every variable that is missing or wrong, with what it may be.
    """
    given = {name: value for name, value in variables.items() if value}
    settings: dict[str, Any] = {}
    problems: list[str] = []
    if missing := [name for name in REQUIRED if name not in given]:
        problems.append(f"Environment variables missing: {', '.join(missing)}.")
    for name, (setting, read) in _READERS.items():
        if name in given:
            try:
                settings[setting] = read(given[name])
            except _WrongError as wrong:
                problems.append(f"{name} must be {wrong}.")
    problems += _contradictions(given)
    if problems:
        raise ConfigurationError(
            f"{' '.join(problems)} InvokerFunction sets the environment; to run the handler by hand,"
            " export it first."
        )
    return Environment(**settings)


def _contradictions(given: Mapping[str, str]) -> Iterator[str]:
    if given.get("GENAI_CONTRACT") == "template" and "GENAI_TEMPLATE" not in given:
        yield "GENAI_TEMPLATE is missing, and the contract is template."
    if given.get("GENAI_WAKING") == "queue" and given.get("GENAI_INPUTS_QUEUED") != "true":
        yield "GENAI_WAKING is queue, which needs GENAI_INPUTS_QUEUED to be true."


class _WrongError(Exception):
    """A variable's value is not what it has to be; the message says what that is."""


_Reader = Callable[[str], object]


def _one_of(choices: Mapping[str, object]) -> _Reader:
    def read(text: str) -> object:
        if text not in choices:
            raise _WrongError(f"one of {', '.join(choices)}, got {text!r}")
        return choices[text]

    return read


def _named(*names: str) -> _Reader:
    return _one_of({name: name for name in names})


def _whole_number(lowest: int, highest: int) -> _Reader:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and lowest <= int(text[:10]) <= highest):
            raise _WrongError(f"a whole number from {lowest} to {highest}, got {text!r}")
        return int(text)

    return read


def _template(text: str) -> object:
    value = _json(text)
    if not is_object(value):
        raise _WrongError("a JSON object")
    return value


def _redaction(text: str) -> object:
    rules = _json(text)
    if not (is_list(rules) and all(_is_redaction_rule(rule) for rule in rules)):
        raise _WrongError(
            "a JSON list of objects with the texts pattern, a regular expression, and replacement"
        )
    return tuple(rules)


def _is_redaction_rule(rule: object) -> bool:
    if not is_object(rule) or rule.keys() != {"pattern", "replacement"}:
        return False
    pattern, replacement = rule["pattern"], rule["replacement"]
    if not isinstance(pattern, str) or not isinstance(replacement, str):
        return False
    import re  # noqa: PLC0415 - most functions have no rules, and start faster without it

    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _json(text: str) -> object:
    """The value of a JSON text; None when it is none."""
    try:
        return parse_json(text)
    except NotJsonError:
        return None


_FLAG = _one_of({"true": True, "false": False})
_READERS: Mapping[str, tuple[str, _Reader]] = {
    "GENAI_ENDPOINT_NAME": ("endpoint_name", str),
    "GENAI_BUCKET_NAME": ("bucket_name", str),
    "GENAI_CONTRACT": ("contract", _named(*CONTRACT_NAMES)),
    "GENAI_MODEL_URI": ("model_uri", str),
    "GENAI_MODE": ("mode", _one_of(MODES)),
    "GENAI_INFERENCE_COMPONENT_NAME": ("inference_component_name", str),
    "GENAI_TEMPLATE": ("template", _template),
    "GENAI_MAX_NEW_TOKENS": ("max_new_tokens", _whole_number(1, 1_000_000)),
    "GENAI_ATTEMPTS": ("attempts", _whole_number(1, 10)),
    "GENAI_REPEAT_AFTER_TIMEOUT": ("repeats_after_timeout", _FLAG),
    "GENAI_RECORDS": ("records", _named("full", "metadata", "off")),
    "GENAI_REDACT": ("redaction", _redaction),
    "GENAI_METRICS_NAMESPACE": ("metrics_namespace", str),
    "GENAI_WAKING": ("waking", _named("reply", "queue")),
    "GENAI_INPUTS_QUEUED": ("has_queue", _FLAG),
    "GENAI_MAX_RECEIVES": ("max_receives", _whole_number(1, 1000)),  # SQS's for maxReceiveCount
    "GENAI_BATCH_WORKERS": ("batch_workers", _whole_number(1, 64)),
    "GENAI_CLIENT_TOKENS": ("client_tokens", _FLAG),
    "GENAI_CLAIM_EVERY_REQUEST": ("claims_every_request", _FLAG),
}
"""The setting of each variable, and how it is read."""
