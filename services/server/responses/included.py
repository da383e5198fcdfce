"""What `include` adds to the items of tools: what a search found, what a program printed and drew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from services.errors import NotFound
from services.server.errors import ApiError
from services.server.responses.items import Item
from services.server.runs.toolbox import Outcome
from services.server.store import files
from services.server.store.database import ServerDatabase
from services.server.vision import data_url

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from services.storage.blobs import Blobs

Shape = dict[str, Any]
PictureOf = Callable[[str], Awaitable[bytes | None]]

RESULTS, OUTPUTS = "file_search_call.results", "code_interpreter_call.outputs"


def results_of(outcome: Outcome) -> list[Shape]:
    """What a search found, as `include` shows it."""
    return [
        {
            "file_id": found["file_id"],
            "filename": found["file_name"],
            "score": found["score"],
            "attributes": found["attributes"],
            "text": "".join(part["text"] for part in found["content"]),
        }
        for found in outcome.details["results"]
    ]


async def shown(item: Item, include: frozenset[str], picture_of: PictureOf) -> Shape | None:
    """The item with what `include` asks for; None when that is no more than its body."""
    if RESULTS in include and "results" in item.private:
        return {**item.body, "results": item.private["results"]}
    if OUTPUTS in include and "outputs" in item.private:
        outputs = [await _output(output, picture_of) for output in item.private["outputs"]]
        return {**item.body, "outputs": [output for output in outputs if output is not None]}
    return None


async def _output(output: Shape, picture_of: PictureOf) -> Shape | None:
    if output["type"] == "logs":
        return output
    data = await picture_of(output["image"]["file_id"])
    return None if data is None else {"type": "image", "url": data_url(data)}


async def picture(database: ServerDatabase, blobs: Blobs, owner: str, file_id: str) -> bytes | None:
    """The bytes of a figure; None when it was deleted."""
    with suppress(ApiError, NotFound):
        key = await database.read(_blob_key, owner, file_id)
        return await asyncio.to_thread(blobs.get, key)
    return None


def _blob_key(session: Session, owner: str, file_id: str) -> str:
    return files.find_live(session, owner, file_id).blob_key
