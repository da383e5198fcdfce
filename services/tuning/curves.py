"""The loss of a job, step by step: from its events, its checkpoints, or the file it left."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from services.tuning.jobs import Checkpoint, JobEvent

Side = Literal["training", "validation"]
# OpenAI's names; the full one is of the whole validation file, the other of a batch.
NAMES: Mapping[Side, tuple[str, ...]] = {
    "training": ("train_loss", "training_loss"),
    "validation": ("full_valid_loss", "valid_loss", "validation_loss"),
}
NUMBER = r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
IN_WORDS: Mapping[Side, re.Pattern[str]] = {
    "training": re.compile(r"training loss[=: ]+" + NUMBER),
    "validation": re.compile(r"validation loss[=: ]+" + NUMBER),
}
STEP_IN_WORDS = re.compile(r"[Ss]tep (\d+)(?:\s*/\s*(\d+))?")


@dataclass(frozen=True, slots=True)
class Point:
    """The loss of one side at a step."""

    step: int
    side: Side
    loss: float


def of_events(events: Sequence[JobEvent]) -> list[Point]:
    """The losses events tell, as figures or else in words; of two for a step the later one."""
    found: dict[tuple[int, Side], Point] = {}
    for event in events:
        for point in _of_event(event):
            found[point.step, point.side] = point
    return sorted(found.values(), key=lambda point: (point.step, point.side))


def of_checkpoints(checkpoints: Sequence[Checkpoint]) -> list[Point]:
    """The losses at the checkpoints."""
    return [point for one in checkpoints for point in _of_figures(one.step, one.metrics)]


def of_result_file(data: bytes) -> list[Point]:
    """The losses in a result file, which OpenAI sends in base64."""
    text = data.decode("utf-8-sig", "replace")
    if not text.startswith("step"):
        try:
            text = base64.b64decode(b"".join(data.split()), validate=True).decode("utf-8-sig", "replace")
        except binascii.Error:
            return []
    rows = csv.DictReader(io.StringIO(text))
    return [
        point
        for row in rows
        if (step := _number(row.get("step"))) is not None
        for point in _of_figures(int(step), row)
    ]


def progress(events: Sequence[JobEvent]) -> tuple[int, int] | None:
    """The step a job is at and how many there are; None where it did not say."""
    for event in reversed(events):
        step, total = _number(event.data.get("step")), _number(event.data.get("total_steps"))
        words = STEP_IN_WORDS.search(event.message)
        if words is not None and words[2]:
            return int(words[1]), int(words[2])
        if step is not None and total:
            return int(step), int(total)
    return None


def _of_event(event: JobEvent) -> Iterator[Point]:
    step = _number(event.data.get("step"))
    if step is not None:
        yield from _of_figures(int(step), event.data)
    elif words := STEP_IN_WORDS.search(event.message):
        for side, pattern in IN_WORDS.items():
            told = pattern.search(event.message)
            if told and (loss := _number(told[1])) is not None:
                yield Point(int(words[1]), side, loss)


def _of_figures(step: int, figures: Mapping[str, Any]) -> Iterator[Point]:
    for side, names in NAMES.items():
        loss = next((value for name in names if (value := _number(figures.get(name))) is not None), None)
        if loss is not None:
            yield Point(step, side, loss)


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
