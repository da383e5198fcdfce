"""What the reading process answers when it is asked for a view, as messages of a bounded size."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.documents.document import Kind
from services.documents.parts import Part, assembled, bounded
from services.documents.plain import read_text
from services.documents.readers import pdf as pdf_reader
from services.documents.views import pages, tables, texts
from services.documents.views.shapes import PageView, Place

PNG_PIECE_BYTES = 2**20

Reader = Callable[[Path], Iterator[Part]]


def answer(
    kind: Kind, path: Path, wanted: Mapping[str, Any], reader: Reader | None
) -> Iterator[dict[str, Any]]:
    """The view that `request` asks for: its shape's name and fields, then the picture of a page in pieces."""
    place = Place(
        wanted["quote"],
        wanted["page"],
        wanted["last_page"],
        tuple(wanted["rows"]) if wanted["rows"] else None,
    )
    if kind == "pdf" and (seen := _page(path, place, wanted["width_px"])):
        fields = asdict(seen)
        png = fields.pop("png")
        yield {"page": fields}
        for start in range(0, len(png), PNG_PIECE_BYTES):
            yield {"png": base64.b64encode(png[start : start + PNG_PIECE_BYTES]).decode()}
    elif kind in ("csv", "tsv", "jsonl"):
        yield {"table": asdict(tables.view(path, kind, place))}
    else:
        document = assembled(kind, bounded(reader(path) if reader else _as_it_is(path)))
        yield {"text": asdict(texts.view(document, place))}


def request(place: Place, width_px: int) -> dict[str, Any]:
    """A request for `answer`."""
    return {"view": asdict(place) | {"width_px": width_px}}


def _page(path: Path, place: Place, width_px: int) -> PageView | None:
    """None for what PDFium cannot open or load: its text may be read all the same."""
    from pypdfium2 import PdfiumError

    pdf = pdf_reader.opened(path)
    if pdf is None:
        return None
    with closing(pdf):
        try:
            return pages.view(pdf, place, width_px)
        except PdfiumError:
            return None


def _as_it_is(path: Path) -> Iterator[Part]:
    yield Part(read_text(path))
