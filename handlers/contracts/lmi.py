"""The contract `lmi`: Large Model Inference (DJL Serving).

https://github.com/deepjavalibrary/djl-serving/blob/0971984022bfc5e09bddfbef8e312f90345ae1bf/serving/docs/lmi/user_guides/lmi_input_output_schema.md
"""

from dataclasses import replace

from handlers.contracts.contract import Contract, Generated, StreamReader
from handlers.contracts.openai_chat import chat_body, chat_chunk, chat_generated
from handlers.contracts.reply_parts import (
    do_sample,
    first_object,
    inputs_generated,
    token_chunk,
)
from handlers.contracts.streams import Chunk, LineReader
from handlers.generation_request import GenerationRequest
from handlers.json_values import is_object, is_whole_number


class Lmi(Contract):
    """Prompts by LMI's own schema, conversations by OpenAI's."""

    name = "lmi"
    reply_shape = '{"generated_text": string, ...}'
    streams = True

    def request_body(self, request: GenerationRequest) -> object:
        """See Contract."""
        if request.prompt is None:
            return chat_body(request, request.parameters)
        # No details: where batches are not rolling, as on a CPU, they are a parameter too many:
        # https://github.com/deepjavalibrary/djl-serving/blob/034e763837ea5f4c39beb2a33623af894d782749/engines/python/setup/djl_python/huggingface_dynamic_batch.py
        parameters = {**request.parameters, **do_sample(request.parameters.get("temperature"))}
        body: dict[str, object] = {"inputs": request.prompt, "parameters": parameters}
        return {**body, "stream": True} if request.stream else body

    def generated(self, reply: object) -> Generated | None:
        """See Contract."""
        return _inputs_generated(reply) or chat_generated(reply)

    def is_own_reply(self, reply: object) -> bool:
        """See Contract."""
        return _inputs_generated(reply) is not None

    def stream_reader(self) -> StreamReader:
        """See Contract."""
        return LineReader(self, _chunk)


def _inputs_generated(reply: object) -> Generated | None:
    # In a list with OPTION_TGI_COMPAT, and from batches that are not rolling.
    generation = reply if is_object(reply) else first_object(reply)
    generated = inputs_generated(generation)
    if generated and not generated.finish_reason and _met_a_stop(generation.get("details")):
        return replace(generated, finish_reason="stop")
    return generated


def _met_a_stop(details: object) -> bool:
    """Whether the finish reason is the stop text or stop token that was met.

    Since it runs vLLM's own server, LMI writes vLLM's stop_reason there:
    https://github.com/deepjavalibrary/djl-serving/blob/0799bade529003016f5c62dc05625da612767f26/engines/python/setup/djl_python/lmi_vllm/request_response_utils.py
    """
    said = details.get("finish_reason") if is_object(details) else None
    return is_whole_number(said) or (isinstance(said, str) and bool(said))


def _chunk(value: object) -> Chunk | None:
    return token_chunk(value) or chat_chunk(value)


CONTRACT = Lmi()
