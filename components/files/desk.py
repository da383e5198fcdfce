"""What the Files page works on: the collections there are, the one the address names, and what was asked about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from components import state
from components.assistant.desk import thread_turns
from components.house import House
from services.errors import NotFound
from services.files.collections import Collection
from services.live import LiveTurn
from services.turns import Mode, Turn

WINDOW = 20

Way = Literal["manual", "native"]
WAYS: dict[Way, tuple[str, Mode, str]] = {
    "manual": (
        "Retrieval by us",
        Mode.CHAT_COMPLETIONS,
        "Tandem searches, puts the passages into a Chat Completions request, and checks every quote.",
    ),
    "native": (
        "Assistant with file search",
        Mode.ASSISTANTS,
        "The server searches inside a run: you send the question alone, and take its citations on trust.",
    ),
}


@dataclass(frozen=True, slots=True)
class FilesDesk:
    """One run of the page. `turns` are oldest first; `live` is the question that is being answered."""

    house: House
    collections: tuple[Collection, ...]
    collection: Collection | None
    way: Way
    turns: tuple[Turn, ...] = ()
    live: LiveTurn | None = None


def open_desk(house: House, way: Way) -> FilesDesk:
    """Everything the page needs to draw. Raises AppError."""
    collections = tuple(house.collections.all())
    collection = _collection(collections)
    if collection is None:
        return FilesDesk(house, collections, None, way)
    turns, live = _asked(house, collection, way)
    return FilesDesk(house, collections, collection, way, turns, live)


def _collection(collections: tuple[Collection, ...]) -> Collection | None:
    wanted = state.collection_id()
    found = next((one for one in collections if one.id == wanted), None)
    if wanted is not None and found is None:
        state.open_collection(None)
        state.fail("This collection is not there any more. It may have been deleted in another window.")
        st.rerun()
    return found or (collections[0] if collections else None)


def _asked(house: House, collection: Collection, way: Way) -> tuple[tuple[Turn, ...], LiveTurn | None]:
    if way == "manual":
        turns = tuple(house.asking.history(collection)[-WINDOW:])
        return turns, house.asking.live(turns)
    if collection.thread_id is None:
        return (), None
    try:
        turns = thread_turns(house, collection.thread_id, WINDOW)
    except NotFound:
        return (), None
    return turns, house.runs.in_conversation(collection.thread_id)
