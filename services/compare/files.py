"""Files that go along with a message: as text by hand where the mode reads none, else on the server for its tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from services.assistants.talks import TABLES
from services.compare.records import Lane
from services.documents.attachments import read_attachment
from services.documents.filenames import clean_filename
from services.documents.images import is_image
from services.errors import InvalidInput
from services.turns import Attachment, Message, Mode

MOST_FILES = 20
MEDIA_TYPES = {".pdf": "application/pdf", ".csv": "text/csv", ".tsv": "text/tab-separated-values"}

Destination = Literal["message", "picture", "file_search", "code_interpreter"]


@dataclass(frozen=True, slots=True)
class Sorted:
    """A message's files by where they go. What is in `message` travels with its text."""

    message: Message
    uploads: tuple[tuple[Attachment, Destination], ...]


def attachments(files: Sequence[tuple[str, bytes]]) -> tuple[Attachment, ...]:
    """Files as they were given, by name and bytes. Raises InvalidInput for an empty one and for too many."""
    if len(files) > MOST_FILES:
        raise InvalidInput(f"{len(files)} files at once are too many; {MOST_FILES} is the most.")
    return tuple(_attachment(name, data) for name, data in files)


def _attachment(name: str, data: bytes) -> Attachment:
    cleaned = clean_filename(name)
    if not data:
        raise InvalidInput(f"{cleaned} is empty. Attach a file with something in it.")
    ending = "." + cleaned.rpartition(".")[2].lower()
    known = "image/png" if is_image(data) else MEDIA_TYPES.get(ending, "application/octet-stream")
    return Attachment(cleaned, known, data)


def for_lane(lane: Lane, files: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """The files as this lane keeps them: what no tool of its server reads becomes text. Raises InvalidInput."""
    return tuple(
        read_attachment(file.filename, file.data) if destination(lane, file) == "message" else file
        for file in files
    )


def destination(lane: Lane, file: Attachment) -> Destination:
    """Where a file goes: tables and pictures to the code interpreter where there is one, others to file search.

    Where no tool reads it, it goes into the message.
    """
    if lane.mode is Mode.CHAT_COMPLETIONS:
        return "message"
    searches, computes = "file_search" in lane.tools, "code_interpreter" in lane.tools
    picture = is_image(file.data)
    if computes and (picture or not searches or file.filename.lower().endswith(TABLES)):
        return "code_interpreter"
    if picture:
        return "picture" if lane.mode is Mode.ASSISTANTS else "message"
    return "file_search" if searches else "message"


def sort_files(lane: Lane, user: Message) -> Sorted:
    """A message's files by where they go in this lane."""
    placed = [(file, destination(lane, file)) for file in user.attachments]
    by_hand = tuple(file for file, where in placed if where == "message")
    return Sorted(
        replace(user, attachments=by_hand),
        tuple((file, where) for file, where in placed if where != "message"),
    )
