"""The contract `input-text`: the simplest that a container of one's own may speak."""

from collections.abc import Mapping

from handlers.contracts.contract import Contract, Generated, StreamReader, refuse_parameters
from handlers.contracts.reply_parts import finish_reason, usage
from handlers.contracts.streams import WholeReader
from handlers.generation_request import GenerationRequest
from handlers.json_values import is_list, is_object

TEXT_KEYS = ("generated_text", "generation", "output_text", "text", "outputs")
"""Where a reply may have its text; the first that is there counts."""


class InputText(Contract):
    """A text in, a text out; the reply is read leniently, as there is no one definition of it."""

    name = "input-text"
    reply_shape = (
        f"string, or an object with a string in {' or '.join(TEXT_KEYS)}, or [one of these]"
    )

    def request_body(self, request: GenerationRequest) -> object:
        """See Contract."""
        refuse_parameters(
            request,
            request.parameters.keys(),
            "the contract input-text has no place for parameters (the contract template has)",
        )
        return {"input_text": request.as_prompt()}

    def generated(self, reply: object) -> Generated | None:
        """See Contract."""
        while is_list(reply) and len(reply) == 1:
            reply = reply[0]
        if isinstance(reply, str):
            return Generated(reply, None, None)
        return _generated(reply) if is_object(reply) else None

    def stream_reader(self) -> StreamReader:
        """See Contract."""
        return WholeReader(self)


def _generated(reply: Mapping[str, object]) -> Generated | None:
    found = next((reply[key] for key in TEXT_KEYS if key in reply), None)
    text = found[0] if is_list(found) and len(found) == 1 else found
    if not isinstance(text, str):
        return None
    return Generated(text, finish_reason(reply.get("finish_reason")), usage(reply.get("usage")))


CONTRACT = InputText()
