"""Containers: where programs of responses run, and the files there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.errors import ApiError
from services.server.store.clock import now
from services.server.store.contexts import FOLDER, MOST_WRITTEN
from services.server.store.ids import new_id
from services.server.store.lookup import find, find_or_none, holding
from services.storage.api_tables import FileRow
from services.storage.response_tables import ContainerRow

Wire = dict[str, Any]


def create(
    session: Session, owner: str, name: str, file_ids: Sequence[str], container_id: str | None = None
) -> Wire:
    """A new container with these files in it."""
    for file_id in file_ids:
        find(session, FileRow, owner, file_id)
    at = now()
    body = {"name": name, "file_ids": list(file_ids), "made": {}, "drawn": []}
    row = ContainerRow(
        id=container_id or new_id("cntr_"), owner=owner, created_at=at, last_active_at=at, body=body
    )
    session.add(row)
    session.flush()
    return wire(row)


def known(session: Session, owner: str, container_id: str) -> bool:
    """Whether the owner has this container here."""
    return find_or_none(session, ContainerRow, owner, container_id) is not None


def retrieve(session: Session, owner: str, container_id: str) -> Wire:
    """One container."""
    return wire(find(session, ContainerRow, owner, container_id))


def delete(session: Session, owner: str, container_id: str) -> Wire:
    """Delete a container. Files that programs wrote there stay among the owner's files."""
    session.delete(find(session, ContainerRow, owner, container_id))
    return {"id": container_id, "object": "container.deleted", "deleted": True}


def take(session: Session, owner: str, container_id: str, file_ids: Sequence[str]) -> tuple[list[str], Wire]:
    """Use a container again, with these files beside those it has: the ids of all, and what programs made, by path."""
    row = find(session, ContainerRow, owner, container_id, held=True)
    given = list(dict.fromkeys([*row.body["file_ids"], *file_ids]))
    row.body, row.last_active_at = {**row.body, "file_ids": given}, now()
    return given, dict(row.body["made"])


def note_made(session: Session, owner: str, container_id: str, files: Mapping[str, str]) -> None:
    """Write down what programs have made, file ids by path; the oldest are forgotten when there are many."""
    query = select(ContainerRow).where(ContainerRow.id == container_id, ContainerRow.owner == owner)
    row = session.scalar(holding(query))
    if row is not None:
        before = {path: i for path, i in row.body["made"].items() if path not in files}
        kept = list({**before, **files}.items())[-MOST_WRITTEN:]
        row.body = {**row.body, "made": dict(kept)}


def note_drawn(session: Session, owner: str, container_id: str, file_ids: Sequence[str]) -> None:
    """Write down which figures programs have drawn; the oldest are forgotten when there are many."""
    query = select(ContainerRow).where(ContainerRow.id == container_id, ContainerRow.owner == owner)
    row = session.scalar(holding(query))
    if row is not None:
        row.body = {**row.body, "drawn": [*row.body["drawn"], *file_ids][-MOST_WRITTEN:]}


def files(session: Session, owner: str, container_id: str) -> list[Wire]:
    """The files in a container, those given to it first."""
    row = find(session, ContainerRow, owner, container_id)
    paths = _paths(row)
    query = select(FileRow).where(FileRow.id.in_(list(paths)), FileRow.owner == owner)
    found = {file.id: file for file in session.scalars(query)}
    return [_file_wire(row, found[i], path) for i, path in paths.items() if i in found]


def file(session: Session, owner: str, container_id: str, file_id: str) -> Wire:
    """One file in a container. ApiError 404."""
    for found in files(session, owner, container_id):
        if found["id"] == file_id:
            return found
    raise ApiError(404, f"Container file with id '{file_id}' not found.", param="file_id")


def _paths(row: ContainerRow) -> dict[str, str]:
    """The ids of a container's files with their paths, where these are not their names."""
    made = {file_id: path for path, file_id in row.body["made"].items()}
    return {**dict.fromkeys([*row.body["file_ids"], *row.body["drawn"]], ""), **made}


def _file_wire(row: ContainerRow, file: FileRow, path: str) -> Wire:
    return {
        "id": file.id,
        "object": "container.file",
        "created_at": file.created_at,
        "bytes": file.size_bytes,
        "container_id": row.id,
        "path": path or FOLDER + file.filename,
        "source": "user" if file.id in row.body["file_ids"] else "assistant",
    }


def wire(row: ContainerRow) -> Wire:
    """The container as it goes over the wire."""
    return {
        "id": row.id,
        "object": "container",
        "created_at": row.created_at,
        "status": "running",
        "name": row.body["name"],
        "last_active_at": row.last_active_at,
    }
