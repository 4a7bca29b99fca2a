"""Reads one data file of AWS's containers' documentation: `docs/src/data/<folder>/<version>.yml`.

aws/deep-learning-containers keeps a file for each image, and renders its list of images from them.
"""

import re
from pathlib import PurePosixPath
from typing import Any, cast

import yaml

from catalog.refresh.errors import RefreshError

_CUDA = re.compile(r"cu([0-9]{2})([0-9])")
_SHOWN = ("engine", "eop", "os", "python", "transformers")
_UNKNOWN = "-"


def parse_image_file(path: str, text: str) -> dict[str, Any] | None:
    """The row of the catalog's `available` table; None when the image is not for SageMaker.

    `transformers` is in it too where the file names a version: a family's engine may show it.

    Raises:
        RefreshError: the text is no YAML, or lacks what every image has.
    """
    facts = _mapping(path, text)
    if facts.get("platform") != "sagemaker":
        return None
    row: dict[str, Any] = {
        "cuda": _cuda(path, facts),
        "file": path,
        "processor": _processor(_text(path, facts, "accelerator")),
        "repository": _repository(path, facts),
        "tag": _tag(path, facts),
        "version": _text(path, facts, "version"),
    }
    shown = {name: _text(path, facts, name) for name in _SHOWN if name in facts}
    return row | {name: value for name, value in shown.items() if value != _UNKNOWN}


def _mapping(path: str, text: str) -> dict[str, Any]:
    try:
        # BaseLoader makes texts, lists and dictionaries, and nothing else: not even a date can fail.
        loaded = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - as said above
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise RefreshError(f"{path} is no YAML: {error}") from error
    if not isinstance(loaded, dict):
        raise RefreshError(f"{path} holds no facts")
    return cast("dict[str, Any]", loaded)


def _text(path: str, facts: dict[str, Any], name: str) -> str:
    value = facts.get(name)
    if not isinstance(value, str) or not value:
        raise RefreshError(f"{path} does not say its {name}")
    return value


def _repository(path: str, facts: dict[str, Any]) -> str:
    if "ecr_repository" in facts:
        return _text(path, facts, "ecr_repository")
    return PurePosixPath(path).parent.name


def _tag(path: str, facts: dict[str, Any]) -> str:
    """The first of `tags`, which is the one that the documentation shows."""
    tags = facts.get("tags")
    if isinstance(tags, list) and tags:
        return _text(path, {"tag": tags[0]}, "tag")
    return _text(path, facts, "tag")


def _cuda(path: str, facts: dict[str, Any]) -> str | None:
    if facts.get("cuda", _UNKNOWN) == _UNKNOWN:
        return None
    match = _CUDA.fullmatch(_text(path, facts, "cuda"))
    if match is None:
        raise RefreshError(f"{path} has a version of CUDA that is not understood: {facts['cuda']}")
    return f"{match[1]}.{match[2]}"


def _processor(accelerator: str) -> str:
    return "neuron" if accelerator.startswith("neuron") else accelerator
