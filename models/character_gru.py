# pyright: basic, reportMissingImports=false
# (PyTorch is no dependency of the project: only training needs it, see train_storyteller.py.)
"""The storyteller's network in PyTorch, for training."""

from __future__ import annotations

import torch
from torch.nn import functional


class CharacterGru(torch.nn.Module):
    """Characters in, a score for every character that may come next out.

    One gated recurrent layer with the equations of `torch.nn.GRU`, its input bias folded into the
    table of characters. It is spelt out so that products can be taken in bfloat16, which halves
    the time of a step on CPUs that know it, while state and weights stay float32.
    """

    def __init__(self, characters: int, hidden: int, dropout: float = 0.0) -> None:
        """dropout: share of the state's values hidden from the output while training, 0 to 1."""
        super().__init__()
        self.table = torch.nn.Parameter(torch.randn(characters, 3 * hidden) * 0.1)
        self.recurrent = torch.nn.Parameter(torch.empty(3 * hidden, hidden))
        for gate in self.recurrent.data.split(hidden):
            torch.nn.init.orthogonal_(gate)
        self.candidate_bias = torch.nn.Parameter(torch.zeros(hidden))
        self.output = torch.nn.Parameter(torch.randn(characters, hidden) * hidden**-0.5)
        self.output_bias = torch.nn.Parameter(torch.zeros(characters))
        self.dropout = torch.nn.Dropout(dropout)
        self.characters, self.hidden = characters, hidden

    def rest(self, streams: int) -> torch.Tensor:
        """Return the state before any character."""
        return torch.zeros(streams, self.hidden)

    def forward(
        self, text: torch.Tensor, state: torch.Tensor, product: torch.dtype = torch.float32
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the scores (steps, streams, characters) and the last state.

        text: character numbers (steps, streams). product: the type products are taken in.
        """
        border = 2 * self.hidden
        recurrent, states = self.recurrent.to(product), []
        for inputs in functional.embedding(text, self.table).unbind(0):
            gates = functional.linear(state.to(product), recurrent).float()
            reset, keep = torch.sigmoid(inputs[:, :border] + gates[:, :border]).chunk(2, dim=1)
            remembered = reset * (gates[:, border:] + self.candidate_bias)
            candidate = torch.tanh(inputs[:, border:] + remembered)
            state = torch.lerp(candidate, state, keep)
            states.append(state)
        seen = self.dropout(torch.stack(states)).to(product)
        scores = functional.linear(seen, self.output.to(product)).float() + self.output_bias
        return scores, state
