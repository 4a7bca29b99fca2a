# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.13.0", "numpy>=2.2"]
# ///
# pyright: basic, reportMissingImports=false
# (PyTorch is no dependency of the project: only training needs it.)
# ruff: noqa: T201  (it reports its progress)
"""Train the storyteller and write models/storyteller/model.safetensors.

From the root of the repository, on Debian or with Debian's package fetched by other means:

    apt-get download r-cran-janeaustenr
    dpkg-deb -x r-cran-janeaustenr_*.deb corpus
    python -m venv training && training/bin/pip install torch==2.13.0 numpy
    training/bin/python models/train_storyteller.py corpus

The last 5 % of every novel is held out: the model never trains on it, and the bits per character
printed are measured on it. At the end the weights are stored as int8 and loaded again by the
numpy model of `storyteller/code`; the old file is replaced only if that model's scores are those
of PyTorch and int8 costs next to nothing. The same settings on the same machine give the same
weights; on another processor, rounding differs and so do they.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from austen_corpus import NOVELS, clean_text, read_novels
from character_gru import CharacterGru
from quantised_weights import quantise, safetensors_bytes
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Iterator

MODELS = Path(__file__).resolve().parent
sys.path.insert(0, str(MODELS / "storyteller" / "code"))

from storyteller import Storyteller  # noqa: E402  (the folder joins the path just above)

DATA_FOLDER = Path("usr/lib/R/site-library/janeaustenr/data")  # inside the Debian package
HELD_OUT_SHARE = 0.05
MAX_FILE_BYTES = 2_000_000  # the repository carries the weights
MAX_SCORE_DIFFERENCE = 1e-3  # float32 sums in another order; scores are about 1 to 20
MAX_QUANTISATION_COST = 0.01  # bits per character
WARM_UP_STEPS = 100
LARGEST_GRADIENT = 1.0


def main() -> None:
    """Train as the command line says, and write the weights if they prove sound."""
    settings = _settings()
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    training, held_out = split_corpus(settings.corpus / DATA_FOLDER)
    vocabulary = "".join(sorted(set(training + held_out)))
    print(f"{len(training)} characters to train on, {len(held_out)} held out, {len(vocabulary)=}")
    network = CharacterGru(len(vocabulary), settings.hidden, settings.dropout)
    held = numbers(held_out, vocabulary)
    train(network, numbers(training, vocabulary), held, settings)
    matrices = {name: p.detach().numpy() for name, p in network.named_parameters()}
    stored = rounded_to_int8(network, matrices)
    exact_bits, stored_bits = held_out_bits(network, held), held_out_bits(stored, held)
    print(f"held out: {exact_bits:.4f} bits per character, {stored_bits:.4f} as int8")
    if stored_bits > exact_bits + MAX_QUANTISATION_COST:
        sys.exit(f"not written: int8 costs more than {MAX_QUANTISATION_COST} bits per character")
    metadata = {
        "vocabulary": vocabulary,
        "architecture": f"character GRU, one layer of {settings.hidden}",
        "corpus": f"Jane Austen, {', '.join(NOVELS)} (Debian r-cran-janeaustenr)",
        "licence": "text: public domain; weights: as the repository",
        "training": f"{training_facts(settings)}, PyTorch {torch.__version__}",
        "held_out_bits_per_character": f"{stored_bits:.3f}",
    }
    content = safetensors_bytes(quantise(matrices), metadata)
    write_checked(settings.output, content, stored, held_out[:500])


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Train the storyteller.", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("corpus", type=Path, help="folder r-cran-janeaustenr was unpacked to")
    parser.add_argument("--hidden", type=int, default=640, help="size of the state")
    parser.add_argument("--epochs", type=float, default=10, help="passes over the corpus")
    parser.add_argument("--streams", type=int, default=32, help="places read in parallel")
    parser.add_argument("--steps", type=int, default=128, help="characters a gradient spans")
    parser.add_argument("--learning-rate", type=float, default=3e-3, help="at its peak")
    parser.add_argument("--dropout", type=float, default=0.1, help="share, on the output only")
    parser.add_argument("--seed", type=int, default=1, help="of the initial weights and offsets")
    parser.add_argument("--threads", type=int, default=1, help="processor threads of PyTorch")
    parser.add_argument(
        "--output", type=Path, default=MODELS / "storyteller" / "model.safetensors", help="file"
    )
    return parser.parse_args()


def training_facts(settings: argparse.Namespace) -> str:
    """Return the settings that decide the weights, in one line."""
    names = ("epochs", "streams", "steps", "learning_rate", "dropout", "seed")
    return ", ".join(f"{name} {getattr(settings, name):g}" for name in names)


def split_corpus(data_folder: Path) -> tuple[str, str]:
    """Return the text to train on and the held-out text: the last 5 % of every novel."""
    training, held_out = "", ""
    for lines in read_novels(data_folder).values():
        text = clean_text(lines)
        border = text.index("\n", int(len(text) * (1 - HELD_OUT_SHARE))) + 1
        training, held_out = training + text[:border], held_out + text[border:]
    return training, held_out


def numbers(text: str, vocabulary: str) -> torch.Tensor:
    """Return the text as numbers of characters."""
    number_of = {character: number for number, character in enumerate(vocabulary)}
    return torch.tensor([number_of[character] for character in text])


def train(
    network: CharacterGru, text: torch.Tensor, held: torch.Tensor, settings: argparse.Namespace
) -> None:
    """Train with truncated backpropagation: the state runs on from one stretch to the next."""
    stretch = settings.streams * settings.steps
    total = int(settings.epochs * ((len(text) - 1) // stretch))
    optimiser = torch.optim.Adam(network.parameters(), betas=(0.9, 0.99))
    started, recent_bits, done = time.monotonic(), math.nan, 0
    while done < total:
        state = network.rest(settings.streams)
        for inputs, targets in _stretches(text, settings.streams, settings.steps):
            for group in optimiser.param_groups:
                group["lr"] = settings.learning_rate * _share_of_rate(done, total)
            scores, state = network(inputs, state.detach(), torch.bfloat16)
            loss = functional.cross_entropy(scores.flatten(0, 1), targets.flatten())
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
            optimiser.step()
            done += 1
            bits = loss.item() / math.log(2)
            recent_bits = bits if math.isnan(recent_bits) else 0.98 * recent_bits + 0.02 * bits
            if done % 200 == 0:
                seconds = time.monotonic() - started
                print(f"step {done}/{total}  {seconds:.0f} s  bits {recent_bits:.3f}", flush=True)
            if done == total:
                return
        print(f"held out: {held_out_bits(network, held):.4f} bits per character", flush=True)


def _stretches(
    text: torch.Tensor, streams: int, steps: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield (inputs, targets) through the text, begun at a random place, as parallel streams."""
    turned = torch.roll(text, int(torch.randint(len(text), (1,))))
    length = (len(turned) - 1) // streams
    inputs = turned[: streams * length].view(streams, length).t()
    targets = turned[1 : streams * length + 1].view(streams, length).t()
    for start in range(0, length - steps + 1, steps):
        yield inputs[start : start + steps], targets[start : start + steps]


