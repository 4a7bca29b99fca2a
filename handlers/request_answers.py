"""One request from arrival to reply, and one log line about it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from handlers.answer import Answer
from handlers.environment import Environment
from handlers.errors import BadRequestError, EndpointWakingError, HandlerError, only_handler_errors
from handlers.generation_request import GenerationRequest, ResultRequest, read_request
from handlers.invocation import Invocation
from handlers.replies import (
    Reply,
    answer_reply,
    error_reply,
    pending_reply,
    waking_reply,
)
from handlers.services import Services

_logger = logging.getLogger(__name__)


class EventKind(Enum):
    """Where an event comes from; the value is its name in the log."""

    DIRECT = "direct"
    """The event is the request itself: `aws lambda invoke`, the console's test, another program."""
    HTTP = "http"
    """A function URL, an HTTP API, a REST API, or a load balancer."""
    QUEUE = "sqs"
    STORAGE = "s3"
    TOPIC = "sns"
    BUS = "eventbridge"


@dataclass(frozen=True)
class Answered:
    """What became of one request, or of one message."""

    status: int
    reply: Reply
    retry_after_seconds: int | None = None
    """When to try again, or to come back for the result; None when there is nothing to come back for."""
    error: HandlerError | None = None
    is_stream: bool = False
    """Whether the caller asked for the text piece by piece."""


def answer_request(
    request_value: Callable[[], object],
    invocation: Invocation,
    services: Services,
    kind: EventKind,
    *,
    message_id: str | None = None,
    on_text: Callable[[str], None] | None = None,
) -> Answered:
    """What becomes of one request; never raises.

    `message_id` is its client token if it has none of its own: a message may be delivered twice.
    `on_text` gets the pieces of a text that was asked for as a stream.
    """
    request: GenerationRequest | ResultRequest | None = None
    result: Answer | None = None
    try:
        with only_handler_errors():
            request = read_request(request_value(), services.generator.environment.max_new_tokens)
            if isinstance(request, ResultRequest):
                result, answered = _find(request, invocation, services)
            else:
                request = _with_token(request, message_id, services.generator.environment)
                result = services.generator.generate(
                    request, invocation, on_text if request.stream else None
                )
                answered = _answered(result, invocation.request_id)
    except HandlerError as error:
        answered = failed(error, invocation.request_id)
    if isinstance(request, GenerationRequest) and request.stream:
        answered = replace(answered, is_stream=True)
    _log(answered, result, request, kind, invocation, services)
    return answered


def _with_token(
    request: GenerationRequest, message_id: str | None, environment: Environment
) -> GenerationRequest:
    """The request with its client token, or with that of its message. Raises BadRequestError."""
    if request.client_token is None:
        may_claim = message_id is not None and environment.claims_messages
        return replace(request, client_token=message_id) if may_claim else request
    if environment.client_tokens:
        return request
    raise BadRequestError(
        "Bad request: this function takes no client_token (genai:invoker:clientTokens is false)."
        " Send the request without one; it is then generated as often as it is sent."
    )


def failed(error: HandlerError, request_id: str) -> Answered:
    """What becomes of a request that ended with an error."""
    is_waking = isinstance(error, EndpointWakingError)
    reply = waking_reply(error, request_id) if is_waking else error_reply(error, request_id)
    return Answered(error.status, reply, error.retry_after_seconds, error)


def _find(
    request: ResultRequest, invocation: Invocation, services: Services
) -> tuple[Answer | None, Answered]:
    found = services.results().find(request.result, invocation)
    if isinstance(found, Answer):
        return found, _answered(found, request.result)
    reply = pending_reply(request.result, invocation.request_id)
    return None, Answered(202, reply, reply["retry_after_seconds"])


def _answered(result: Answer, request_id: str) -> Answered:
    status, reply = answer_reply(result, request_id)
    return Answered(status, reply, reply.get("retry_after_seconds"))


def _log(
    answered: Answered,
    result: Answer | None,
    request: GenerationRequest | ResultRequest | None,
    kind: EventKind,
    invocation: Invocation,
    services: Services,
) -> None:
    fields: Mapping[str, object] = {}
    if answered.error is not None:
        fields = {"error_type": answered.error.type, "attempts": answered.error.attempts}
    elif result is not None:
        fields = {
            "model_latency_ms": result.model_milliseconds,
            "completion_tokens": _completion_tokens(answered.reply),
            "attempts": result.attempts,
        }
    asked = request.characters if isinstance(request, GenerationRequest) else None
    _logger.info(
        "request answered",
        extra={
            "request_id": invocation.request_id,
            "event_kind": kind.value,
            "status": answered.status,
            "contract": services.generator.contract.name,
            "latency_ms": invocation.elapsed_milliseconds(),
            "prompt_characters": asked,
            **fields,
        },
    )


def _completion_tokens(reply: Reply) -> int | None:
    usage = reply.get("usage")
    return usage["completion_tokens"] if usage else None
