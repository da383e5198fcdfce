"""Where the tools of a response work: its container, the files in it, and what they note down."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.responses.items import Item
from services.server.responses.live import Live
from services.server.responses.message import Figure
from services.server.runs.file_paths import Links
from services.server.store import containers
from services.server.store.contexts import FOLDER, AtHand
from services.server.store.database import ServerDatabase
from services.server.store.ids import is_id, new_id
from services.storage.api_tables import FileRow

Shape = dict[str, Any]

AUTO = "auto"


class Place:
    """The container of a response, and the number of its searches. A new one is written down with its first program."""

    def __init__(self, database: ServerDatabase, live: Live) -> None:
        self._database, self._live = database, live
        self._searches = sum(item.kind == "file_search_call" for item in live.asked.all)
        self.container_id = ""
        self._is_written = True
        self.file_ids: list[str] = []
        self.made: dict[str, str] = {}
        self._fresh: list[str] = []
        self._names: dict[str, str] = {}

    async def find(self, given: str | Shape) -> str:
        """The id of the container a tool names; with `auto` that of the last program before, or of a new one."""
        wanted, file_ids = (given, []) if isinstance(given, str) else (None, given["file_ids"])
        used = _last_container(self._live.asked.all)
        found = await self._database.write(_container, self._live.owner, wanted, used, file_ids)
        self.container_id, self.file_ids, self.made = found or (new_id("cntr_"), file_ids, {})
        self._is_written = found is not None
        return self.container_id

    async def write_down(self) -> None:
        """A program is about to run: the container has to be there."""
        if not self._is_written:
            await self._database.write(
                containers.create, self._live.owner, AUTO, self.file_ids, self.container_id
            )
            self._is_written = True

    async def at_hand(self) -> list[AtHand]:
        """The files that programs find."""
        return await self._database.read(_at_hand, self._live.owner, self.file_ids, self.made)

    def resources(self, options: Shape) -> list[Shape]:
        """What the tools may use, in the words of a run: its thread's files, which a search waits for."""
        stores = {"vector_store_ids": options.get("vector_store_ids", [])}
        return [{}, {"file_search": stores, "code_interpreter": {"file_ids": self.file_ids}}]

    def links(self) -> Links:
        """What answers may link to."""
        return Links(dict(self.made), tuple(self._fresh))

    def figure(self, file_id: str) -> Figure:
        """A figure of this container."""
        return Figure(self.container_id, file_id, self._names[file_id])

    def as_citation(self, annotation: Shape) -> Shape:
        """A run's annotation as a response has it."""
        if annotation["type"] == "file_citation":
            file_id = annotation["file_citation"]["file_id"]
            name = self._filename(file_id)
            return {
                "type": "file_citation",
                "index": annotation["index"],
                "file_id": file_id,
                "filename": name,
            }
        file_id = annotation["file_path"]["file_id"]
        path = next(path for path, made in self.made.items() if made == file_id)
        return {
            "type": "container_file_citation",
            "container_id": self.container_id,
            "file_id": file_id,
            "filename": path.rpartition("/")[2],
            "start_index": annotation["start_index"],
            "end_index": annotation["end_index"],
        }

    def _filename(self, file_id: str) -> str:
        found = (r for i in self._live.output.items for r in i.private.get("results", ()))
        return next((str(r["filename"]) for r in found if r["file_id"] == file_id), "")

    async def next_search(self) -> int:
        """The number of the next search in this talk."""
        self._searches += 1
        return self._searches

    async def note_written(self, paths: dict[str, str]) -> None:
        """Write down which files programs have written."""
        self.made |= paths
        self._fresh += [path for path in paths if path not in self._fresh]
        await self._database.write(containers.note_made, self._live.owner, self.container_id, paths)

    async def note_figures(self, file_ids: list[str]) -> None:
        """Write down which figures programs have drawn: they are files of the container too."""
        names = await self._database.read(_filenames, self._live.owner, file_ids)
        self._names |= names
        await self._database.write(containers.note_drawn, self._live.owner, self.container_id, file_ids)


def _last_container(items: list[Item]) -> str | None:
    used = (i.body["container_id"] for i in reversed(items) if i.kind == "code_interpreter_call")
    return next(used, None)


def _container(
    session: Session, owner: str, wanted: str | None, used: str | None, file_ids: list[str]
) -> tuple[str, list[str], dict[str, str]] | None:
    container_id = wanted
    if container_id is None and used is not None and containers.known(session, owner, used):
        container_id = used
    if container_id is None:
        return None
    given, made = containers.take(session, owner, container_id, file_ids)
    return container_id, given, made


def _at_hand(session: Session, owner: str, file_ids: list[str], made: dict[str, str]) -> list[AtHand]:
    paths = {file_id: path for path, file_id in made.items()}
    wanted = [file_id for file_id in (*file_ids, *paths) if is_id(file_id)]
    query = select(FileRow).where(FileRow.id.in_(wanted), FileRow.owner == owner)
    rows = {row.id: row for row in session.scalars(query)}
    found = [i for i in dict.fromkeys(wanted) if i in rows]
    return [
        AtHand(paths.get(i, FOLDER + rows[i].filename).removeprefix(FOLDER), rows[i].blob_key) for i in found
    ]


def _filenames(session: Session, owner: str, file_ids: list[str]) -> dict[str, str]:
    query = select(FileRow.id, FileRow.filename).where(FileRow.id.in_(file_ids), FileRow.owner == owner)
    names = {row.id: row.filename for row in session.execute(query)}
    return {file_id: names.get(file_id, "figure.png") for file_id in file_ids}
