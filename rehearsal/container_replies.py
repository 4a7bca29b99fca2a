"""What a model said, in the reply of its container as an asynchronous endpoint leaves it in S3.

Reads what this machine's own containers write. The function reads any container's; it runs as a process of
its own here, so its code is not imported.
"""

import json
from collections.abc import Callable
from typing import Any

from catalog.images import Contract

_TEXTS: dict[Contract, Callable[[Any], str]] = {
    "openai-chat": lambda reply: reply["choices"][0]["message"]["content"],
    "pipelines": lambda reply: reply[0]["generated_text"],
    "tgi": lambda reply: reply[0]["generated_text"],
    "lmi": lambda reply: reply["generated_text"],
    "tei": lambda reply: vector_in_words(reply[0]),
}


class UnreadableReplyError(Exception):
    """A container's reply is not what its contract says."""


def said(contract: Contract, body: bytes) -> str:
    """Return the text of a container's reply; of an embedding, a sentence about it.

    Raises:
        UnreadableReplyError: it is not in the form of the contract.
    """
    try:
        return _TEXTS[contract](json.loads(body))
    except (ValueError, LookupError, TypeError) as failure:
        shown = body[:200].decode(errors="replace")
        raise UnreadableReplyError(
            f"the container's reply is not in the form of {contract}: {shown}"
        ) from failure


def vector_in_words(vector: list[float]) -> str:
    """Return a sentence about an embedding."""
    return f"a vector of {len(vector)} numbers, {vector[0]:.3f} the first"
