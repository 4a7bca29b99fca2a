"""One event from arrival to reply, and the one log line about it."""

import logging
from collections.abc import Mapping

from handlers.async_endpoint import QueuedRequest
from handlers.errors import HandlerError, only_handler_errors
from handlers.events import read_event
from handlers.generation import Answer, Generator, Invocation
from handlers.generation_request import GenerationRequest, read_request
from handlers.replies import Reply, accepted_reply, error_reply, text_reply

_logger = logging.getLogger(__name__)


def answer(event: object, invocation: Invocation, generator: Generator) -> dict[str, object]:
    """The reply to an event, in the shape that its sender expects, and one log line about it."""
    source = read_event(event)
    request: GenerationRequest | None = None
    retry_after_seconds: int | None = None
    fields: Mapping[str, object]
    try:
        with only_handler_errors():
            request = read_request(source.request_value())
            result = generator.generate(request, invocation)
    except HandlerError as error:
        status, reply = error.status, error_reply(error, invocation.request_id)
        retry_after_seconds = error.retry_after_seconds
        fields = {"error_type": error.type}
    else:
        status, reply, fields = _success(result, invocation.request_id)
    _logger.info(
        "request answered",
        extra={
            "request_id": invocation.request_id,
            "status": status,
            "contract": generator.contract.name,
            "latency_ms": invocation.elapsed_milliseconds(),
            "prompt_characters": len(request.prompt) if request else None,
            **fields,
        },
    )
    return source.reply(status, reply, retry_after_seconds)


def _success(result: Answer, request_id: str) -> tuple[int, Reply, Mapping[str, object]]:
    """The status, the reply, and what the log says of it."""
    if isinstance(result.outcome, QueuedRequest):
        reply = accepted_reply(result, result.outcome, request_id)
        return 202, reply, {"model_latency_ms": result.model_milliseconds}
    usage = result.outcome.usage
    return (
        200,
        text_reply(result, result.outcome, request_id),
        {
            "model_latency_ms": result.model_milliseconds,
            "completion_tokens": usage["completion_tokens"] if usage else None,
        },
    )
