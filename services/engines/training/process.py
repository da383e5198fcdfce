"""A training, as the server sees it: a process started for it and ended with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from services.documents.limits import Limits
from services.documents.reading_process import OutOfTime, ProcessEnded, ReadingProcess
from services.engines.child import default_threads
from services.errors import InvalidInput, ModelUnavailable

LIMITS = Limits(memory_bytes=16 * 2**30, cpu_s=24 * 3600, wall_s=12 * 3600.0)
"""Memory is mostly address space that torch reserves; in use are 3 to 5.1 GB."""
MODULE = "services.engines.training.worker"
TRAINABLE = ("qwen2.5-coder-0.5b-instruct",)
NEEDED = ("torch", "gguf", "tokenizers")

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What to train: files on this disk, and a folder where adapters and what is kept for a restart go."""

    model: Path
    training: Path
    validation: Path | None
    folder: Path
    epochs: int
    batch_size: int
    rate_multiplier: float
    seed: int


def is_installed() -> bool:
    """Whether the libraries of the training are here. They are not imported for that."""
    return all(find_spec(name) is not None for name in NEEDED)


def train(order: Order, cancelled: threading.Event, module: str = MODULE) -> Iterator[Message]:
    """What the process says of each step. Blocks.

    Raises Cancelled, InvalidInput for data it cannot learn from, ModelUnavailable when the process is lost.
    """
    process = ReadingProcess(LIMITS, module)
    more = {
        "training": str(order.training.resolve()),
        "validation": str(order.validation.resolve()) if order.validation else None,
        "folder": str(order.folder.resolve()),
        "epochs": order.epochs,
        "batch_size": order.batch_size,
        "rate_multiplier": order.rate_multiplier,
        "seed": order.seed,
        "threads": default_threads(),
    }
    try:
        for message in process.read("train", order.model, cancelled.is_set, more):
            if "says" in message:
                raise InvalidInput(message["says"])
            if "started" not in message and "end" not in message:
                yield message
    except OutOfTime:
        raise ModelUnavailable(
            "The training took longer than twelve hours. Give it fewer examples."
        ) from None
    except ProcessEnded:
        raise ModelUnavailable(
            "The training's process ended, most likely because memory ran out: it needs about 5 GB. "
            "Free some, or shorten the longest examples, and create the job again."
        ) from None
    finally:
        process.end()
