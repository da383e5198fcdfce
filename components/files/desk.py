"""What the Files page works on: the collections there are, the one the address names, and what was asked about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import streamlit as st

from components import state
from components.assistant.desk import thread_turns
from components.house import House
from services.errors import NotFound
from services.files.collections import Collection
from services.live import LiveTurn
from services.tables.shapes import Table
from services.turns import Mode, Turn

WINDOW = 20

Way = Literal["manual", "native", "tables"]
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
    "tables": (
        "SQL over tables",
        Mode.CHAT_COMPLETIONS,
        "The model writes SQL, DuckDB computes, and the numbers in the sentence are held against the result.",
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
    tables: tuple[Table, ...] = ()

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways in which this collection can be asked."""
        documents: tuple[Way, ...] = ("manual", "native") if self.has_documents else ()
        return (*documents, "tables") if self.tables else documents

    @property
    def has_documents(self) -> bool:
        """Whether there is anything to search."""
        return self.collection is not None and self.collection.file_count > 0

    @property
    def file_count(self) -> int:
        """Documents and tables together."""
        return (self.collection.file_count if self.collection else 0) + len(self.tables)


def open_desk(house: House, wanted: Way | None) -> FilesDesk:
    """Everything the page needs to draw. Raises AppError."""
    collections = tuple(house.collections.all())
    collection = _collection(collections)
    if collection is None:
        return FilesDesk(house, collections, None, "manual")
    desk = FilesDesk(house, collections, collection, "manual", tables=tuple(house.tables.list(collection.id)))
    way = wanted if wanted in desk.ways else next(iter(desk.ways), "manual")
    turns, live = _asked(house, collection, way)
    return replace(desk, way=way, turns=turns, live=live)


def _collection(collections: tuple[Collection, ...]) -> Collection | None:
    wanted = state.collection_id()
    found = next((one for one in collections if one.id == wanted), None)
    if wanted is not None and found is None:
        state.open_collection(None)
        state.fail("This collection is not there any more. It may have been deleted in another window.")
        st.rerun()
    return found or (collections[0] if collections else None)


def _asked(house: House, collection: Collection, way: Way) -> tuple[tuple[Turn, ...], LiveTurn | None]:
    if way != "native":
        turns = tuple(house.asking.history(collection, WINDOW))
        return turns, house.asking.live(turns)
    if collection.thread_id is None:
        return (), None
    try:
        turns = thread_turns(house, collection.thread_id, WINDOW)
    except NotFound:
        return (), None
    return turns, house.runs.in_conversation(collection.thread_id)
