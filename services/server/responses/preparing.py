"""What a request leans on, looked up before anything is begun: what was said before, items named by id, files, stores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from services.server.errors import ApiError
from services.server.responses.context import Files, check_calls
from services.server.responses.file_inputs import FileInputs
from services.server.responses.items import Item, as_items
from services.server.responses.live import Asked
from services.server.store import containers, conversation_state, files, responses, vector_stores
from services.server.store.database import ServerDatabase

Shape = dict[str, Any]


async def asked_of(database: ServerDatabase, inputs: FileInputs, owner: str, request: Shape) -> Asked:
    """What a checked request asks, with what was said before, and the texts of the files in it. ApiError 400 or 404."""
    asked = await database.read(prepare, owner, request)
    texts = await inputs.texts(owner, asked.before, asked.now)
    return replace(asked, files=replace(asked.files, texts=texts))


def prepare(session: Session, owner: str, request: Shape) -> Asked:
    """What a checked request asks, with what was said before. ApiError 400 or 404 for what is not there."""
    before = _before(session, owner, request)
    asked = _asked(session, owner, request.get("input") or [], before)
    check_calls(before, asked)
    _check_tools(session, owner, request.get("tools") or ())
    pictures = _pictures(session, owner, [*before, *asked], asked)
    return Asked(before, asked, Files(pictures))


def _before(session: Session, owner: str, request: Shape) -> list[Item]:
    if (previous := request.get("previous_response_id")) is not None:
        if not responses.known(session, owner, previous):
            message = f"Previous response with id '{previous}' not found."
            raise ApiError(400, message, code="previous_response_not_found", param="previous_response_id")
        return responses.context(session, owner, previous)
    if (conversation := conversation_id_of(request)) is not None:
        return conversation_state.context(session, owner, conversation)
    return []


def conversation_id_of(request: Shape) -> str | None:
    """The conversation a request names."""
    given = request.get("conversation")
    return given["id"] if isinstance(given, dict) else given


def _asked(session: Session, owner: str, given: Any, before: Sequence[Item]) -> list[Item]:
    """The input, with items that are only named by their ids put in their places."""
    if isinstance(given, str):
        return as_items(given)
    named = [item["id"] for item in given if item.get("type") == "item_reference"]
    found = responses.referenced(session, owner, named) if named else {}
    present = {item.body["id"] for item in before}
    plain = iter(as_items([item for item in given if item.get("type") != "item_reference"], present))
    asked = []
    for item in given:
        if item.get("type") != "item_reference":
            asked.append(next(plain))
        elif item["id"] not in found:
            raise ApiError(404, f"Item with id '{item['id']}' not found.", param="input")
        elif item["id"] not in present:
            asked.append(found[item["id"]])
    return asked


def _check_tools(session: Session, owner: str, tools: Iterable[Shape]) -> None:
    """What the tools name is there."""
    for tool in tools:
        for store_id in tool.get("vector_store_ids") or ():
            vector_stores.usable(session, owner, store_id)
        container = tool.get("container")
        if isinstance(container, str):
            containers.retrieve(session, owner, container)
        elif container:
            for file_id in container.get("file_ids") or ():
                files.find_live(session, owner, file_id)


def _pictures(session: Session, owner: str, items: Iterable[Item], asked: Iterable[Item]) -> dict[str, str]:
    """Where the bytes of pictures named by file id are. One that is asked about now has to be there."""
    for file_id in _picture_ids(asked):
        files.find_live(session, owner, file_id)
    return files.blob_keys(session, owner, _picture_ids(items))


def _picture_ids(items: Iterable[Item]) -> list[str]:
    parts = (part for item in items if item.kind == "message" for part in item.body["content"])
    return [part["file_id"] for part in parts if part["type"] == "input_image" and part.get("file_id")]
