"""The storyteller: a character-level recurrent network that continues English prose.

One gated recurrent layer (GRU) reads a character, updates its state and scores every character
that may come next; drawing one of them and feeding it back writes text. Inference needs numpy
only. The weights were trained by `models/train_storyteller.py`.
"""

from __future__ import annotations

import random
import re
import unicodedata
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors_file import SafetensorsFile, WeightsError, read_safetensors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

PROMPT_CHARACTERS = 2000
"""How much of a prompt is read, in characters from its end. The state forgets what is older."""

_SPELLED_OUT = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
        "\u2014": "--",  # as the training text writes a dash
        "\u00c6": "AE",
        "\u00e6": "ae",
        "\u0152": "OE",
        "\u0153": "oe",
        "\u00df": "ss",
        "&": "and",
    }
)


@dataclass(frozen=True)
class Sampling:
    """How the next characters are chosen."""

    max_new_tokens: int = 200
    """Most characters to write, 1 or more."""
    temperature: float = 0.7
    """0 takes the likeliest character every time; higher is bolder. 0 or more."""
    top_p: float = 1.0
    """Draw only from the likeliest characters that make up this share; above 0, at most 1."""
    seed: int | None = None
    """Start of the random numbers, 0 or more; None derives it from the prompt."""
    stop: tuple[str, ...] = ()
    """The text ends before the first of these strings; none may be empty."""


@dataclass(frozen=True)
class Piece:
    """A part of the continuation, in the order of writing."""

    text: str
    """One character, or several where a possible stop string had to be waited out."""
    finish_reason: str | None
    """None but on the last piece: "stop" (a stop string came) or "length"."""
    written: int
    """Characters generated so far, those of a stop string included."""


