"""A GGUF file as its training needs it: the shape of the model, its weights as numbers, its words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

ARCHITECTURE = "qwen2"
# What GGUF's `qwen2` stands for: how the text is cut before its pieces are looked up.
PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a Qwen2 model."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    norm_epsilon: float
    rope_base: float

    @property
    def head_width(self) -> int:
        return self.width // self.heads


class GgufFile:
    """One model file, opened for reading. ValueError for another architecture."""

    def __init__(self, path: Path) -> None:
        from gguf import GGUFReader

        self._reader = GGUFReader(str(path))
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        if (found := self._field("general.architecture")) != ARCHITECTURE:
            raise ValueError(f"a model of the architecture {found}")

    @property
    def shape(self) -> Shape:
        """The sizes it names."""
        return Shape(
            layers=int(self._own("block_count")),
            width=int(self._own("embedding_length")),
            heads=int(self._own("attention.head_count")),
            kv_heads=int(self._own("attention.head_count_kv")),
            norm_epsilon=float(self._own("attention.layer_norm_rms_epsilon")),
            rope_base=float(self._own("rope.freq_base")),
        )

    def has(self, name: str) -> bool:
        """Whether there is a tensor of that name."""
        return name in self._tensors

    def weight(self, name: str) -> Any:
        """A tensor in full precision, as torch has it: rows are outputs."""
        import numpy
        import torch
        from gguf.quants import dequantize

        tensor = self._tensors[name]
        return torch.from_numpy(numpy.array(dequantize(tensor.data, tensor.tensor_type), dtype=numpy.float32))

    def tokenizer(self) -> Any:
        """Cuts plain text into tokens; never finds a special one in it."""
        from tokenizers import Regex, Tokenizer, models, pre_tokenizers

        words = self.words()
        merges = [tuple(pair.split(" ", 1)) for pair in self._field("tokenizer.ggml.merges")]
        tokenizer = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, merges))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(PIECES), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        return tokenizer

    def words(self) -> list[str]:
        """Every token in its own spelling, by number."""
        return list(self._field("tokenizer.ggml.tokens"))

    def _own(self, name: str) -> Any:
        return self._field(f"{ARCHITECTURE}.{name}")

    def _field(self, name: str) -> Any:
        field = self._reader.get_field(name)
        if field is None:
            raise ValueError(f"a file without {name}")
        return field.contents()
