"""The contract `pipelines`: the PyTorch and Hugging Face inference toolkits; the storyteller."""

from collections.abc import Mapping

from handlers.contracts.contract import (
    Contract,
    FinishReason,
    Generated,
    StreamReader,
    Usage,
)
from handlers.contracts.reply_parts import finish_reason, first_object, token_chunk, usage
from handlers.contracts.streams import Chunk, LineReader
from handlers.generation_request import GenerationRequest
from handlers.json_values import is_object


class Pipelines(Contract):
    """A text to continue, with what the pipeline or the model's own code takes as parameters.

    A conversation becomes a transcript. A pipeline would put a list of messages into the model's chat
    template, but fails where the model has none, and other code behind this contract knows no lists:
    who has such a model says so with the contract `template` and "<<messages>>".
    https://github.com/huggingface/transformers/blob/v4.41.1/src/transformers/pipelines/text_generation.py
    """

    name = "pipelines"
    reply_shape = '[{"generated_text": string, ...}]'
    streams = True

    def request_body(self, request: GenerationRequest) -> object:
        """See Contract."""
        body: dict[str, object] = {
            "inputs": request.as_prompt(),
            "parameters": {**request.parameters, "return_full_text": False},
        }
        # The Hugging Face toolkit reads no other key, and answers at once; the storyteller streams:
        # https://github.com/aws/sagemaker-huggingface-inference-toolkit/blob/0649e1c40538d1f6a3e7781d375a6ab71afc09e1/src/sagemaker_huggingface_inference_toolkit/handler_service.py
        return {**body, "stream": True} if request.stream else body

    def generated(self, reply: object) -> Generated | None:
        """See Contract."""
        first = first_object(reply)
        text = first.get("generated_text")
        return Generated(text, *_end(first)) if isinstance(text, str) else None

    def stream_reader(self) -> StreamReader:
        """See Contract."""
        return LineReader(self, _chunk)


def _chunk(value: object) -> Chunk | None:
    chunk = token_chunk(value)
    if chunk is None or not is_object(value):
        return None
    reason, counts = _end(value)
    return chunk._replace(finish_reason=reason, usage=counts)


def _end(generation: Mapping[str, object]) -> tuple[FinishReason | None, Usage | None]:
    return finish_reason(generation.get("finish_reason")), usage(generation.get("usage"))


CONTRACT = Pipelines()
