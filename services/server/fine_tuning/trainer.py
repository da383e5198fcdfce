"""What trains: the process of the local training, and the model it starts from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.engines.fetch import ensure_files
from services.engines.manifest import manifest
from services.engines.training import process


class Trainer:
    """The training of this machine."""

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir

    def is_installed(self) -> bool:
        """Whether its libraries are here."""
        return process.is_installed()

    def model(self, name: str, cancelled: threading.Event) -> Path:
        """The file of a model, fetched where it is missing. Blocks."""
        entry = manifest().model(name)
        ensure_files(entry.files, self._models_dir, lambda progress: None, cancelled)
        return self._models_dir / entry.files[0].filename

    def train(self, order: process.Order, cancelled: threading.Event) -> Iterator[dict[str, Any]]:
        """What the process says of each step."""
        return process.train(order, cancelled)
