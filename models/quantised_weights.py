"""Store matrices as int8 with one scale per row, and write them as a safetensors file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_DTYPES = {"int8": "I8", "float32": "F32"}
_HEADER_ALIGNMENT_BYTES = 8  # safetensors pads its header with spaces up to this


def quantise(matrices: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[Any]]:
    """Return each matrix as `name` (int8) and `name.scale` (float32, one per row).

    Arrays of one dimension are kept as they are. A value is off by at most half its row's scale,
    which is 1/127 of the row's largest magnitude.
    """
    tensors: dict[str, NDArray[Any]] = {}
    for name, matrix in matrices.items():
        if matrix.ndim == 1:
            tensors[name] = matrix
            continue
        largest = np.abs(matrix).max(axis=1)
        scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
        tensors[name] = np.rint(matrix / scale[:, None]).astype(np.int8)
        tensors[f"{name}.scale"] = scale
    return tensors


def safetensors_bytes(tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> bytes:
    """Return the content of a safetensors file: header length, JSON header, raw tensors."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    body = b""
    for name, tensor in sorted(tensors.items()):
        raw = np.ascontiguousarray(tensor).astype(tensor.dtype.newbyteorder("<")).tobytes()
        header[name] = {
            "dtype": _DTYPES[tensor.dtype.name],
            "shape": list(tensor.shape),
            "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _HEADER_ALIGNMENT_BYTES)
    return len(text).to_bytes(8, "little") + text + body
