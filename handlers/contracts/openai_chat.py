"""The contract `openai-chat`: vLLM, SGLang, llama.cpp, and LMI for whoever prefers it to its own.

OpenAI's chat completions, which other contracts speak too where they take conversations; each container
has extensions of its own. https://platform.openai.com/docs/api-reference/chat
"""

from collections.abc import Mapping

from handlers.contracts.contract import Contract, Generated, StreamReader
from handlers.contracts.reply_parts import finish_reason, first_object, usage
from handlers.contracts.streams import Chunk, LineReader
from handlers.generation_request import GenerationRequest
from handlers.json_values import is_object

CHAT_SHAPE = '{"choices": [{"message": {"content": string}, ...}], ...}'


def chat_body(request: GenerationRequest, parameters: Mapping[str, object]) -> Mapping[str, object]:
    """The request for a chat completion."""
    named = {"max_tokens" if n == "max_new_tokens" else n: value for n, value in parameters.items()}
    body: dict[str, object] = {"messages": request.as_messages(), **named}
    if request.stream:
        # Else a stream has no usage.
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body


def chat_generated(reply: object) -> Generated | None:
    """What a chat completion says; None if the reply is not one."""
    if not is_object(reply):
        return None
    choice = first_object(reply.get("choices"))
    message = choice.get("message")
    if not is_object(message):
        return None
    reason = finish_reason(choice.get("finish_reason"))
    text = message.get("content")
    if text is None and reason:
        text = ""  # a model that thinks may reach its limit before it says anything
    return Generated(text, reason, usage(reply.get("usage"))) if isinstance(text, str) else None


def chat_chunk(value: object) -> Chunk | None:
    """What one object of a streamed chat completion says; None if the value is not one."""
    if not is_object(value):
        return None
    counts = usage(value.get("usage"))
    choice = first_object(value.get("choices"))
    if not choice:
        # The one that only counts has no choices.
        return Chunk(usage=counts) if counts else None
    delta = choice.get("delta")
    if not is_object(delta):
        return None
    text = delta.get("content")
    return Chunk(
        text if isinstance(text, str) else "",
        finish_reason(choice.get("finish_reason")),
        counts,
        is_last=isinstance(choice.get("finish_reason"), str),
    )


class OpenAiChat(Contract):
    """Chat completions; a prompt is the user's only message."""

    name = "openai-chat"
    reply_shape = CHAT_SHAPE
    streams = True

    def request_body(self, request: GenerationRequest) -> object:
        """See Contract."""
        # top_k and repetition_penalty are vLLM's and SGLang's extensions, under these names.
        return chat_body(request, request.parameters)

    def generated(self, reply: object) -> Generated | None:
        """See Contract."""
        return chat_generated(reply)

    def stream_reader(self) -> StreamReader:
        """See Contract."""
        return LineReader(self, chat_chunk)


CONTRACT = OpenAiChat()
