"""The source of a citation, ready to be drawn: the one entry to this package."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from services.documents.extraction import accepted
from services.documents.filenames import clean_filename
from services.documents.kinds import kind_of
from services.documents.limits import Limits
from services.documents.parts import speakable
from services.documents.reading_process import Message, OutOfTime, ProcessEnded
from services.documents.refusals import TOO_HEAVY_TO_SHOW, TOO_SLOW_TO_SHOW, Unreadable
from services.documents.views.answers import request
from services.documents.views.pages import MAX_PIXELS
from services.documents.views.passages import MAX_QUOTE_CHARACTERS
from services.documents.views.shapes import PageView, Place, TableView, TextView, View
from services.documents.workers import Workers
from services.errors import AppError, InvalidInput

if TYPE_CHECKING:
    from pydantic import TypeAdapter

WIDTH_PX = 1_100
MAX_WIDTH_PX = 4_000
MAX_PNG_BYTES = 32 * 2**20
LIMITS = Limits(cpu_s=20, wall_s=30.0)
"""For the processes that make views: a person is waiting."""

_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"


def view(data: bytes, filename: str, place: Place, workers: Workers, *, width_px: int = WIDTH_PX) -> View:
    """What there is to see of a cited passage: a page of a PDF, rows of a table, or text. The same for the same arguments.

    A PDF that can be read but not drawn is shown as text. The file is opened by one of `workers`, which should be made
    with `LIMITS`. Raises InvalidInput for a file that cannot be shown and for a page that is not there; AppError when no
    process can be started; Cancelled when `workers` are closed meanwhile.
    """
    name = clean_filename(filename)
    try:
        with _written(data) as path, _told_in_words():
            kind = kind_of(path, name)
            wanted = request(_bounded(place), min(width_px, MAX_WIDTH_PX))
            with closing(workers.read(kind, path, threading.Event(), wanted)) as messages:
                seen = _view(accepted(messages))
    except Unreadable as error:
        raise InvalidInput(f"{name} {error.says}", code=error.code) from error
    return replace(seen, alt=_alt(seen, name)) if isinstance(seen, PageView) else seen


@contextmanager
def _written(data: bytes) -> Iterator[Path]:
    with NamedTemporaryFile(prefix="tandem-view-") as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


@contextmanager
def _told_in_words() -> Iterator[None]:
    try:
        yield
    except OutOfTime as error:
        raise Unreadable(TOO_SLOW_TO_SHOW) from error
    except ProcessEnded as error:
        if error.had_started:
            raise Unreadable(TOO_HEAVY_TO_SHOW) from error
        raise AppError(
            "The process that shows files cannot be started. Free some memory and try again."
        ) from error


def _bounded(place: Place) -> Place:
    return replace(place, quote=speakable(place.quote[:MAX_QUOTE_CHARACTERS]))


@cache
def _adapters() -> Mapping[str, TypeAdapter[Any]]:
    from pydantic import TypeAdapter

    return {"page": TypeAdapter(PageView), "table": TypeAdapter(TableView), "text": TypeAdapter(TextView)}


def _view(messages: Iterable[Message]) -> View:
    """What a process sent, if it is what ours send: a parser that was taken over may send anything."""
    seen: View | None = None
    picture = bytearray()
    for message in messages:
        for name, adapter in _adapters().items():
            if name in message:
                seen = _checked(adapter, message[name])
        picture += _decoded(message.get("png", ""))
        if len(picture) > MAX_PNG_BYTES:
            break
    if isinstance(seen, PageView) and _is_picture_of(seen, picture):
        return replace(seen, png=bytes(picture))
    if seen is None or isinstance(seen, PageView):
        raise ProcessEnded(had_started=True)
    return seen


def _decoded(piece: object) -> bytes:
    try:
        return base64.b64decode(str(piece), validate=True)
    except ValueError as error:
        raise ProcessEnded(had_started=True) from error


def _checked(adapter: TypeAdapter[Any], fields: object) -> View:
    from pydantic import ValidationError

    try:
        seen: View = adapter.validate_python(_speakable(fields))
    except ValidationError as error:
        raise ProcessEnded(had_started=True) from error
    return seen


def _speakable(value: Any) -> Any:
    if isinstance(value, str):
        return speakable(value)
    if isinstance(value, list):
        return [_speakable(part) for part in value]
    if isinstance(value, dict):
        return {name: _speakable(part) for name, part in value.items()}
    return value


def _is_picture_of(seen: PageView, png: bytearray) -> bool:
    """Whether it is a PNG, and no larger than it is said to be: nobody is to unpack a bomb."""
    width, height = (int.from_bytes(png[start : start + 4]) for start in (16, 20))
    is_bounded = len(png) <= MAX_PNG_BYTES and width <= MAX_WIDTH_PX + 1 and width * height <= 2 * MAX_PIXELS
    return png.startswith(_PNG) and is_bounded and (width, height) == (seen.width_px, seen.height_px)


def _alt(seen: PageView, name: str) -> str:
    marked = ", with the quoted passage marked" if seen.marked else ""
    return f"Page {seen.page:,} of {seen.page_count:,} of {name}{marked}"
