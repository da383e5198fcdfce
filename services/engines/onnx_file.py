"""A small network written as an ONNX file, without the package of that name.

Source: onnx/onnx.proto of ONNX 1.16, whose field numbers these are; and protobuf's wire format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

IR_VERSION, OPERATORS_VERSION = 8, 13
FLOAT = 1
Value = float | int | str | Sequence[int]


class Network:
    """Operations in their order, each of which gives one array, and the weights they use."""

    def __init__(self, input_shape: Sequence[int]) -> None:
        self._input_shape = input_shape
        self._operations: list[bytes] = []
        self._weights: list[bytes] = []
        self.last = "input"

    def add(
        self, operation: str, inputs: Sequence[str] = (), weights: Sequence[Any] = (), **attributes: Value
    ) -> str:
        """An operation on the last array or on `inputs`, then on `weights`; the name of what it gives."""
        name = f"x{len(self._operations)}"
        names = [self._weight(array) for array in weights]
        self._operations.append(_operation(operation, [*(inputs or [self.last]), *names], name, attributes))
        self.last = name
        return name

    def file(self, output_shape: Sequence[int]) -> bytes:
        """The whole as the bytes of a file."""
        graph = b"".join(_message(1, operation) for operation in self._operations)
        graph += _text(2, "network") + b"".join(_message(5, weight) for weight in self._weights)
        graph += _message(11, _array("input", self._input_shape))
        graph += _message(12, _array(self.last, output_shape))
        operators = _text(1, "") + _number(2, OPERATORS_VERSION)
        return _number(1, IR_VERSION) + _message(7, graph) + _message(8, operators)

    def _weight(self, array: Any) -> str:
        name = f"w{len(self._weights)}"
        shape = b"".join(_number(1, side) for side in array.shape)
        data = array.astype("<f4").tobytes()
        self._weights.append(shape + _number(2, FLOAT) + _text(8, name) + _message(9, data))
        return name


def _operation(kind: str, inputs: Sequence[str], output: str, attributes: Mapping[str, Value]) -> bytes:
    named = b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, kind)
    return named + b"".join(_message(5, _attribute(name, value)) for name, value in attributes.items())


def _attribute(name: str, value: Value) -> bytes:
    match value:
        case int():
            return _text(1, name) + _number(3, value) + _number(20, 2)
        case str():
            return _text(1, name) + _message(4, value.encode()) + _number(20, 3)
        case float():
            raise TypeError("no operation here takes a fraction")
        case _:
            return _text(1, name) + b"".join(_number(8, n) for n in value) + _number(20, 7)


def _array(name: str, shape: Sequence[int]) -> bytes:
    sides = b"".join(_message(1, _number(1, side)) for side in shape)
    return _text(1, name) + _message(2, _message(1, _number(1, FLOAT) + _message(2, sides)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())


def _message(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
