"""The reading process: it alone lets a parser touch a file that somebody uploaded.

Requests arrive as JSON lines on stdin, parts leave as JSON lines on stdout. It has no keys in its environment,
may write no file, and ends when stdin does, when a limit is passed, or when much memory is still taken after a document.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from services.documents import unlocking
from services.documents.parts import Part, bounded
from services.documents.readers import about, docx, html, package, pdf, pptx, tables
from services.documents.readers import json as json_reader
from services.documents.refusals import DAMAGED
from services.documents.serving import Message, Send, serve
from services.documents.views import answers as views

PATIENT = 10
"""How nice a process is that recognises text in pictures, which takes long: others come first."""

Reader = Callable[[Path], Iterator[Part]]

READERS: Mapping[str, Reader] = {
    "pdf": pdf.read,
    "docx": docx.read,
    "pptx": pptx.read,
    "html": html.read,
    "json": json_reader.read,
    "jsonl": tables.read_json_lines,
    "csv": tables.read_csv,
    "tsv": tables.read_tsv,
}


def main(readers: Mapping[str, Reader] = READERS) -> None:
    """Answer until stdin ends."""

    def answer(path: Path, request: Message, send: Send) -> Iterator[Message]:
        return _messages(readers, path, request)

    serve(answer, DAMAGED, ends_half_full=True)


def _messages(readers: Mapping[str, Reader], path: Path, request: Message) -> Iterator[Message]:
    kind = package.office_kind(path) if request["kind"] == "office" else request["kind"]
    yield {"kind": kind}
    if "view" in request:
        yield from views.answer(kind, path, request["view"], readers.get(kind))
        return
    if "unlock" in request:
        yield from unlocking.answer(path, request["unlock"])
        return
    if "recognise" in request:
        os.nice(max(0, PATIENT - os.nice(0)))
        parts = pdf.recognise(path, request["recognise"])
    else:
        yield {"about": asdict(about.about(kind, path))}
        parts = readers[kind](path)
    for part in bounded(parts):
        yield {"part": [part.text, part.page, part.row, part.pages, part.is_picture, part.ocr]}


if __name__ == "__main__":
    main()
