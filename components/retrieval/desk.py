"""What both tabs work on: a collection, its files, and its passages with their vectors, remembered for the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from components.house import House
from services.assistants.records import StoreFile
from services.catalog import Model, describe
from services.clients import Connection
from services.documents.quotes import best_quote
from services.retrieval.api import RetrievalApi, local_embedding_model
from services.retrieval.calls import Calls
from services.retrieval.projection import MOST_POINTS
from services.retrieval.records import Passage, Shelf

T = TypeVar("T")

REMEMBERED = "retrieval_remembered"
BEGINNING_CHARS = 220


@dataclass(frozen=True, slots=True)
class RetrievalDesk:
    """One run of a tab. `stamp` changes with the files of the collection and with how far their vectors are."""

    house: House
    store_id: str
    name: str
    api: RetrievalApi
    files: tuple[StoreFile, ...]
    stamp: str

    @property
    def calls(self) -> Calls:
        """What calls to a model go through."""
        return Calls(self.house.ledger, self.house.budgets)

    def embedders(self) -> dict[str, tuple[Connection, Model]]:
        """The embedding models at hand by their label: our own, and those of OpenAI where there is a key."""
        own = self.house.assistants.connection
        local = local_embedding_model()
        found = {f"{local}, on this machine": (own, describe(local, own.name))}
        for connection in self.house.connections():
            if connection.kind == "openai" and connection.api_key:
                for model in ("text-embedding-3-small", "text-embedding-3-large"):
                    found[f"{model}, {connection.name}"] = (connection, describe(model, connection.name))
        return found


def open_desk(house: House, store_id: str, name: str) -> RetrievalDesk | None:
    """The desk of a collection; None, with a word on what to do, where it has no files. Raises AppError."""
    files = tuple(house.assistants.store_files(store_id))
    if not files:
        st.info(
            "Add files first: their passages appear here, and you see what a question finds among them.",
            icon=":material/upload_file:",
        )
        return None
    stamp = "".join(f"{f.id}{f.status}{f.progress.embedded if f.progress else '.'}" for f in files)
    connection = house.assistants.connection
    api = remembered(("api", connection), lambda: RetrievalApi(lambda: connection))
    return RetrievalDesk(house, store_id, name, api, files, stamp)


def remembered(key: tuple[object, ...], make: Callable[[], T]) -> T:
    """What was made for this key before; only the last one of each kind, the first word of the key, is kept."""
    kept = st.session_state.setdefault(REMEMBERED, {})
    if kept.get(key[0], (None, None))[0] != key:
        kept[key[0]] = (key, make())
    made: T = kept[key[0]][1]
    return made


def is_remembered(key: tuple[object, ...]) -> bool:
    """Whether this has been made already, and need not be waited for."""
    kept = st.session_state.get(REMEMBERED, {})
    return bool(kept.get(key[0], (None, None))[0] == key)


def read_shelf(desk: RetrievalDesk) -> Shelf | None:
    """The collection's passages; None, with a word on why, where there are none yet. Raises AppError."""
    key = ("shelf", desk.store_id, desk.stamp)
    if is_remembered(key):
        shelf = remembered(key, _never)
    else:
        bar = st.progress(0.0, "Reading the passages and their vectors")

        def show(done: int, of: int) -> None:
            bar.progress(min(done / of, 1.0), f"Reading passages, {done:,} of {of:,}")

        shelf = desk.api.shelf(desk.store_id, MOST_POINTS, show)
        bar.empty()
        remembered(key, lambda: shelf)
    if not shelf.passages:
        _say_why_none(desk, shelf)
        return None
    return shelf


def draw_extent(shelf: Shelf) -> None:
    """Say what of the collection is shown, where it is not all."""
    if shelf.is_sample:
        shown = len(shelf.passages) + shelf.without_vector
        st.caption(
            f":material/filter_alt: {shown:,} of {shelf.total:,} passages, taken evenly from all files."
        )
    if shelf.without_vector:
        st.caption(
            f":material/hourglass_top: {shelf.without_vector:,} passages have no vector yet; they are found by words until then."
        )


def place(passage: Passage) -> str:
    """Where a passage stands: `page 3`, `row 20`, or nothing."""
    if passage.page is not None:
        return f"page {passage.page:,}"
    return f"row {passage.row:,}" if passage.row is not None else ""


def beginning(text: str, chars: int = BEGINNING_CHARS) -> str:
    """The first words of a text, on one line."""
    line = " ".join(text[: 2 * chars].split())
    return line if len(line) <= chars and len(text) <= 2 * chars else line[:chars].rsplit(" ", 1)[0] + " …"


def excerpt(text: str, question: str, chars: int) -> str:
    """A stretch of a text around the sentence that has most to do with a question, on one line."""
    at = text.find(best_quote(text, question))
    start = max(0, at - chars // 4) if at > chars // 2 else 0
    first = "… " if start else ""
    while start and start < len(text) and not text[start - 1].isspace():
        start += 1
    return first + beginning(text[start:], chars)


def is_dark() -> bool:
    """Whether the page is drawn dark."""
    return st.context.theme.type == "dark"


def ink() -> str:
    """The colour of text, for marks of a chart that are to stand out."""
    return "#e8eaf0" if is_dark() else "#14171d"


def paper() -> str:
    """The colour of the page, for outlines."""
    return "#12141a" if is_dark() else "#ffffff"


def _say_why_none(desk: RetrievalDesk, shelf: Shelf) -> None:
    failed = [file for file in desk.files if file.status == "failed"]
    if shelf.total or any(file.status == "in_progress" for file in desk.files):
        st.info(
            "The files are being read and get their vectors. Come back in a moment.",
            icon=":material/hourglass_top:",
        )
    elif failed:
        st.warning("None of the files could be read. The Ask tab says why.", icon=":material/error:")
    else:
        st.info("There is no text in these files.", icon=":material/description:")


def _never() -> Shelf:
    raise AssertionError
