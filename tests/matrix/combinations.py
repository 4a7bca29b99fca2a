"""Every mode, source, image family and processor, as a stack; and which of them cannot be, by which rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations as choices
from itertools import product
from typing import Any

from catalog.images import image_families, lookup_family

# Another account's: of a package of its own, the local account asks that the role may read what it refers to.
PACKAGE = "arn:aws:sagemaker:us-east-1:210987654321:model-package/stories/1"
# The local account can play an image of one's own if its repository is named after one that it knows.
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm:stories"
MODES = ("realtime", "serverless", "async", "scale-to-zero")
SOURCES = {
    "folder": "./models/storyteller",
    "archive": "s3://matrix-models/stories.tar.gz",
    "prefix": "s3://matrix-models/stories/",
    "hub": "hf:org/stories@0123abc",
    "package": PACKAGE,
}
INSTANCE_TYPES = {"cpu": "ml.m5.large", "gpu": "ml.g6e.xlarge"}
# What a family cannot do without, besides its name.
IMAGES: dict[str, dict[str, Any]] = {
    "llamacpp": {"env": {"LLAMA_ARG_MODEL": "/opt/ml/model/stories.gguf"}},
    "custom": {"uri": IMAGE},
}
CONTRACTS = {"custom": "openai-chat", "model-package": "pipelines"}


@dataclass(frozen=True)
class Combination:
    """One way to host a model."""

    mode: str
    source: str
    family: str
    processor: str

    def __str__(self) -> str:
        return f"{self.mode} {self.source} {self.family} {self.processor}"

    @property
    def pairs(self) -> set[tuple[str, ...]]:
        """Every two of its choices."""
        return set(choices((self.mode, self.source, self.family, self.processor), 2))

    @property
    def stack(self) -> dict[str, Any]:
        """The smallest stack that says so."""
        env = {} if self.source == "hub" else IMAGES.get(self.family, {})
        own = IMAGES["custom"] if self.family == "custom" else {}
        contract = CONTRACTS.get(self.family)
        return {
            "aws:region": "us-east-1",
            "genai:model": {"source": SOURCES[self.source]},
            "genai:image": {"family": self.family, **env, **own, **self._hub_variable},
            "genai:endpoint": {"mode": self.mode, **self._instances},
            **({"genai:invoker": {"contract": contract}} if contract else {}),
        }

    @property
    def _hub_variable(self) -> dict[str, Any]:
        """How an image of one's own is told what to fetch is its author's to know."""
        is_own = self.family == "custom" and self.source == "hub"
        return {"env": {"SM_VLLM_MODEL": "org/stories"}} if is_own else {}

    @property
    def _instances(self) -> dict[str, Any]:
        if self.mode == "serverless":
            return {}
        return {"instanceType": INSTANCE_TYPES[self.processor]}

    @property
    def refused_by(self) -> set[str]:
        """The rules that refuse it, from what AWS and the images can do."""
        built_for = processors(self.family)
        reasons = {
            # Serverless inference has no GPU, and takes one archive.
            "GA213": self.mode == "serverless" and "cpu" not in built_for,
            "GA110": self.mode == "serverless" and self.source == "prefix",
            # A package names its image.
            "GA114": (self.source == "package") != (self.family == "model-package"),
            # PyTorch runs code of the model; llama.cpp cannot be told a revision.
            "GA112": self.source == "hub" and self.family in {"pytorch", "llamacpp"},
        }
        return {rule for rule, holds in reasons.items() if holds}


def processors(family: str) -> set[str]:
    """What a family has images for; an image of one's own may be for either."""
    if family in image_families():
        return {image.processor for image in lookup_family(family)}
    return {"cpu"}


def combinations() -> list[Combination]:
    """All of them, but for a family on a processor that it has no image for: GA206 has tests of its own."""
    families = [*image_families(), "custom", "model-package"]
    return [
        Combination(mode, source, family, processor)
        for mode, source, family in product(MODES, SOURCES, families)
        # Serverless has no instance type to choose: one row stands for both processors.
        for processor in sorted(processors(family))[: 1 if mode == "serverless" else None]
    ]


def covering_every_pair(all_of_them: Sequence[Combination]) -> set[Combination]:
    """As few as there is no pair of choices without: those that add most pairs, one after another."""
    missing = {pair for each in all_of_them for pair in each.pairs}
    chosen: set[Combination] = set()
    while missing:
        best = max(all_of_them, key=lambda each: len(each.pairs & missing))
        chosen.add(best)
        missing -= best.pairs
    return chosen
