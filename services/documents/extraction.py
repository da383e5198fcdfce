"""Text out of files, whatever they are and whoever made them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from services.documents.document import MAX_BOOKMARKS, MAX_TITLE_CHARACTERS, About, Document, Kind
from services.documents.filenames import clean_filename
from services.documents.kinds import PARSED, kind_of
from services.documents.limits import Limits
from services.documents.parts import Part, assembled, bounded, speakable, with_pages
from services.documents.plain import read_text
from services.documents.reading_process import Cancelled, Message, OutOfTime, ProcessEnded
from services.documents.refusals import FATAL, ONLY_PICTURES, TOO_SLOW, WITHOUT_WORDS, Code, Unreadable
from services.documents.workers import Workers
from services.errors import InvalidInput

log = logging.getLogger("tandem.documents")

MAX_SAID_CHARACTERS = 300
MOST_RECOGNISED = 1_000
"""So many pages of a document are recognised; what is left of a longer scan is `unread`."""
OCR_LIMITS = Limits(memory_bytes=2 * 2**30, cpu_s=300, wall_s=1200.0)
"""For the processes that recognise a few pages at a time: a page of a book takes 4 s, one of a newspaper 25 s."""

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

    A format that needs a parser is read by one of `workers`. Pages that are pictures are named in `pictures` of what
    comes back: `recognised` reads them, which takes seconds for each. `progress` is called in this thread with pages
    done and pages in all; a file without pages counts as one. Raises InvalidInput with the code `unsupported_file`
    for a kind of file that holds no text for us, `password_needed` for one that is locked, `invalid_file` for one that
    is damaged, empty or past a limit; Cancelled within 0.1 s after `cancelled` is set; RuntimeError when no reading
    process can be started.
    """
    name = clean_filename(filename)
    report = progress or _ignore
    try:
        document = _read(path, name, workers, report, cancelled or threading.Event())
        if not document.text.strip() and not document.pictures:
            raise Unreadable(WITHOUT_WORDS)
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
    with told_in_words(), closing(workers.read(kind, path, cancelled)) as messages:
        kind = _kind(messages)
        about: list[About] = []
        document = assembled(kind, bounded(_parts(messages, report, about)))
        return replace(
            document,
            pictures=document.pictures[:MOST_RECOGNISED],
            unread=document.pictures[MOST_RECOGNISED:],
            about=about[-1] if about else About(),
        )


def recognised(
    path: Path,
    filename: str,
    document: Document,
    pages: Sequence[int],
    workers: Workers,
    *,
    cancelled: threading.Event | None = None,
) -> Document:
    """`document` with the text in the pictures of some of its pages; `workers` should be made with OCR_LIMITS.

    A page that cannot be read within the limits takes the others with it: they count as `unread`. Raises InvalidInput
    when no page is left to be recognised and there is no text at all; Cancelled and RuntimeError as `extract` does.
    """
    more = {"recognise": list(pages)}
    read: dict[int, Part] = {}
    try:
        with (
            told_in_words(),
            closing(workers.read("pdf", path, cancelled or threading.Event(), more)) as messages,
        ):
            _kind(messages)
            for part in bounded(_parts(messages, _ignore, [])):
                if part.page is not None and part.page in pages:
                    read[part.page] = part
    except Unreadable:
        log.info("pages left unread: %d", len(set(pages) - read.keys()))
    document = with_pages(document, read, pages)
    if not document.text and not document.pictures:
        raise InvalidInput(f"{clean_filename(filename)} {ONLY_PICTURES}", code="invalid_file")
    return document


@contextmanager
def told_in_words() -> Iterator[None]:
    """What befalls a reading process, as Unreadable; RuntimeError when none can be started."""
    try:
        yield
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


def _parts(messages: Iterable[Message], report: Progress, about: list[About]) -> Iterator[Part]:
    for message in accepted(messages):
        if "about" in message:
            about.append(_about(message["about"]))
        if "part" in message:
            part = _part(message["part"])
            if part.page is not None:
                report(part.page, part.pages or part.page)
            yield part


def _about(values: object) -> About:
    from pydantic import TypeAdapter, ValidationError

    try:
        about = TypeAdapter(About).validate_python(values)
        outline = tuple((level, _line(title), page) for level, title, page in about.outline[:MAX_BOOKMARKS])
        return About(_line(about.title), _line(about.author), _line(about.created), outline)
    except ValidationError as error:
        raise ProcessEnded(had_started=True) from error


def _line(text: str) -> str:
    return speakable(text)[:MAX_TITLE_CHARACTERS]


def _part(values: object) -> Part:
    """What a process sent, if it is what ours send: a parser that was taken over may send anything."""
    match values:
        case [
            str(text),
            int() | None as page,
            int() | None as row,
            int() | None as pages,
            bool(is_picture),
            bool(ocr),
        ]:
            return Part(text, page, row, pages, is_picture, ocr)
        case _:
            raise ProcessEnded(had_started=True)


def accepted(messages: Iterable[Message]) -> Iterator[Message]:
    """The messages, unless one says why the file is not read: Unreadable."""
    for message in messages:
        if "says" in message:
            codes: dict[Any, Code] = {code: code for code in get_args(Code)}
            code = codes.get(message.get("code"), "invalid_file")
            raise Unreadable(str(message["says"])[:MAX_SAID_CHARACTERS], code)
        yield message


def _ignore(done: int, total: int) -> None:
    pass
