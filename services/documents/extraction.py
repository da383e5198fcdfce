"""Text out of files, whatever they are and whoever made them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import get_args

from services.documents.attachments import clean_filename
from services.documents.document import Document, Kind
from services.documents.kinds import PARSED, kind_of
from services.documents.parts import Part, assembled, bounded
from services.documents.plain import read_text
from services.documents.reading_process import Cancelled, Message, OutOfTime, ProcessEnded
from services.documents.refusals import FATAL, ONLY_PICTURES, TOO_SLOW, WITHOUT_WORDS, Unreadable, unsupported
from services.documents.workers import Workers
from services.errors import InvalidInput

MAX_SAID_CHARACTERS = 300

Progress = Callable[[int, int], None]


def extract(
    path: Path,
    filename: str,
    workers: Workers,
    *,
    progress: Progress | None = None,
    cancelled: threading.Event | None = None,
) -> Document:
    """The text of a file and where it stood. What the file is follows from its content, then from `filename`.

    A format that needs a parser is read by one of `workers`. `progress` is called in this thread with pages done and
    pages in all; a file without pages counts as one. Raises InvalidInput with the code `unsupported_file` for a kind
    of file that holds no text for us, `invalid_file` for one that is damaged, protected, empty or past a limit;
    Cancelled within 0.1 s after `cancelled` is set; RuntimeError when no reading process can be started.
    """
    name = clean_filename(filename)
    report = progress or _ignore
    try:
        document = _read(path, name, workers, report, cancelled or threading.Event())
        if not document.text.strip():
            raise Unreadable(ONLY_PICTURES if document.kind == "pdf" else WITHOUT_WORDS)
    except Unreadable as error:
        raise InvalidInput(f"{name} {error.says}", code=error.code) from error
    if not document.sections or document.sections[0].page is None:
        report(1, 1)
    return document


def _read(path: Path, name: str, workers: Workers, report: Progress, cancelled: threading.Event) -> Document:
    kind = kind_of(path, name)
    if cancelled.is_set():
        raise Cancelled
    if kind != "office" and kind not in PARSED:
        return Document(kind, read_text(path))
    try:
        with closing(workers.read(kind, path, cancelled)) as messages:
            kind = _kind(messages)
            return assembled(kind, bounded(_parts(messages, report)))
    except OutOfTime as error:
        raise Unreadable(TOO_SLOW) from error
    except ProcessEnded as error:
        if not error.had_started:
            raise RuntimeError("The process that reads documents cannot be started.") from error
        raise Unreadable(FATAL) from error


def _kind(messages: Iterable[Message]) -> Kind:
    for message in accepted(messages):
        if message.get("kind") in get_args(Kind):
            kind: Kind = message["kind"]
            return kind
    raise ProcessEnded(had_started=True)


def _parts(messages: Iterable[Message], report: Progress) -> Iterator[Part]:
    for message in accepted(messages):
        if "part" in message:
            part = _part(message["part"])
            if part.page is not None:
                report(part.page, part.pages or part.page)
            yield part


def _part(values: object) -> Part:
    """What a process sent, if it is what ours send: a parser that was taken over may send anything."""
    match values:
        case [str(text), int() | None as page, int() | None as row, int() | None as pages]:
            return Part(text, page, row, pages)
        case _:
            raise ProcessEnded(had_started=True)


def accepted(messages: Iterable[Message]) -> Iterator[Message]:
    """The messages, unless one says why the file is not read: Unreadable."""
    for message in messages:
        if "says" in message:
            says = str(message["says"])[:MAX_SAID_CHARACTERS]
            raise unsupported(says) if message.get("code") == "unsupported_file" else Unreadable(says)
        yield message


def _ignore(done: int, total: int) -> None:
    pass
