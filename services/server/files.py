"""Bytes that come in and go out: uploads in one piece or in parts, and downloads."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.documents.filenames import clean_filename
from services.server.errors import ApiError
from services.server.keeping import keep
from services.server.multipart import Form, read_form
from services.server.rules import files as rules
from services.server.store import files, uploads
from services.server.store.database import ServerDatabase
from services.storage.failures import folder_failure
from services.storage.local_files import temporary_file

if TYPE_CHECKING:
    from services.storage.blobs import Blobs

Wire = dict[str, Any]


class FileService:
    """Files as the routes need them."""

    def __init__(self, database: ServerDatabase, blobs: Blobs) -> None:
        self._database, self._blobs = database, blobs

    async def create(self, request: Request) -> Wire:
        """A file from a form with `file` and `purpose`."""
        owner = request.state.owner
        with await read_form(request, "file", self._blobs.incoming, rules.MOST_FILE_BYTES) as form:
            purpose, lives_s = rules.purpose(form.fields), rules.lifetime_s(form.fields)
            name, path = clean_filename(form.filename), _path(form, "file")

            def record(session: Session, key: str) -> Wire:
                new = files.NewFile(name, purpose, form.size_bytes, key, lives_s)
                return files.create(session, owner, new)

            return await keep(self._database, self._blobs, path, record)

    async def add_part(self, request: Request, upload_id: str) -> Wire:
        """A part of an upload from a form with `data`; an upload that takes none is said so before it has come."""
        owner = request.state.owner
        await self._database.read(uploads.check_pending, owner, upload_id)
        with await read_form(request, "data", self._blobs.incoming, rules.MOST_PART_BYTES) as form:

            def record(session: Session, key: str) -> Wire:
                return uploads.add_part(session, owner, upload_id, key, form.size_bytes)

            return await keep(self._database, self._blobs, _path(form, "data"), record)

    async def complete(self, owner: str, upload_id: str, body: Wire) -> Wire:
        """Join the parts of an upload into one file. ApiError 400 when a checksum does not match."""
        keys = await self._database.read(uploads.parts_in_order, owner, upload_id, body["part_ids"])
        with temporary_file(await asyncio.to_thread(self._blobs.incoming)) as path:
            size_bytes = await asyncio.to_thread(self._join, keys, path, body.get("md5"))

            def record(session: Session, key: str) -> Wire:
                return uploads.complete(session, owner, upload_id, key, size_bytes)

            return await keep(self._database, self._blobs, path, record)

    async def content(self, owner: str, file_id: str) -> Response:
        """The bytes of a file, in pieces. They are named a download, so that no browser runs them."""
        found = await self._database.read(_found, owner, file_id)
        pieces = await asyncio.to_thread(self._blobs.stream, found["blob_key"])
        headers = {
            "content-length": str(found["bytes"]),
            "content-disposition": f"attachment; filename*=UTF-8''{quote(found['filename'])}",
            "x-content-type-options": "nosniff",
        }
        return StreamingResponse(_in_threads(pieces), headers=headers, media_type="application/octet-stream")

    def _join(self, keys: list[str], path: Path, md5: str | None) -> int:
        """Write the parts into one file; how many bytes it has."""
        digest = hashlib.md5(usedforsecurity=False)
        try:
            with path.open("wb") as joined:
                for piece in chain.from_iterable(map(self._blobs.stream, keys)):
                    digest.update(piece)
                    joined.write(piece)
        except OSError as error:
            raise folder_failure(path.parent, error) from error
        if md5 and digest.hexdigest() != md5.lower():
            raise ApiError(400, "The md5 checksum of the parts does not match the one given.", param="md5")
        return path.stat().st_size


def _path(form: Form, field: str) -> Path:
    if form.path is None:
        raise ApiError(400, f"'{field}' is a required property", param=field)
    return form.path


def _found(session: Session, owner: str, file_id: str) -> Wire:
    row = files.find_live(session, owner, file_id)
    return {"blob_key": row.blob_key, "bytes": row.size_bytes, "filename": row.filename}


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
