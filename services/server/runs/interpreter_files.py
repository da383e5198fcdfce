"""Files between the store and an interpreter: attached ones go in, written ones and figures come out."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from services.documents.filenames import clean_filename
from services.errors import NotFound
from services.sandbox.folder import FoundFile, NoRoom, NotAFile
from services.sandbox.session import Session as Interpreting
from services.server.errors import ApiError
from services.server.keeping import keep
from services.server.store import files
from services.server.store.contexts import FOLDER
from services.server.store.database import ServerDatabase
from services.storage.local_files import temporary_file

if TYPE_CHECKING:
    from services.storage.blobs import Blobs

PURPOSE = "assistants_output"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of the store that programs are to find."""

    id: str
    filename: str
    blob_key: str


class InterpreterFiles:
    """The files of one server's interpreters; every query asks for the owner's alone."""

    def __init__(self, database: ServerDatabase, blobs: Blobs) -> None:
        self._database, self._blobs = database, blobs

    async def put_in(
        self, session: Interpreting, owner: str, file_ids: list[str], written: dict[str, str]
    ) -> list[str]:
        """Copy attached files in that are not there; a sentence for each that cannot be. Raises CannotStart.

        `written` are files of earlier programs, by their paths; those whose session is no more are put in again. A
        file that was deleted meanwhile is left out.
        """
        lost = [file_id for path, file_id in written.items() if _is_lost(session, path, file_id)]
        if not file_ids and not lost:
            return []
        there, sentences = await session.names(), []
        missing = [i for i in dict.fromkeys([*lost, *file_ids]) if session.placed.get(i) not in there]
        for file in await self._database.read(_attached, owner, missing) if missing else ():
            try:
                await self._put(session, file)
            except NoRoom:
                sentences.append(f"{file.filename} could not be copied to /mnt/data: there is no room left.")
            except NotFound:
                sentences.append(f"{file.filename} could not be copied to /mnt/data: its bytes are gone.")
        return sentences

    async def keep(self, session: Interpreting, owner: str, found: FoundFile) -> str | None:
        """Store a file that a program has written; its id, or None when it is no file any more."""
        with temporary_file(await asyncio.to_thread(self._blobs.incoming)) as path:
            try:
                size_bytes = await session.take(found.name, path)
            except NotAFile:
                return None
            file_id = await self._keep(owner, found.name.rpartition("/")[2], path, size_bytes)
            session.placed[file_id] = found.name
            return file_id

    async def keep_figure(self, owner: str, png: bytes, number: int) -> str:
        """Store a figure; its id."""
        with temporary_file(await asyncio.to_thread(self._blobs.incoming)) as path:
            await asyncio.to_thread(path.write_bytes, png)
            return await self._keep(owner, f"figure-{number}.png", path, len(png))

    async def _put(self, session: Interpreting, file: Attached) -> None:
        taken = {name for file_id, name in session.placed.items() if file_id != file.id}
        name = _other_than(taken, clean_filename(file.filename))
        session.placed[file.id] = await session.put(name, self._blobs.local_path(file.blob_key))

    async def _keep(self, owner: str, name: str, path: Path, size_bytes: int) -> str:
        def record(session: Session, key: str) -> dict[str, Any]:
            new = files.NewFile(clean_filename(name), PURPOSE, size_bytes, key)
            return files.create(session, owner, new)

        return str((await keep(self._database, self._blobs, path, record))["id"])


def _is_lost(session: Interpreting, path: str, file_id: str) -> bool:
    """Whether a written file is none of this session's: it was another's, which is no more. Folders are not made again."""
    return file_id not in session.placed and "/" not in path.removeprefix(FOLDER)


def _attached(session: Session, owner: str, file_ids: list[str]) -> list[Attached]:
    found = []
    for file_id in file_ids:
        with suppress(ApiError):
            row = files.find_live(session, owner, file_id)
            found.append(Attached(row.id, row.filename, row.blob_key))
    return found


def _other_than(taken: set[str], name: str) -> str:
    """The name, or one like it when another attached file has it."""
    stem, dot, ending = name.rpartition(".")
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{stem} ({number}){dot}{ending}" if dot else f"{name} ({number})"
    return free
