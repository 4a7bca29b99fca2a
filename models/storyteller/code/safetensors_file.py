"""Read a safetensors file with numpy alone.

The format is small: 8 bytes with the length of a JSON header, the header, then the raw tensors.
It is read by hand because SageMaker's PyTorch inference image ships numpy but need not ship the
`safetensors` package, and under network isolation nothing can be installed when it starts.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_LENGTH_BYTES = 8  # safetensors format: the header's length, unsigned, little-endian
_DTYPES = {"I8": "<i1", "F32": "<f4"}


class WeightsError(Exception):
    """The weights are missing, damaged, or not those of a storyteller."""


@dataclass(frozen=True)
class SafetensorsFile:
    """What a safetensors file holds."""

    tensors: dict[str, NDArray[Any]]
    """The tensors by name, read-only, int8 or float32."""
    metadata: dict[str, str]
    """The header's `__metadata__`."""


def read_safetensors(path: Path) -> SafetensorsFile:
    """Return the tensors and the metadata of a file.

    Raises WeightsError if the file is truncated, not a safetensors file, or holds a tensor that
    is neither int8 nor float32; OSError if it cannot be read.
    """
    data = path.read_bytes()
    end_of_header = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "little")
    if len(data) < _LENGTH_BYTES or len(data) < end_of_header:
        raise WeightsError(f"truncated: it has {len(data)} bytes and its header alone needs more")
    try:
        header = json.loads(data[_LENGTH_BYTES:end_of_header])
        metadata = {key: str(value) for key, value in header.pop("__metadata__", {}).items()}
        body = memoryview(data)[end_of_header:]
        tensors = {name: _tensor(name, entry, body) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as cause:
        raise WeightsError("not a safetensors file, or its header is damaged") from cause
    return SafetensorsFile(tensors, metadata)


def _tensor(name: str, entry: dict[str, Any], body: memoryview) -> NDArray[Any]:
    if entry["dtype"] not in _DTYPES:
        raise WeightsError(f"tensor {name} is {entry['dtype']}, expected I8 or F32")
    dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
    start, end = entry["data_offsets"]
    if end > len(body):
        raise WeightsError(
            f"truncated: tensor {name} ends at byte {end} of the data, which has {len(body)} bytes"
        )
    if not 0 <= start <= end or end - start != math.prod(shape) * dtype.itemsize:
        raise WeightsError(f"tensor {name} has {end - start} bytes, shape {shape}")
    return np.frombuffer(body[start:end], dtype).reshape(shape)
