"""A file of weights gives its numbers, and can have nothing run."""

from __future__ import annotations

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from services.engines.torch_weights import MAGIC, BadWeights, read_weights

TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"


def text(word: str) -> bytes:
    return b"X" + struct.pack("<I", len(word)) + word.encode()


def storage(key: str, count: int, kind: str = "FloatStorage") -> bytes:
    """A reference to a storage, as PyTorch pickles it."""
    return (
        b"("
        + text("storage")
        + f"ctorch\n{kind}\n".encode()
        + text(key)
        + text("cpu")
        + b"J"
        + struct.pack("<i", count)
        + b"NtQ"
    )


def tensor(stored: bytes, offset: int, shape: str, stride: str) -> bytes:
    numbers = b"".join(b"K" + bytes([n]) for n in map(int, shape.split()))
    steps = b"".join(b"K" + bytes([n]) for n in map(int, stride.split()))
    return (
        TENSOR + b"(" + stored + b"K" + bytes([offset]) + b"(" + numbers + b"t(" + steps + b"t\x89Nt" + b"R"
    )


def file_of(tensors: dict[str, bytes], storages: dict[str, np.ndarray], *, claim: int | None = None) -> bytes:
    head = b"".join(pickle.dumps(v, 2) for v in (MAGIC, 1001, {"little_endian": True}))
    named = b"\x80\x02}(" + b"".join(text(name) + value for name, value in tensors.items()) + b"u."
    data = b"".join(
        struct.pack("<q", array.size if claim is None else claim) + array.tobytes()
        for array in storages.values()
    )
    return head + named + pickle.dumps(list(storages), 2) + data


NUMBERS = np.arange(12, dtype="<f4")


def read(tmp_path: Path, data: bytes) -> dict[str, np.ndarray]:
    path = tmp_path / "weights.pth"
    path.write_bytes(data)
    return read_weights(path)


def test_tensors_come_in_their_shape(tmp_path: Path) -> None:
    shared = storage("1", 12)
    tensors = {"a": tensor(shared, 0, "3 4", "4 1"), "turned": tensor(shared, 2, "2 3", "1 4")}
    found = read(tmp_path, file_of(tensors, {"1": NUMBERS}))
    assert found["a"].tolist() == NUMBERS.reshape(3, 4).tolist()
    assert found["turned"].tolist() == [[2, 6, 10], [3, 7, 11]]


class Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("raise SystemExit('it was run')",)


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Trap(), 2),
        file_of({"a": pickle.dumps(Trap(), 2)[2:-1]}, {"1": NUMBERS}),
        file_of({"a": b"ctorch\nload\n"}, {"1": NUMBERS}),
        file_of({"a": b"N"}, {"1": NUMBERS}),
        file_of({"a": tensor(storage("1", 12), 0, "3 5", "5 1")}, {"1": NUMBERS}),
        file_of({"a": tensor(storage("1", 12), 200, "1 1", "1 1")}, {"1": NUMBERS}),
        file_of({"a": tensor(storage("1", 12), 0, "3 4", "4 1")}, {"1": NUMBERS}, claim=13),
        file_of({"a": tensor(storage("1", 12, "UntypedStorage"), 0, "3 4", "4 1")}, {"1": NUMBERS}),
        file_of({"a": tensor(storage("1", 12), 0, "3 4", "4 1")}, {"1": NUMBERS})[:-5],
        file_of({"a": tensor(storage("1", 12), 0, "3 4", "4 1")}, {}),
        b"",
        b"PK\x03\x04",
    ],
)
def test_anything_else_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadWeights):
        read(tmp_path, data)
