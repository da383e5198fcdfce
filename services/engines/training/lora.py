"""Low-rank adapters: made, kept between two runs, and written as a file that llama.cpp loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from services.engines.training.gguf_file import ARCHITECTURE
from services.engines.training.qwen2 import MATRICES, Adapters, Model


def fresh(model: Model, rank: int, seed: int) -> Adapters:
    """An adapter on every matrix that changes nothing yet: its second half is zero."""
    import torch

    random = torch.Generator().manual_seed(seed)
    adapters: Adapters = {}
    for layer in range(model.shape.layers):
        for matrix in MATRICES:
            outputs, inputs = model.weights[f"blk.{layer}.{matrix}.weight"].shape
            down = torch.randn(rank, inputs, generator=random) / inputs**0.5
            adapters[f"blk.{layer}.{matrix}"] = (
                down.requires_grad_(),
                torch.zeros(outputs, rank).requires_grad_(),
            )
    return adapters


def parameters(adapters: Adapters) -> list[Any]:
    """Every tensor that is trained."""
    return [tensor for pair in adapters.values() for tensor in pair]


def write(adapters: Adapters, alpha: float, path: Path, name: str) -> None:
    """The adapters as a GGUF file, whole or not at all."""
    import numpy
    from gguf import GGUFWriter

    partial = path.with_suffix(".part")
    writer = GGUFWriter(str(partial), ARCHITECTURE)
    writer.add_type("adapter")
    writer.add_name(name)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for matrix, pair in adapters.items():
        for half, tensor in zip("ab", pair, strict=True):
            values = tensor.detach().numpy().astype(numpy.float16)
            writer.add_tensor(f"{matrix}.weight.lora_{half}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(path)
