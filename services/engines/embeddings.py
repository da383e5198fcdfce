"""Text to vectors with all-MiniLM-L6-v2 (int8) on the processor."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.engines.fetch import ensure_files
from services.engines.manifest import ModelEntry
from services.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

DIMENSIONS = 384
MAX_TOKENS = 256
SPECIAL_TOKENS = 2
WINDOW_TOKENS = 200
WINDOW_STRIDE_TOKENS = 150
BATCH_TOKENS = 256
"""Of one pass. 4096 cost a fifth more processor time for each window, as their numbers fit no cache."""
PIECE_CHARACTERS = 262_144


class EmbeddingEngine:
    """The local embedding model: loaded at first use, safe to call from several threads."""

    def __init__(self, entry: ModelEntry, models_dir: Path) -> None:
        self.model_id = entry.id
        self._entry, self._models_dir = entry, models_dir
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None

    def embed(self, texts: Sequence[str], dimensions: int | None = None) -> Vectors:
        """One vector of length 1 for each text, shape (n, 384), or (n, `dimensions`) cut and renormalised.

        The model reads 256 tokens. A longer text is read in overlapping windows of 200, and its vector is their
        mean weighted by length. Blocks: call it in a thread from async code.
        """
        import numpy as np

        _check(dimensions)
        token_ids = self._encode(texts)
        windows = [_windows(ids) for ids in token_ids]
        vectors = self._run([window for group in windows for window in group])
        out = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        row = 0
        for i, group in enumerate(windows):
            weights = np.array([len(window) + SPECIAL_TOKENS for window in group], dtype=np.float32)
            out[i] = weights @ vectors[row : row + len(group)]
            row += len(group)
        return _unit(out[:, :dimensions])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, without the two the model adds."""
        return [len(ids) for ids in self._encode(texts)]

    def windows(self, text: str) -> Vectors:
        """The vector of each window of `text`, for scoring a long passage by its best window."""
        return self._run(_windows(self._encode([text])[0]))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where to cut a long text into stretches of 200 tokens, as first and last character. Blocks."""
        _, tokenizer = self._load()
        spans: list[tuple[int, int]] = []
        for first in range(0, len(text), PIECE_CHARACTERS):
            piece = text[first : first + PIECE_CHARACTERS]
            offsets = tokenizer.encode(piece, add_special_tokens=False).offsets
            for i in range(0, len(offsets), WINDOW_TOKENS):
                last = offsets[min(i + WINDOW_TOKENS, len(offsets)) - 1]
                spans.append((first + offsets[i][0], first + last[1]))
        return spans

    def health(self) -> dict[str, Any]:
        """Whether the files are there and the model is loaded."""
        present = all((self._models_dir / f.filename).is_file() for f in self._entry.files)
        state = "ready" if self._session is not None else "stopped" if present else "missing"
        return {"model": self.model_id, "state": state}

    def close(self) -> None:
        """Free the model; the next use loads it again."""
        with self._lock:
            self._session = self._tokenizer = None

    def _load(self) -> tuple[Any, Any]:
        with self._lock:
            if self._session is None:
                import onnxruntime
                from tokenizers import Tokenizer

                ensure_files(self._entry.files, self._models_dir)
                weights, vocabulary = (str(self._models_dir / f.filename) for f in self._entry.files)
                tokenizer = Tokenizer.from_file(vocabulary)
                tokenizer.no_truncation()
                tokenizer.no_padding()
                options = onnxruntime.SessionOptions()
                # Spinning threads would take the processor from the chat model between two batches.
                options.add_session_config_entry("session.intra_op.allow_spinning", "0")
                self._session = onnxruntime.InferenceSession(
                    weights, options, providers=["CPUExecutionProvider"]
                )
                self._tokenizer = tokenizer
            return self._session, self._tokenizer

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        _, tokenizer = self._load()
        return [e.ids for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def _run(self, windows: list[list[int]]) -> Vectors:
        import numpy as np

        session, tokenizer = self._load()
        start, end = (tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
        out = np.zeros((len(windows), DIMENSIONS), dtype=np.float32)
        for batch in _batches(windows):
            out[batch] = _forward(session, [[start, *windows[i], end] for i in batch])
        return _unit(out)


def _forward(session: Any, rows: list[list[int]]) -> Vectors:
    import numpy as np

    ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)], mask[i, : len(row)] = row, 1
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    wanted = {i.name for i in session.get_inputs()}
    hidden = session.run(None, {name: array for name, array in given.items() if name in wanted})[0]
    weights = mask[:, :, None].astype(np.float32)
    mean: Vectors = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
    return mean


def _windows(ids: list[int]) -> list[list[int]]:
    if len(ids) <= MAX_TOKENS - SPECIAL_TOKENS:
        return [ids]
    last = len(ids) - (WINDOW_TOKENS - WINDOW_STRIDE_TOKENS)
    return [ids[i : i + WINDOW_TOKENS] for i in range(0, last, WINDOW_STRIDE_TOKENS)]


def _batches(windows: list[list[int]]) -> list[list[int]]:
    """Indices grouped by similar length, so that little is computed on padding."""
    batches: list[list[int]] = []
    for i in sorted(range(len(windows)), key=lambda i: len(windows[i])):
        longest = len(windows[i]) + SPECIAL_TOKENS
        if not batches or (len(batches[-1]) + 1) * longest > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(i)
    return batches


def _unit(vectors: Vectors) -> Vectors:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit


def _check(dimensions: int | None) -> None:
    if dimensions is not None and not 1 <= dimensions <= DIMENSIONS:
        raise InvalidInput(
            f"dimensions must be between 1 and {DIMENSIONS} for all-minilm-l6-v2, not {dimensions}.",
            code="invalid_dimensions",
        )
