"""A training that is scripted: it says what the real one says, at once, or no further than a test lets it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.documents.reading_process import Cancelled
from services.engines.training.process import TRAINABLE, Order
from services.server.fine_tuning.trainer import Trainer

BASE = TRAINABLE[0]
STEPS_OF_AN_EPOCH = 2


class ScriptedTrainer(Trainer):
    """Learns nothing. `most_steps` is how far it may go; `failure` is raised after the first step."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.installed, self.most_steps = True, 1_000
        self.orders: list[Order] = []
        self.failure: Exception | None = None

    def is_installed(self) -> bool:
        return self.installed

    def model(self, name: str, cancelled: threading.Event) -> Path:
        return self._models_dir / "weights.gguf"

    def train(self, order: Order, cancelled: threading.Event) -> Iterator[dict[str, Any]]:
        self.orders.append(order)
        steps = STEPS_OF_AN_EPOCH * order.epochs
        yield {"tokens": 120, "steps": steps}
        if order.validation is not None:
            yield {"before": {"loss": 3.0, "accuracy": 0.2}}
        first = self._kept(order)
        for step in range(first + 1, steps + 1):
            while step > self.most_steps:
                if cancelled.wait(0.01):
                    raise Cancelled
            measured = {"loss": 3.0 / step, "accuracy": 0.5}
            yield {"step": step, "train": measured}
            if self.failure is not None:
                raise self.failure
            (order.folder / "kept").write_text(str(step))
            if step % STEPS_OF_AN_EPOCH == 0:
                adapter = order.folder / f"epoch-{step}.gguf"
                adapter.write_bytes(f"adapter after step {step}".encode())
                valid = {"valid": measured} if order.validation is not None else {}
                yield {"epoch": step // 2, "step": step, "adapter": adapter.name, "train": measured, **valid}

    @staticmethod
    def _kept(order: Order) -> int:
        """The step it came to before it was stopped."""
        kept = order.folder / "kept"
        return int(kept.read_text()) if kept.is_file() else 0
