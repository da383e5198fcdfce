"""Bytes that come in and go out: uploads in one piece or in parts, and downloads."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.documents.attachments import clean_filename
from services.errors import NotFound, StorageFailed
from services.server.errors import ApiError
from services.server.multipart import Form, read_form
from services.server.rules import files as rules
from services.server.store import files, uploads
from services.server.store.database import ServerDatabase

if TYPE_CHECKING:
    from services.storage.blobs import Blobs

Wire = dict[str, Any]
LONGEST_FILENAME = 255


class FileService:
    """Files as the routes need them."""

    def __init__(self, database: ServerDatabase, blobs: Blobs) -> None:
        self._database, self._blobs = database, blobs

    async def create(self, request: Request) -> Wire:
        """A file from a form with `file` and `purpose`."""
        form = await read_form(request, "file", self._blobs.incoming, rules.MOST_FILE_BYTES)
        try:
            purpose, lives_s = rules.purpose(form.fields), rules.lifetime_s(form.fields)
            key = await self._taken_over(form, "file")
        finally:
            form.discard()
        name = clean_filename(form.filename)
        new = files.NewFile(name, purpose, form.size_bytes, key, lives_s)
        return await self._database.write(_create, request.state.owner, new, self._blobs)

    async def add_part(self, request: Request, upload_id: str) -> Wire:
        """A part of an upload from a form with `data`."""
        form = await read_form(request, "data", self._blobs.incoming, rules.MOST_PART_BYTES)
        try:
            key = await self._taken_over(form, "data")
        finally:
            form.discard()
        return await self._database.write(
            uploads.add_part, request.state.owner, upload_id, key, form.size_bytes
        )

    async def complete(self, owner: str, upload_id: str, body: Wire) -> Wire:
        """Join the parts of an upload into one file. ApiError 400 when a checksum does not match."""
        keys = await self._database.read(uploads.parts_in_order, owner, upload_id, body["part_ids"])
        path, size_bytes = await asyncio.to_thread(self._join, keys, body.get("md5"))
        try:
            key = await asyncio.to_thread(self._blobs.put_file, path)
        finally:
            path.unlink(missing_ok=True)
        return await self._database.write(uploads.complete, owner, upload_id, key, size_bytes)

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

    async def _taken_over(self, form: Form, field: str) -> str:
        if form.path is None:
            raise ApiError(400, f"'{field}' is a required property", param=field)
        return await asyncio.to_thread(self._blobs.put_file, form.path)

    def _join(self, keys: list[str], md5: str | None) -> tuple[Path, int]:
        import tempfile

        digest, size_bytes = hashlib.md5(usedforsecurity=False), 0
        with tempfile.NamedTemporaryFile(dir=self._blobs.incoming(), delete=False) as joined:
            for key in keys:
                for piece in self._blobs.stream(key):
                    digest.update(piece)
                    size_bytes += len(piece)
                    joined.write(piece)
        if md5 and digest.hexdigest() != md5.lower():
            Path(joined.name).unlink()
            raise ApiError(400, "The md5 checksum of the parts does not match the one given.", param="md5")
        return Path(joined.name), size_bytes


def _create(session: Session, owner: str, new: files.NewFile, blobs: Blobs) -> Wire:
    row = files.add(session, owner, new)
    try:
        blobs.size_of(new.blob_key)
    except NotFound:  # the last other file with these bytes was deleted between storing and now
        raise StorageFailed("The file could not be kept. Upload it again.") from None
    return files.wire(row)


def _found(session: Session, owner: str, file_id: str) -> Wire:
    row = files.find_live(session, owner, file_id)
    return {"blob_key": row.blob_key, "bytes": row.size_bytes, "filename": row.filename}


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
