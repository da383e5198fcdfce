"""The weights in a PyTorch file as arrays, without PyTorch: nothing that the file names is ever imported or run.

Source: torch/serialization.py, the format before version 1.6: a magic number, a protocol, the system, the pickled names and
shapes, the keys of the storages, and then each storage as its length and its numbers.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = 0x1950A86A20F9469CFC6C
TYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}
MOST_NUMBERS = 50_000_000


class BadWeights(Exception):
    """The file is no PyTorch file of weights alone."""


class _Storage:
    """Numbers that several tensors may share; read after the names."""

    def __init__(self, kind: str, count: int) -> None:
        self.kind, self.count = kind, count
        self.numbers: Any = None


class _Tensor:
    """A view of a storage."""

    def __init__(
        self, storage: _Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: object
    ) -> None:
        self._storage, self._offset, self._shape, self._stride = storage, offset, shape, stride

    def array(self) -> Any:
        """Its numbers in its shape."""
        import numpy as np

        flat = self._storage.numbers[self._offset :]
        if not self._shape:
            return flat[:1].reshape(()).copy()
        last = sum((side - 1) * step for side, step in zip(self._shape, self._stride, strict=True))
        if min(*self._shape, *self._stride, 1) < 0 or last >= flat.size:
            raise BadWeights("a tensor reaches beyond its storage")
        steps = tuple(step * flat.itemsize for step in self._stride)
        return np.lib.stride_tricks.as_strided(flat, self._shape, steps, writeable=False).copy()


class _Names(pickle.Unpickler):
    """Unpickles names, shapes and references to storages, and nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Callable[..., Any] | str] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
            **{("torch", kind): kind for kind in TYPES},
        }
        if (module, name) not in known:
            raise BadWeights(f"it names {module}.{name}")
        return known[module, name]

    def persistent_load(self, reference: Any) -> _Storage:
        try:
            word, kind, key, _, count, view = reference
        except (TypeError, ValueError):
            raise BadWeights("a storage is described in another way") from None
        if word != "storage" or kind not in TYPES or view is not None or not 0 <= count <= MOST_NUMBERS:
            raise BadWeights("a storage is described in another way")
        return self.storages.setdefault(str(key), _Storage(kind, count))


def read_weights(path: Path) -> dict[str, Any]:
    """Every tensor of the file by its name, as arrays of numpy. Raises BadWeights."""
    try:
        with path.open("rb") as file:
            return _read(file)
    except (
        pickle.UnpicklingError,
        EOFError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        raise BadWeights(str(error)) from error


def _read(file: BinaryIO) -> dict[str, Any]:
    if _Names(file).load() != MAGIC:
        raise BadWeights("it begins otherwise")
    _Names(file).load(), _Names(file).load()
    names = _Names(file)
    found = names.load()
    if not isinstance(found, dict) or not all(isinstance(tensor, _Tensor) for tensor in found.values()):
        raise BadWeights("it holds more than tensors by name")
    for key in _Names(file).load():
        _fill(names.storages[key], file)
    return {name: tensor.array() for name, tensor in found.items()}


def _fill(storage: _Storage, file: BinaryIO) -> None:
    import numpy as np

    if int.from_bytes(file.read(8), "little") != storage.count:
        raise BadWeights("a storage has another length than was said")
    size = np.dtype(TYPES[storage.kind]).itemsize * storage.count
    data = file.read(size)
    if len(data) != size:
        raise BadWeights("it ends too early")
    storage.numbers = np.frombuffer(data, TYPES[storage.kind])
