"""How far the reading of files has come, in words and as a bar."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import figures, server_files
from components.plain import plain
from components.redraw import watched
from services.assistants.api import AssistantsApi
from services.assistants.records import Progress, StoreFile
from services.errors import AppError
from services.turns import Turn

WATCH_S = 1.0
LOOKS = {
    "completed": (":material/check_circle:", "green"),
    "in_progress": (":material/hourglass_top:", "orange"),
    "failed": (":material/error:", "red"),
    "cancelled": (":material/block:", "gray"),
}


def describe_file(file: StoreFile) -> str:
    """A file of a store in one line of Markdown."""
    icon, colour = LOOKS[file.status]
    name = plain(server_files.name(file.id))
    words = {
        "completed": words_of(file.progress) if file.progress else "ready",
        "in_progress": words_of(file.progress),
        "failed": plain(file.error or "could not be read"),
        "cancelled": "cancelled",
    }
    return f":{colour}[{icon}] {name} · {words[file.status]}{_of_pictures(file)}"


def _of_pictures(file: StoreFile) -> str:
    """How many pages are scans, and how many of these gave no text."""
    read, unread = len(file.ocr_pages), len(file.unread_pages)
    words = f" · {figures.counted(read, 'page')} read from pictures" if read else ""
    return words + (f" · {figures.counted(unread, 'page')} without text" if unread else "")


def words_of(progress: Progress | None) -> str:
    """What is being done to a file."""
    if progress is None or not (progress.read or progress.to_embed):
        return "waiting to be read"
    if progress.to_embed:
        left = f", about {figures.seconds(progress.left_s)} left" if progress.left_s else ""
        return f"words can be found; {progress.embedded:,} of {progress.to_embed:,} passages embedded{left}"
    return (
        f"{progress.read:,} of {progress.to_read:,} pages read"
        if progress.to_read
        else f"{progress.read:,} pages read"
    )


def share(progress: Progress | None) -> float:
    """How much of the work is done, from 0 to 1: reading is its first tenth, embedding the rest."""
    if progress is None:
        return 0.0
    if progress.to_embed:
        return 0.1 + 0.9 * min(1.0, progress.embedded / progress.to_embed)
    return 0.1 * min(1.0, progress.read / progress.to_read) if progress.to_read else 0.0


def is_under_way(file: StoreFile) -> bool:
    """Whether there is work left; a file whose words can be found may still be given its vectors."""
    return file.status == "in_progress" or file.progress is not None


class Reading:
    """The files that a message brought, drawn below it while they are read."""

    def __init__(self, api: AssistantsApi, turn: Turn) -> None:
        self._api, self._thread_id = api, turn.conversation_id
        self._slot: DeltaGenerator | None = None
        self._store_id: str | None = None
        self._looks_again_at = 0.0 if turn.user.attachments else inf

    def place(self) -> None:
        """Take the place where the bars are to stand."""
        self._slot = st.empty()

    def follow(self) -> None:
        """Draw the bars, once a second, until everything is read."""
        if self._slot is None or time.monotonic() < self._looks_again_at:
            return
        self._looks_again_at = time.monotonic() + WATCH_S
        with suppress(AppError):
            self._store_id = self._store_id or self._api.thread(self._thread_id).store_id
            files = self._api.store_files(self._store_id) if self._store_id else []
            waiting = [file for file in files if is_under_way(file)]
            with self._slot.container():
                draw(waiting)
            if not waiting:
                self._looks_again_at = inf


def draw(files: Sequence[StoreFile]) -> None:
    """A bar for each file that is being read; for any other, what became of it in a line."""
    for file in files:
        if is_under_way(file):
            name = plain(server_files.name(file.id))
            st.progress(share(file.progress), f":material/menu_book: {name}: {words_of(file.progress)}")
        else:
            st.markdown(describe_file(file))


def draw_rows(list_files: Callable[[], list[StoreFile]], remove: Callable[[str], None], key: str) -> None:
    """The files of a store, each with how far it is and a button that removes it; kept up to date while one is read."""
    reading = any(is_under_way(file) for file in list_files())
    watched(WATCH_S if reading else None)(_draw_rows)(list_files, remove, key)


def _draw_rows(list_files: Callable[[], list[StoreFile]], remove: Callable[[str], None], key: str) -> None:
    for file in list_files():
        if is_under_way(file):
            draw([file])
            continue
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            st.markdown(describe_file(file), width="stretch")
            st.button(
                "Remove",
                key=f"{key}-{file.id}",
                type="tertiary",
                icon=":material/close:",
                on_click=remove,
                args=(file.id,),
            )
