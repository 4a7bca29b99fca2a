"""One event from arrival to reply, and the one log line about it."""

import logging

from handlers.errors import HandlerError, only_handler_errors
from handlers.events import read_event
from handlers.generation import Generator, Invocation
from handlers.generation_request import GenerationRequest, read_request
from handlers.replies import error_reply, text_reply

_logger = logging.getLogger(__name__)


def answer(event: object, invocation: Invocation, generator: Generator) -> dict[str, object]:
    """The reply to an event, in the shape that its sender expects, and one log line about it."""
    source = read_event(event)
    request: GenerationRequest | None = None
    fields: dict[str, object] = {}
    try:
        with only_handler_errors():
            request = read_request(source.request_value())
            result = generator.generate(request, invocation)
    except HandlerError as error:
        status, reply = error.status, error_reply(error, invocation.request_id)
        fields["error_type"] = error.type
    else:
        status, reply = 200, text_reply(result, invocation.request_id)
        usage = result.generated.usage
        fields["model_latency_ms"] = result.model_milliseconds
        fields["completion_tokens"] = usage["completion_tokens"] if usage else None
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
    return source.reply(status, reply)
