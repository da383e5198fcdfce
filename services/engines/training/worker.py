"""The process that trains: a fault or a lack of memory ends it, and not the server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.documents.serving import by_kind, serve

PATIENT = 10
"""How nice it is: whoever waits for an answer comes first."""
MOST_FILE_BYTES = 2**30
BROKEN = "The training stopped at something unforeseen. Try it again, or with other data."
QUIET_WAITING = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
"""Threads that wait for each other sleep: on a busy machine they would only take time from one another."""


def train(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Train the model at `path` as the request says."""
    os.nice(max(0, PATIENT - os.nice(0)))
    os.environ |= QUIET_WAITING
    import torch

    from services.engines.training.training import Plan, run

    torch.set_num_threads(request["threads"])
    validation = Path(request["validation"]) if request["validation"] else None
    plan = Plan(
        Path(request["folder"]),
        request["epochs"],
        request["batch_size"],
        request["rate_multiplier"],
        request["seed"],
    )
    yield from run(path, Path(request["training"]), validation, plan)


def main() -> None:
    """Answer until stdin ends."""
    serve(by_kind({"train": train}), BROKEN, file_bytes=MOST_FILE_BYTES)


if __name__ == "__main__":
    main()
