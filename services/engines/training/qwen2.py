"""The forward pass of Qwen2 with low-rank adapters on its matrices, as plain functions over torch tensors.

Several examples go through the matrices as one long row of tokens, without padding; only attention keeps them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.engines.training.gguf_file import GgufFile, Shape

Tensor = Any
Adapters = dict[str, tuple[Tensor, Tensor]]
MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")


@dataclass(frozen=True, slots=True)
class Model:
    """The frozen weights, each under its name in the file."""

    shape: Shape
    weights: dict[str, Tensor]

    @property
    def head(self) -> Tensor:
        """The matrix that turns the last state into scores of words."""
        return self.weights.get("output.weight", self.weights["token_embd.weight"])


def load(file: GgufFile, said: Callable[[int, int], None] = lambda done, of: None) -> Model:
    """The model of a file in full precision. `said` hears of each layer."""
    shape = file.shape
    names = ["token_embd.weight", "output_norm.weight"]
    names += ["output.weight"] if file.has("output.weight") else []
    weights = {name: file.weight(name) for name in names}
    for layer in range(shape.layers):
        parts = [f"{m}.weight" for m in (*MATRICES, "attn_norm", "ffn_norm")]
        parts += ["attn_q.bias", "attn_k.bias", "attn_v.bias"]
        weights |= {name: file.weight(name) for name in (f"blk.{layer}.{part}" for part in parts)}
        said(layer + 1, shape.layers)
    return Model(shape, weights)


def states(model: Model, adapters: Adapters, scale: float, tokens: Tensor, lengths: Sequence[int]) -> Tensor:
    """The last state at every token of examples laid end to end, `lengths` long."""
    from torch.nn.functional import silu

    shape, weights = model.shape, model.weights
    turns = _rotations(shape, max(lengths))

    def through(name: str, x: Tensor) -> Tensor:
        y = x @ weights[f"{name}.weight"].T
        if (bias := weights.get(f"{name}.bias")) is not None:
            y = y + bias
        if (pair := adapters.get(name)) is not None:
            down, up = pair
            y = y + scale * ((x @ down.T) @ up.T)
        return y

    x = weights["token_embd.weight"][tokens]
    for layer in range(shape.layers):
        at = f"blk.{layer}."
        h = _norm(x, weights[at + "attn_norm.weight"], shape.norm_epsilon)
        q, k, v = (through(at + name, h) for name in ("attn_q", "attn_k", "attn_v"))
        x = x + through(at + "attn_output", _attention(shape, (q, k, v), lengths, turns))
        h = _norm(x, weights[at + "ffn_norm.weight"], shape.norm_epsilon)
        gated = silu(through(at + "ffn_gate", h)) * through(at + "ffn_up", h)
        x = x + through(at + "ffn_down", gated)
    return _norm(x, weights["output_norm.weight"], shape.norm_epsilon)


def _norm(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    from torch.nn.functional import rms_norm

    return rms_norm(x, (x.shape[-1],), weight, epsilon)


def _rotations(shape: Shape, length: int) -> tuple[Tensor, Tensor]:
    import torch

    half = torch.arange(0, shape.head_width, 2, dtype=torch.float32) / shape.head_width
    angles = torch.outer(torch.arange(length, dtype=torch.float32), 1.0 / shape.rope_base**half)
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos(), angles.sin()


def _attention(
    shape: Shape, qkv: tuple[Tensor, Tensor, Tensor], lengths: Sequence[int], turns: tuple[Tensor, Tensor]
) -> Tensor:
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    (q, k, v), outputs, start = qkv, [], 0
    for length in lengths:
        here = slice(start, start + length)
        heads = (
            _turned(_heads(q[here], shape.heads), turns),
            _turned(_heads(k[here], shape.kv_heads), turns),
        )
        out = scaled_dot_product_attention(
            *heads, _heads(v[here], shape.kv_heads), is_causal=True, enable_gqa=True
        )
        outputs.append(out.squeeze(0).transpose(0, 1).reshape(length, shape.width))
        start += length
    return torch.cat(outputs)


def _heads(x: Tensor, heads: int) -> Tensor:
    return x.view(x.shape[0], heads, -1).transpose(0, 1).unsqueeze(0)


def _turned(x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    import torch

    cos, sin = (turn[: x.shape[-2]] for turn in turns)
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin
