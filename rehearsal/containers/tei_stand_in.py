"""Stands in for Text Embeddings Inference: vectors of the right shape, from no model.

A vector is the normalised sum of one for each word, which comes from the word's hash: the same text
always has the same vector and texts that share words are near each other, and nothing more is meant by
it. Shapes and refusals are those of
https://github.com/huggingface/text-embeddings-inference/blob/main/router/src/http/server.rs (read in part,
2026-11-24).
"""

import hashlib
import json
import math
import re
from http import HTTPStatus

from rehearsal.containers.contract_server import Reply, json_reply, serve
from rehearsal.containers.start import Start

DIMENSIONS = 32  # as many as a SHA-256 has bytes


def main() -> None:
    """Check that there is a model to serve, then answer."""
    start = Start.from_arguments()
    start.require_model()
    print(
        "stand-in for Text Embeddings Inference is ready; the vectors come from hashes of the words",
        flush=True,
    )
    serve(start.listening_fd, lambda request: _answer(request.body))


def _answer(body: bytes) -> Reply:
    try:
        inputs = json.loads(body)["inputs"]
    except (ValueError, KeyError, TypeError) as failure:
        message = f"Failed to deserialize the JSON body into the target type: {failure}".encode()
        return Reply(HTTPStatus.UNPROCESSABLE_ENTITY, "text/plain", message)
    texts = [inputs] if isinstance(inputs, str) else inputs
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        message = b"Failed to deserialize the JSON body into the target type: inputs: no text"
        return Reply(HTTPStatus.UNPROCESSABLE_ENTITY, "text/plain", message)
    if not texts or not all(texts):
        error = {"error": "`inputs` cannot be empty", "error_type": "Empty"}
        return json_reply(HTTPStatus.BAD_REQUEST, error)
    return json_reply(HTTPStatus.OK, [embedding(text) for text in texts])


def embedding(text: str) -> list[float]:
    """Return a vector of length 1 for a text."""
    sums = [0.0] * DIMENSIONS
    for word in re.findall(r"\w+", text.lower()) or [text]:
        for index, byte in enumerate(hashlib.sha256(word.encode()).digest()):
            sums[index] += byte / 127.5 - 1
    length = math.sqrt(math.fsum(value * value for value in sums))
    return [value / length for value in sums]


if __name__ == "__main__":
    main()
