"""A network that we write computes what it should."""

from __future__ import annotations

import numpy as np

from services.engines.onnx_file import Network


def run(network: Network, shape: tuple[int, ...], given: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(network.file(shape), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"input": given})[0])


def test_a_convolution_with_a_bound_and_what_was_added() -> None:
    network = Network((1, 1, 3, 3))
    kernel, bias = np.ones((1, 1, 3, 3), np.float32), np.array([-1], np.float32)
    network.add(
        "Conv", weights=(kernel, bias), auto_pad="SAME_UPPER", strides=(1, 1), group=1, kernel_shape=(3, 3)
    )
    network.add("Clip", weights=(np.float32(0), np.float32(6)))
    network.add("Add", inputs=("input", network.last))
    given = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    padded = np.pad(given[0, 0], 1)
    sums = [[padded[y : y + 3, x : x + 3].sum() for x in range(3)] for y in range(3)]
    wanted = given[0, 0] + np.clip(np.array(sums) - 1, 0, 6)
    assert np.allclose(run(network, (1, 1, 3, 3), given)[0, 0], wanted)


def test_a_weighted_sum_as_probabilities() -> None:
    network = Network((1, 3))
    weights, bias = np.arange(6, dtype=np.float32).reshape(2, 3) / 6, np.array([0.5, 0], np.float32)
    network.add("Gemm", weights=(weights, bias), transB=1)
    network.add("Softmax", axis=1)
    given = np.array([[1, -2, 3]], np.float32)
    raised = np.exp(weights @ given[0] + bias)
    assert np.allclose(run(network, (1, 2), given)[0], raised / raised.sum(), atol=1e-6)
