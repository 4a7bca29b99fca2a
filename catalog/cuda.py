"""Versions of CUDA, and generations of GPUs, as numbers, so that they can be compared."""

import re

CudaVersion = tuple[int, int]
"""Major and minor version: `(12, 9)`."""

_VERSION = re.compile(r"([0-9]+)\.([0-9]+)")


def parse_version(text: str) -> tuple[int, int]:
    """The numbers of a version such as `12.9`.

    Raises:
        ValueError: it is no version of two numbers.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no version such as 12.9")
    return int(match[1]), int(match[2])
