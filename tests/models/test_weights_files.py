"""Weights files: written by the trainer, read by the model, refused when damaged."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from quantised_weights import quantise, safetensors_bytes
from safetensors_file import WeightsError, read_safetensors
from storyteller import Storyteller

MAX_BYTES = 2_000_000  # of the committed weights

with_a_file = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def small_model() -> bytes:
    """Return the file of a storyteller of five characters and four hidden units."""
    shapes = {
        "table": (5, 12),
        "recurrent": (12, 4),
        "output": (5, 4),
        "candidate_bias": (4,),
        "output_bias": (5,),
    }
    rng = np.random.default_rng(1)
    matrices = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return safetensors_bytes(quantise(matrices), {"vocabulary": "\n abc"})


def test_the_committed_weights_are_small_enough_to_carry(archive: Path) -> None:
    assert (archive / "model.safetensors").stat().st_size <= MAX_BYTES


def test_the_committed_weights_say_where_they_come_from(archive: Path) -> None:
    metadata = read_safetensors(archive / "model.safetensors").metadata
    assert "Jane Austen" in metadata["corpus"]
    assert "public domain" in metadata["licence"]
    assert float(metadata["held_out_bits_per_character"]) < 1.5


def test_what_is_written_is_read(tmp_path: Path) -> None:
    tensors = {
        "a": np.array([[1, -128], [127, 0]], np.int8),
        "b": np.array([0.5, -1e30], np.float32),
    }
    file = tmp_path / "w.safetensors"
    file.write_bytes(safetensors_bytes(tensors, {"vocabulary": "\u00e9\n"}))
    read = read_safetensors(file)
    assert read.metadata == {"vocabulary": "\u00e9\n"}
    assert {name: tensor.dtype for name, tensor in read.tensors.items()} == {
        "a": np.int8,
        "b": np.float32,
    }
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(read.tensors[name], tensor)


def test_the_tensors_begin_where_the_format_wants_them() -> None:
    content = small_model()
    header_bytes = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + header_bytes])
    ends = [entry["data_offsets"] for name, entry in header.items() if name != "__metadata__"]
    assert header_bytes % 8 == 0
    assert [start for start, _ in ends] == [0, *(end for _, end in ends[:-1])]
    assert len(content) == 8 + header_bytes + ends[-1][1]


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 4), st.integers(1, 6)),
        elements=st.floats(-9, 9, width=16),
    )
)
def test_int8_is_off_by_at_most_half_a_step(matrix: NDArray[np.float32]) -> None:
    stored = quantise({"m": matrix})
    scale = stored["m.scale"][:, None].astype(np.float64)
    assert (np.abs(stored["m"] * scale - matrix) <= scale * 0.5001).all()


def test_vectors_are_not_rounded() -> None:
    bias = np.array([0.1, 0.2], np.float32)
    assert quantise({"bias": bias})["bias"] is bias


def test_the_numpy_model_computes_the_equations_of_a_gru(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    file.write_bytes(small_model())
    read = read_safetensors(file).tensors
    table, recurrent, output = (
        read[name] * read[f"{name}.scale"][:, None].astype(np.float64)
        for name in ("table", "recurrent", "output")
    )
    state = np.zeros(4)
    for character in "\n abc"[::-1]:
        inputs = table["\n abc".index(character)].reshape(3, 4)
        gates = (recurrent @ state).reshape(3, 4)
        reset, keep = 1 / (1 + np.exp(-(inputs[:2] + gates[:2])))
        new = np.tanh(inputs[2] + reset * (gates[2] + read["candidate_bias"]))
        state = (1 - keep) * new + keep * state
    scores = Storyteller.load(file).scores_along("\n abc"[::-1])[-1]
    np.testing.assert_allclose(scores, output @ state + read["output_bias"], rtol=1e-5)


def edited(change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return the small model's file with its header changed."""
    content = small_model()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    change(header)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[end:]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "truncated: it has 0 bytes and its header alone needs more"),
        (small_model()[:100], "truncated: it has 100 bytes and its header alone needs more"),
        (
            small_model()[:-1],
            "truncated: tensor table.scale ends at byte 252 of the data, which has 251 bytes",
        ),
        (b"\x02" + bytes(7) + b"[]", "not a safetensors file, or its header is damaged"),
        (b"\x02" + bytes(7) + b"\xff\xff", "not a safetensors file, or its header is damaged"),
        (edited(lambda h: h.pop("recurrent")), "tensor recurrent is missing"),
        (
            edited(lambda h: h["output_bias"].update(dtype="BF16")),
            "tensor output_bias is BF16, expected I8 or F32",
        ),
        (
            edited(lambda h: h["output_bias"].update(shape=[2, 2])),
            "tensor output_bias has 20 bytes, shape (2, 2)",
        ),
        (
            edited(lambda h: h["recurrent"].update(shape=[4, 12])),
            "tensor recurrent is int8 of shape (4, 12), expected int8 of shape (12, 4)",
        ),
        (
            edited(lambda h: h.pop("__metadata__")),
            "its __metadata__ names no vocabulary of distinct characters with a line feed",
        ),
    ],
)
def test_damaged_weights_are_refused_with_the_damage(
    tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(content)
    with pytest.raises(WeightsError) as damaged:
        Storyteller.load(file)
    assert str(damaged.value) == f"{file}: {message}"


@pytest.mark.parametrize("name", ["recurrent.scale", "candidate_bias"])
@pytest.mark.parametrize("value", [b"\x00\x00\xc0\x7f", b"\x00\x00\x80\x7f"])  # NaN, infinity
def test_values_that_are_no_numbers_are_refused(tmp_path: Path, name: str, value: bytes) -> None:
    content = small_model()
    end = 8 + int.from_bytes(content[:8], "little")
    start = end + json.loads(content[8:end])[name]["data_offsets"][0]
    file = tmp_path / "model.safetensors"
    file.write_bytes(content[:start] + value + content[start + 4 :])
    with pytest.raises(WeightsError, match="is damaged: it holds infinite or undefined values"):
        Storyteller.load(file)


@with_a_file
@given(st.integers(0, len(small_model()) - 1))
def test_weights_cut_anywhere_are_refused(tmp_path: Path, length: int) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(small_model()[:length])
    with pytest.raises(WeightsError):
        Storyteller.load(file)


@with_a_file
@given(st.integers(0, 900), st.binary(min_size=1, max_size=8))
def test_an_overwritten_header_never_fails_in_another_way(
    tmp_path: Path, place: int, junk: bytes
) -> None:
    content = small_model()
    file = tmp_path / "model.safetensors"
    file.write_bytes(content[:place] + junk + content[place + len(junk) :])
    with contextlib.suppress(WeightsError):  # junk may fall where it does no harm
        Storyteller.load(file)
