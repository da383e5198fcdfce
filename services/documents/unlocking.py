"""PDFs that open with a password only, saved without one."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from services.documents.extraction import accepted, told_in_words
from services.documents.filenames import clean_filename
from services.documents.reading_process import ProcessEnded
from services.documents.refusals import DAMAGED, DOES_NOT_OPEN, Unreadable
from services.documents.workers import Workers
from services.errors import InvalidInput

MAX_PASSWORD_CHARACTERS = 1_000
PIECE_BYTES = 2**20


def unlocked(data: bytes, filename: str, password: str, workers: Workers) -> bytes:
    """The PDF without its password, made by one of `workers`; the same PDF where it has none.

    It is unlocked before it is uploaded, so that no server ever learns the password, and the pages can be read and
    shown later without asking again. Raises InvalidInput with the code `password_needed` for a wrong password,
    `invalid_file` for what is no PDF, is damaged, or passes a limit.
    """
    more = {"unlock": password[:MAX_PASSWORD_CHARACTERS]}
    try:
        with NamedTemporaryFile(prefix="tandem-unlock-") as file, told_in_words():
            file.write(data)
            file.flush()
            with closing(workers.read("pdf", Path(file.name), threading.Event(), more)) as messages:
                made = b"".join(_pieces(accepted(messages)))
        if not made.startswith(b"%PDF-"):
            raise Unreadable(DAMAGED)
    except Unreadable as error:
        raise InvalidInput(f"{clean_filename(filename)} {error.says}", code=error.code) from error
    return made


def answer(path: Path, password: str) -> Iterator[dict[str, Any]]:
    """The same in the reading process, as messages of a bounded size."""
    from pypdfium2 import PdfDocument, PdfiumError, raw

    try:
        pdf = PdfDocument(path, password=password)
    except PdfiumError as error:
        is_wrong = error.err_code == raw.FPDF_ERR_PASSWORD
        raise Unreadable(*(DOES_NOT_OPEN, "password_needed") if is_wrong else (DAMAGED,)) from error
    file = BytesIO()
    with closing(pdf):
        pdf.save(file, flags=raw.FPDF_REMOVE_SECURITY)
    view = file.getbuffer()
    for start in range(0, len(view), PIECE_BYTES):
        yield {"unlocked": base64.b64encode(view[start : start + PIECE_BYTES]).decode()}


def _pieces(messages: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for message in messages:
        try:
            yield base64.b64decode(str(message.get("unlocked", "")), validate=True)
        except ValueError as error:
            raise ProcessEnded(had_started=True) from error
