"""What tools write down about where they were called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.server.store import contexts
from services.server.store.database import ServerDatabase


class Memory(Protocol):
    """The notes of one thread, or of one response and its container."""

    async def next_search(self) -> int:
        """The number of the next file search, counted from 1 and never given twice."""

    async def note_written(self, paths: dict[str, str]) -> None:
        """Write down which files programs have written, by their paths."""


@dataclass(frozen=True, slots=True)
class ThreadMemory:
    """The notes of a thread, kept in its row."""

    database: ServerDatabase
    thread_id: str

    async def next_search(self) -> int:
        return await self.database.write(contexts.next_search, self.thread_id)

    async def note_written(self, paths: dict[str, str]) -> None:
        await self.database.write(contexts.note_written, self.thread_id, paths)
