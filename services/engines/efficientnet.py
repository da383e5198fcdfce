"""EfficientNet-lite0 as an ONNX file, made from its weights.

Source: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite for the shape of the network, its padding
and how a picture is brought to its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.engines.onnx_file import Network
from services.media.images.looking import SQUARE_PX

CLASSES = 1000
EPSILON = 1e-3
STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
"""How many blocks each stage has, and the stride of its first."""

Weights = Mapping[str, Any]


def network_file(weights: Weights) -> bytes:
    """The network that gives a probability for each of 1,000 things from a picture (1, 3, 224, 224). KeyError for other weights."""
    import numpy as np

    network = Network((1, 3, SQUARE_PX, SQUARE_PX))
    bounds = np.float32(0), np.float32(6)
    _convolve(network, weights, "_conv_stem", "_bn0", stride=2, bounds=bounds)
    strides = [stride if n == 0 else 1 for count, stride in STAGES for n in range(count)]
    for number, stride in enumerate(strides):
        _block(network, weights, f"_blocks.{number}.", stride, bounds)
    _convolve(network, weights, "_conv_head", "_bn1", bounds=bounds)
    network.add("GlobalAveragePool")
    network.add("Flatten")
    network.add("Gemm", weights=(weights["_fc.weight"], weights["_fc.bias"]), transB=1)
    network.add("Softmax", axis=1)
    return network.file((1, CLASSES))


def _block(network: Network, weights: Weights, name: str, stride: int, bounds: Any) -> None:
    before = network.last
    has_expansion = f"{name}_expand_conv.weight" in weights
    if has_expansion:
        _convolve(network, weights, f"{name}_expand_conv", f"{name}_bn0", bounds=bounds)
    _convolve(network, weights, f"{name}_depthwise_conv", f"{name}_bn1", stride=stride, bounds=bounds)
    _convolve(network, weights, f"{name}_project_conv", f"{name}_bn2")
    first = weights[f"{name}{'_expand' if has_expansion else '_depthwise'}_conv.weight"]
    channels_in = first.shape[1] if has_expansion else first.shape[0]
    if stride == 1 and channels_in == weights[f"{name}_project_conv.weight"].shape[0]:
        network.add("Add", inputs=(before, network.last))


def _convolve(
    network: Network, weights: Weights, name: str, norm: str, *, stride: int = 1, bounds: Any = None
) -> None:
    """A convolution with its normalisation folded into it, bounded where the network bounds it."""
    import numpy as np

    kernel = weights[f"{name}.weight"]
    scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + EPSILON)
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
    is_depthwise = "depthwise" in name
    network.add(
        "Conv",
        weights=(kernel * scale[:, None, None, None], bias),
        auto_pad="SAME_UPPER",
        strides=(stride, stride),
        group=kernel.shape[0] if is_depthwise else 1,
        kernel_shape=kernel.shape[2:],
    )
    if bounds is not None:
        network.add("Clip", weights=bounds)
