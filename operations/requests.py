"""What a request for one text looks like: docs/invoking.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from operations.asking import Event

Message = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """How to generate; the function refuses what is out of its range."""

    max_new_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None

    def given(self) -> dict[str, Any]:
        """Only what was given; the container decides the rest."""
        return {name: value for name, value in vars(self).items() if value is not None}


def request_for(
    prompt: str | Sequence[Message],
    parameters: Parameters | None = None,
    *,
    is_later: bool = False,
    client_token: str | None = None,
) -> Event:
    """Return the event that asks for one text.

    Args:
        prompt: the text to continue, or a conversation's messages.
        parameters: how to generate.
        is_later: ask to be told where the text will be.
        client_token: the request's own name, under which at most one text is generated.
    """
    given = parameters.given() if parameters else {}
    return {
        **({"prompt": prompt} if isinstance(prompt, str) else {"messages": list(prompt)}),
        **({"parameters": given} if given else {}),
        **({"async": True} if is_later else {}),
        **({"client_token": client_token} if client_token else {}),
    }