class Storyteller:
    """A loaded model. It keeps no state between calls, so threads may share it."""

    def __init__(self, weights: SafetensorsFile) -> None:
        """Take the weights apart. Raises WeightsError if they are not a storyteller's."""
        self.vocabulary = weights.metadata.get("vocabulary", "")
        """The characters the model knows, each at its number."""
        if "\n" not in self.vocabulary or len(set(self.vocabulary)) != len(self.vocabulary):
            raise WeightsError(
                "its __metadata__ names no vocabulary of distinct characters with a line feed"
            )
        self._number_of = {character: i for i, character in enumerate(self.vocabulary)}
        self._output = _dequantised(weights, "output", (len(self.vocabulary), None))
        characters, self._hidden = self._output.shape
        self._recurrent = _dequantised(weights, "recurrent", (3 * self._hidden, self._hidden))
        self._table = _dequantised(weights, "table", (characters, 3 * self._hidden))
        self._candidate_bias = _bias(weights, "candidate_bias", self._hidden)
        self._output_bias = _bias(weights, "output_bias", characters)

    @classmethod
    def load(cls, path: Path) -> Storyteller:
        """Return the model of a weights file.

        Raises WeightsError if the file is damaged or another model's, OSError if unreadable.
        """
        try:
            return cls(read_safetensors(path))
        except WeightsError as error:
            raise WeightsError(f"{path}: {error}") from error.__cause__

    def read(self, prompt: str) -> str:
        """Return what the model reads of a prompt: at most PROMPT_CHARACTERS characters it knows.

        Typographic quotes, dashes and accents become plain ones; other unknown characters are
        left out; line ends and runs of blank lines become one.
        """
        plain = prompt[-PROMPT_CHARACTERS:].translate(_SPELLED_OUT)
        plain = unicodedata.normalize("NFKD", plain).replace("\r", "\n").replace("\t", " ")
        known = "".join(character for character in plain if character in self._number_of)
        return re.sub("\n{2,}", "\n", known)[-PROMPT_CHARACTERS:]

    def generate(self, prompt: str, sampling: Sampling) -> Iterator[Piece]:
        """Write the continuation of a prompt, piece by piece as it is drawn.

        The same prompt and sampling give the same text on the same machine.
        """
        seed = _seed_of(prompt) if sampling.seed is None else sampling.seed
        chances = random.Random(seed)  # noqa: S311  (no secret; the same numbers in every Python)
        state = np.zeros(self._hidden, np.float32)
        for character in "\n" + self.read(prompt):  # a line end stands before every paragraph
            state = self._advance(state, self._number_of[character])
        held_back = ""
        for written in range(1, sampling.max_new_tokens + 1):
            number = draw(self._scores(state), sampling, chances.random())
            held_back += self.vocabulary[number]
            ending = _longest_ending(held_back, sampling.stop)
            if ending:
                yield Piece(held_back[: -len(ending)], "stop", written)
                return
            if written == sampling.max_new_tokens:
                yield Piece(held_back, "length", written)
                return
            keep = _length_of_possible_stop(held_back, sampling.stop)
            if keep < len(held_back):
                settled = held_back[: len(held_back) - keep]
                held_back = held_back[len(held_back) - keep :]
                yield Piece(settled, None, written)
            state = self._advance(state, number)

    def scores_along(self, text: str) -> NDArray[np.float32]:
        """Return the scores of the next character after each character of a text, from rest.

        text: characters of the vocabulary. The result has one row per character.
        """
        state, rows = np.zeros(self._hidden, np.float32), list[Any]()
        for character in text:
            state = self._advance(state, self._number_of[character])
            rows.append(self._scores(state))
        return np.array(rows, np.float32)

    def _advance(self, state: NDArray[np.float32], number: int) -> NDArray[np.float32]:
        """Return the state after one more character: the GRU equations, as PyTorch writes them."""
        border = 2 * self._hidden
        inputs, gates = self._table[number], self._recurrent @ state
        reset, keep = np.split(_sigmoid(inputs[:border] + gates[:border]), 2)
        candidate = np.tanh(inputs[border:] + reset * (gates[border:] + self._candidate_bias))
        return candidate + keep * (state - candidate)

    def _scores(self, state: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._output @ state + self._output_bias


def draw(scores: NDArray[np.float32], sampling: Sampling, chance: float) -> int:
    """Return the number of the next character.

    scores: one per character, as logarithms of unnormalised shares. chance: a random number, 0 or
    more and below 1.
    """
    if sampling.temperature == 0:
        return int(np.argmax(scores))
    below_best = scores.astype(np.float64) - scores.max()
    with np.errstate(over="ignore"):  # a tiny temperature makes every other character hopeless
        shares = np.exp(below_best / sampling.temperature)
    shares /= shares.sum()
    if sampling.top_p < 1:
        by_share = np.argsort(-shares, kind="stable")
        enough = int(np.searchsorted(np.cumsum(shares[by_share]), sampling.top_p)) + 1
        shares[by_share[enough:]] = 0
    heights = np.cumsum(shares)
    number = int(np.searchsorted(heights, chance * float(heights[-1]), side="right"))
    return min(number, len(heights) - 1)  # rounding could reach the top


def _sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.float32(0.5) * (np.tanh(np.float32(0.5) * x) + np.float32(1))  # cannot overflow


def _seed_of(prompt: str) -> int:
    return zlib.crc32(prompt.encode("utf-8", "surrogatepass"))


def _longest_ending(text: str, stops: tuple[str, ...]) -> str:
    """Return the longest stop string the text ends with, or nothing."""
    return max((stop for stop in stops if text.endswith(stop)), key=len, default="")


def _length_of_possible_stop(text: str, stops: tuple[str, ...]) -> int:
    """Return how many last characters of the text may yet become a stop string."""
    return max(
        (
            length
            for stop in stops
            for length in range(1, min(len(stop), len(text) + 1))
            if text.endswith(stop[:length])
        ),
        default=0,
    )


def _dequantised(
    weights: SafetensorsFile, name: str, shape: tuple[int, int | None]
) -> NDArray[np.float32]:
    """Return a matrix stored as int8 with one float32 scale per row."""
    rows = _tensor(weights, name, "int8", shape).astype(np.float32)
    scale = _tensor(weights, f"{name}.scale", "float32", (shape[0],))
    with np.errstate(over="ignore", invalid="ignore"):  # refused in the next line
        return _finite(name, rows * scale[:, None])


def _bias(weights: SafetensorsFile, name: str, size: int) -> NDArray[np.float32]:
    return _finite(name, _tensor(weights, name, "float32", (size,)))


def _finite(name: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
    if not np.isfinite(values).all():
        raise WeightsError(f"tensor {name} is damaged: it holds infinite or undefined values")
    return values


def _tensor(
    weights: SafetensorsFile, name: str, dtype: str, shape: tuple[int | None, ...]
) -> NDArray[Any]:
    """Return a tensor after checking it; None in the shape stands for any size."""
    tensor = weights.tensors.get(name)
    if tensor is None:
        raise WeightsError(f"tensor {name} is missing")
    fits = len(tensor.shape) == len(shape) and all(
        wanted in (None, got) for wanted, got in zip(shape, tensor.shape, strict=True)
    )
    if not fits or tensor.dtype != dtype:
        raise WeightsError(
            f"tensor {name} is {tensor.dtype} of shape {tensor.shape}, "
            f"expected {dtype} of shape {shape}"
        )
    return tensor
