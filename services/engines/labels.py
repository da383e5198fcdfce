"""What is likely on a picture: EfficientNet-lite0 and the names of the things it knows."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.engines.fetch import ensure_files
from services.engines.manifest import ModelEntry
from services.errors import ModelUnavailable
from services.media.images.looking import SQUARE_PX, Likely

NAMES_PATH = Path(__file__).with_name("labels.txt")
TRUSTED_FROM = 0.3
"""Measured: below it the first name is more often wrong than right."""
MIDDLE, SPREAD = 127.0, 128.0


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a thing and that of its kind, which is the same where it has none."""

    name: str
    kind: str


class LabelEngine:
    """Loaded at first use, safe to call from several threads. Blocks for a tenth of a second."""

    def __init__(self, entry: ModelEntry, models_dir: Path) -> None:
        self.model_id = entry.id
        self._entry, self._models_dir = entry, models_dir
        self._lock = threading.Lock()
        self._session: Any = None

    def label(self, square: bytes) -> Likely | None:
        """What is likely on a picture, of which this is a Look's square; None where nothing is likely enough.

        Raises ModelUnavailable and StorageFailed.
        """
        import numpy as np

        pixels = np.frombuffer(square, np.uint8).reshape(SQUARE_PX, SQUARE_PX, 3).astype(np.float32)
        numbers = ((pixels - MIDDLE) / SPREAD).transpose(2, 0, 1)[None]
        probabilities = self._loaded().run(None, {"input": numbers})[0][0]
        return likely([float(p) for p in probabilities])

    def health(self) -> dict[str, Any]:
        """Whether the file is there and the model is loaded."""
        present = all((self._models_dir / f.filename).is_file() for f in self._entry.files)
        return {
            "model": self.model_id,
            "state": "ready" if self._session else "stopped" if present else "missing",
        }

    def close(self) -> None:
        """Free the model; the next use loads it again."""
        with self._lock:
            self._session = None

    def _loaded(self) -> Any:
        with self._lock:
            if self._session is None:
                ensure_files(self._entry.files, self._models_dir)
                self._session = _session(self._models_dir / self._entry.files[0].filename)
            return self._session


def likely(probabilities: Sequence[float]) -> Likely | None:
    """The kind of thing that is most likely. The probabilities of one kind, such as the breeds of dogs, add up."""
    kinds: dict[str, float] = {}
    for thing, probability in zip(names(), probabilities, strict=True):
        kinds[thing.kind] = kinds.get(thing.kind, 0.0) + probability
    kind = max(kinds, key=kinds.__getitem__)
    if kinds[kind] < TRUSTED_FROM:
        return None
    best, name = max((p, n.name) for n, p in zip(names(), probabilities, strict=True) if n.kind == kind)
    closer = name if best >= TRUSTED_FROM and name != kind else ""
    return Likely(kind, min(kinds[kind], 1.0), closer)


@cache
def names() -> tuple[Name, ...]:
    """The name of each thing, in the order of the network's numbers."""
    found: list[Name] = []
    for line in NAMES_PATH.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        kind, colon, rest = line.partition(": ")
        for word in (rest if colon else line).split(", "):
            name, _, its_kind = word.partition("=")
            found.append(Name(name, its_kind or (kind if colon else name)))
    return tuple(found)


def _session(path: Path) -> Any:
    import onnxruntime

    from services.engines.efficientnet import network_file
    from services.engines.torch_weights import BadWeights, read_weights

    try:
        network = network_file(read_weights(path))
    except (BadWeights, KeyError) as error:
        raise ModelUnavailable(
            f"The model file {path.name} is not what it should be. Delete it and run `python -m services.engines fetch`."
        ) from error
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
