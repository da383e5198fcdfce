"""What can be told of a picture without a model that sees it, and remembered for the next turn of the same conversation."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

from services.errors import AppError
from services.media.images.looking import Look, Looker

if TYPE_CHECKING:
    from services.engines.labels import LabelEngine

log = logging.getLogger(__name__)

MOST_KEPT = 64
RETRY_AFTER_S = 600.0
"""A network whose file could not be fetched is not asked for again before."""


class Eyes:
    """Reads pictures, each once. Safe to use from several tasks of one loop."""

    def __init__(self, labels: LabelEngine) -> None:
        self._labels, self._looker = labels, Looker()
        self._kept: OrderedDict[str, asyncio.Task[Look]] = OrderedDict()
        self._missing: tuple[float, str] | None = None

    async def look(self, data: bytes) -> Look:
        """The facts about a picture. Raises InvalidInput for what is none."""
        key = hashlib.sha256(data).hexdigest()
        task = self._kept.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._kept[key] = asyncio.create_task(asyncio.to_thread(self._look, data))
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        # A client that leaves does not take the answer from another that waits for the same picture.
        return await asyncio.shield(task)

    def close(self) -> None:
        """End the process that reads. Blocks."""
        self._looker.close()

    def _look(self, data: bytes) -> Look:
        look = self._looker.look(data)
        square, look = look.square, replace(look, square=b"")
        if self._missing is not None and time.monotonic() - self._missing[0] < RETRY_AFTER_S:
            return replace(look, unlabeled=self._missing[1])
        try:
            return replace(look, likely=self._labels.label(square))
        except AppError as error:
            log.warning("pictures are not labeled: %s", type(error).__name__)
            self._missing = time.monotonic(), error.user_message
            return replace(look, unlabeled=error.user_message)