def _share_of_rate(done: int, total: int) -> float:
    """Return the share of the learning rate: a short rise, then half a cosine down to 2 %."""
    falling = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done / total))
    return min(1, (done + 1) / WARM_UP_STEPS) * falling


@torch.no_grad()
def held_out_bits(network: CharacterGru, held: torch.Tensor, streams: int = 16) -> float:
    """Return the mean bits per character in float32."""
    network.eval()
    length = len(held) // streams
    text = held[: streams * length].view(streams, length).t()
    state, nats = network.rest(streams), 0.0
    for start in range(0, length - 1, 256):
        stretch = text[start : start + 257]
        scores, state = network(stretch[:-1], state)
        nats += functional.cross_entropy(
            scores.flatten(0, 1), stretch[1:].flatten(), reduction="sum"
        ).item()
    network.train()
    return nats / (streams * (length - 1)) / math.log(2)


def rounded_to_int8(network: CharacterGru, matrices: dict[str, np.ndarray]) -> CharacterGru:
    """Return the network with the weights that will be read back from the file."""
    tensors = quantise(matrices)
    rounded = CharacterGru(network.characters, network.hidden)
    for name, parameter in rounded.named_parameters():
        scale = tensors.get(f"{name}.scale")
        values = tensors[name] if scale is None else tensors[name] * scale[:, None]
        parameter.data = torch.from_numpy(values)
    return rounded


def write_checked(output: Path, content: bytes, network: CharacterGru, sample: str) -> None:
    """Write the weights file if the numpy model, loaded from it, scores a text as PyTorch does."""
    if len(content) > MAX_FILE_BYTES:
        sys.exit(f"not written: {len(content)} bytes, more than {MAX_FILE_BYTES}")
    candidate = output.with_suffix(".candidate")
    candidate.write_bytes(content)
    model = Storyteller.load(candidate)
    known = model.read(sample)
    with torch.no_grad():
        text = numbers(known, model.vocabulary)
        expected = network.eval()(text[:, None], network.rest(1))[0][:, 0].numpy()
    difference = float(np.abs(model.scores_along(known) - expected).max())
    if not difference <= MAX_SCORE_DIFFERENCE:
        sys.exit(f"not written, kept as {candidate}: numpy and PyTorch differ by {difference}")
    candidate.replace(output)
    print(f"{output}: {len(content)} bytes; numpy and PyTorch differ by {difference:.1e} at most")


if __name__ == "__main__":
    main()
