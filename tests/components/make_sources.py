"""Views of files, and a way to look at them without a file."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

from services.documents.views.shapes import Box, PageView, Place, Row, TableView, TextView, View
from services.errors import InvalidInput
from services.turns import Citation

CITED = Citation("【4:0†a】", 0, 7, "file_1", "a *b*.pdf", "It *rose*.", 2)
MARKED = (Box(0.1, 0.1, 0.9, 0.2),)


def page_view(page: int = 2, boxes: tuple[Box, ...] = MARKED, **fields: Any) -> PageView:
    file = BytesIO()
    Image.new("RGB", (8, 8), "white").save(file, "PNG")
    return PageView(
        page, 3, 8, 8, fields.pop("has_text", True), boxes, png=file.getvalue(), alt="A page", **fields
    )


def text_view(**fields: Any) -> TextView:
    return TextView(
        **{"kind": "text", "before": "Before ", "passage": "It rose.", "after": " After", **fields}
    )


def table_view(**fields: Any) -> TableView:
    rows = tuple(Row(number, (f"P{number}", "*x*"), number == 2) for number in (1, 2, 3))
    return TableView(**{"columns": ("name", "age"), "rows": rows, "row_count": 1204, **fields})


def look(place: Place) -> View:
    """Page 2 is marked; the last one cannot be shown."""
    if place.page == 3:
        raise InvalidInput("a.pdf cannot be shown. Download it and open it there.")
    return page_view(place.page or 2, MARKED if place.page == 2 else ())
