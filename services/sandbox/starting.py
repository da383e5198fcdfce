"""Starting workers: which sandbox works here is found by trying, once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from services.sandbox.folder import SessionFolder
from services.sandbox.home import Home
from services.sandbox.limits import Limits
from services.sandbox.plan import Plan
from services.sandbox.view import find_view
from services.sandbox.walls import WALLS, Wall
from services.sandbox.worker import CannotStart, Worker

REFUSAL = "The code interpreter needs Linux 6.7 or newer with Landlock, or bubblewrap where people may make namespaces. Here {}."
FAILURE = "The code interpreter could not be started: {}."
REST_S = 60.0
"""So long nothing is tried again: each attempt takes a moment, and few machines change."""


class Starter:
    """Starts workers of one process. Belongs to one event loop."""

    def __init__(self, home: Home, limits: Limits, walls: Sequence[Wall] = WALLS) -> None:
        self._home, self._limits, self._walls = home, limits, walls
        self._wall: Wall | None = None
        self._refusal: str | None = None
        self._refused_until = 0.0
        self._trying = asyncio.Lock()

    async def start(self, folder: SessionFolder, *, is_warmed: bool = False) -> Worker:
        """A worker whose files lie in this folder. Raises CannotStart with a sentence for people."""
        async with self._trying:
            if self._wall is None:
                return await self._first(folder, is_warmed)
        try:
            return await self._behind(self._wall, folder, is_warmed)
        except CannotStart as error:
            raise CannotStart(FAILURE.format(error)) from error

    async def _first(self, folder: SessionFolder, is_warmed: bool) -> Worker:
        """The first worker, behind the first sandbox that lets one start. A refusal holds for a while."""
        if self._refusal is not None and time.monotonic() < self._refused_until:
            raise CannotStart(self._refusal)
        reasons = []
        for wall in self._walls:
            reason = wall.missing()
            if reason is None:
                try:
                    worker = await self._behind(wall, folder, is_warmed)
                except CannotStart as error:
                    reason = str(error)
                else:
                    self._wall = wall
                    return worker
            reasons.append(f"{wall.name} does not work: {reason}")
        self._refusal, self._refused_until = REFUSAL.format("; ".join(reasons)), time.monotonic() + REST_S
        raise CannotStart(self._refusal)

    async def _behind(self, wall: Wall, folder: SessionFolder, is_warmed: bool) -> Worker:
        try:
            view = await asyncio.to_thread(find_view)
            root = await asyncio.to_thread(self._home.root)
        except (OSError, ValueError) as error:
            raise CannotStart(str(error)) from error
        plan = Plan(wall.name, view, str(folder.path), str(root), self._limits, (-1, -1, -1), is_warmed)
        return await Worker.start(plan)
