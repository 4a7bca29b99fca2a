"""The contract `tgi`: Text Generation Inference.

One path takes prompts (`inputs`) and conversations (`messages`), and answers each in its own shape:
https://github.com/huggingface/text-generation-inference/blob/09dfff62ff8dc354dbee79da7e8650a38d239ed3/router/src/sagemaker.rs
"""

from collections.abc import Mapping

from handlers.contracts.contract import Contract, Generated, StreamReader, refuse_parameters
from handlers.contracts.openai_chat import chat_body, chat_chunk, chat_generated
from handlers.contracts.reply_parts import (
    do_sample,
    first_object,
    inputs_generated,
    token_chunk,
)
from handlers.contracts.streams import Chunk, LineReader
from handlers.generation_request import GenerationParameters, GenerationRequest


class Tgi(Contract):
    """Prompts by TGI's own schema, conversations by OpenAI's."""

    name = "tgi"
    reply_shape = '[{"generated_text": string, ...}]'
    streams = True

    def request_body(self, request: GenerationRequest) -> object:
        """See Contract."""
        accepted = _accepted(request.parameters)
        if request.prompt is None:
            return _chat(request, accepted)
        parameters = {
            **accepted,
            **do_sample(request.parameters.get("temperature")),
            # With decoder_input_details it would count the prompt's tokens too, but since TGI 3 only
            # if its launcher allows: https://github.com/huggingface/text-generation-inference/issues/3070
            "details": True,
            # What it does otherwise depends on the model's card on the Hub.
            "return_full_text": False,
        }
        body: dict[str, object] = {"inputs": request.prompt, "parameters": parameters}
        return {**body, "stream": True} if request.stream else body

    def generated(self, reply: object) -> Generated | None:
        """See Contract."""
        return inputs_generated(first_object(reply)) or chat_generated(reply)

    def is_own_reply(self, reply: object) -> bool:
        """See Contract."""
        return inputs_generated(first_object(reply)) is not None

    def stream_reader(self) -> StreamReader:
        """See Contract."""
        return LineReader(self, _chunk)


def _chunk(value: object) -> Chunk | None:
    return token_chunk(value) or chat_chunk(value)


def _chat(request: GenerationRequest, accepted: Mapping[str, object]) -> Mapping[str, object]:
    refuse_parameters(
        request,
        accepted.keys() & {"top_k", "repetition_penalty"},
        "TGI takes these parameters with a prompt, and not with messages",
    )
    # It reads a temperature of 0 here, but not below: it is what says that nothing is sampled.
    temperature = request.parameters.get("temperature")
    return chat_body(request, accepted if temperature != 0 else {**accepted, "temperature": 0})


def _accepted(given: GenerationParameters) -> Mapping[str, object]:
    """The parameters without those values that mean "no effect" to others and are refused by TGI.

    https://github.com/huggingface/text-generation-inference/blob/01067f8ba8bc1d378bb0fb3cd7ef6fe43fba86c0/router/src/validation.rs
    """
    refused: set[str] = {"top_p"} if given.get("top_p") == 1 else set()
    if given.get("temperature") == 0:
        # Without top_p and top_k, because with one it samples whatever do_sample says.
        refused = {"temperature", "top_p", "top_k"}
    return {name: value for name, value in given.items() if name not in refused}


CONTRACT = Tgi()
