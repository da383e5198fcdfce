"""Files in an input, as text: read by a process of their own, and not kept but for a few in memory."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from services.documents.extraction import extract
from services.server.errors import ApiError
from services.server.responses.items import Item
from services.server.store import files
from services.server.store.database import ServerDatabase
from services.storage.local_files import temporary_file

if TYPE_CHECKING:
    from services.documents.workers import Workers
    from services.storage.blobs import Blobs

Shape = dict[str, Any]

MOST_KEPT = 32
ONLY_PICTURES = "[The pages of this file are pictures. Put it into a vector store to have them read.]"


class FileInputs:
    """Reads the `input_file` parts of messages. What it has read is known by its content, whoever sends it again."""

    def __init__(self, database: ServerDatabase, blobs: Blobs, workers: Workers) -> None:
        self._database, self._blobs, self._workers = database, blobs, workers
        self._kept: OrderedDict[str, str] = OrderedDict()

    def read(self, blob_key: str) -> bytes:
        """The bytes of a file of ours. Blocks."""
        return self._blobs.get(blob_key)

    async def text(self, owner: str, part: Shape) -> str:
        """The text of one file, named by `file_id` or sent as `file_data`. Raises ApiError and InvalidInput."""
        return await self._text(owner, part)

    async def texts(self, owner: str, before: Iterable[Item], asked: Iterable[Item]) -> dict[str, str]:
        """The text of each file by its id or its data. ApiError 404 for one asked about now that is not there.

        Raises InvalidInput for one that cannot be read. A file of an earlier message that was deleted is left out.
        """
        found: dict[str, str] = {}
        for part in _parts(before):
            if part.get("file_id") is None or await self._database.read(_is_there, owner, part["file_id"]):
                found[key_of(part)] = await self._text(owner, part)
        for part in _parts(asked):
            found[key_of(part)] = await self._text(owner, part)
        return found

    async def _text(self, owner: str, part: Shape) -> str:
        if (file_id := part.get("file_id")) is not None:
            name, blob_key = await self._database.read(_bytes_of, owner, file_id)
            with self._blobs.local_path(blob_key) as path:
                return await self._read(blob_key, path, name)
        data = _decoded(part["file_data"])
        with temporary_file(await asyncio.to_thread(self._blobs.incoming)) as path:
            await asyncio.to_thread(path.write_bytes, data)
            return await self._read(hashlib.sha256(data).hexdigest(), path, part.get("filename") or "file")

    async def _read(self, content: str, path: Path, name: str) -> str:
        known = f"{content} {name}"  # what a file is follows from its content, and then from its name
        if known not in self._kept:
            self._kept[known] = await self._extracted(path, name)
        self._kept.move_to_end(known)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return self._kept[known]

    async def _extracted(self, path: Path, name: str) -> str:
        cancelled = threading.Event()
        try:
            document = await asyncio.to_thread(extract, path, name, self._workers, cancelled=cancelled)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return f"[File {name}]\n{document.text.strip() or ONLY_PICTURES}"


def key_of(part: Shape) -> str:
    """What tells the file of this part from others."""
    return str(part.get("file_id") or part.get("file_data"))


def _parts(items: Iterable[Item]) -> Iterator[Shape]:
    messages: Sequence[Item] = [item for item in items if item.kind == "message"]
    return (part for item in messages for part in item.body["content"] if part["type"] == "input_file")


def _decoded(data: str) -> bytes:
    """The bytes of `file_data`, a data URL or base64 alone. ApiError 400."""
    try:
        return base64.b64decode(data.rpartition("base64,")[2], validate=True)
    except (ValueError, binascii.Error):
        message = "Invalid 'file_data': expected base64, as in 'data:application/pdf;base64,…'."
        raise ApiError(400, message, code="invalid_value", param="input") from None


def _is_there(session: Session, owner: str, file_id: str) -> bool:
    return bool(files.blob_keys(session, owner, [file_id]))


def _bytes_of(session: Session, owner: str, file_id: str) -> tuple[str, str]:
    row = files.find_live(session, owner, file_id)
    return row.filename, row.blob_key
