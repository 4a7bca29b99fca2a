"""The contract `tei`: Text Embeddings Inference.

https://github.com/huggingface/text-embeddings-inference/blob/02506d0b3879596c20905951425d16f09be1a556/router/src/http/types.rs
"""

import sys
from typing import TypeGuard

from handlers.contracts.contract import Contract, Generated, StreamReader
from handlers.contracts.streams import WholeReader
from handlers.errors import BadRequestError
from handlers.generation_request import GenerationRequest
from handlers.json_values import is_list, is_number


class Tei(Contract):
    """A text becomes a vector. A list of texts would become a list of vectors, but is not asked for."""

    name = "tei"
    reply_shape = "[[number, ...]]"

    def request_body(self, request: GenerationRequest) -> object:
        """See Contract."""
        unwanted = "messages" if request.prompt is None else "parameters"
        if request.prompt is None or request.parameters:
            raise BadRequestError(
                f"Bad request: an embedding takes no {unwanted}, and the contract tei makes"
                ' embeddings. Send for example {"prompt": "Once upon a time"}.'
            )
        return {"inputs": request.prompt}

    def generated(self, reply: object) -> Generated | None:
        """See Contract."""
        vector = reply[0] if is_list(reply) and len(reply) == 1 else None
        if not is_list(vector) or not vector:
            return None
        embedding = [value for value in vector if _is_finite(value)]
        return Generated("", None, None, embedding) if len(embedding) == len(vector) else None

    def stream_reader(self) -> StreamReader:
        """See Contract."""
        return WholeReader(self)


def _is_finite(value: object) -> TypeGuard[float]:
    # JSON may hold 1e999, which Python reads as infinity and could not write as JSON again.
    return is_number(value) and abs(value) <= sys.float_info.max


CONTRACT = Tei()
