"""Where a cited passage stands in its file, and what can be shown of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.documents.document import Kind


@dataclass(frozen=True, slots=True)
class Place:
    """A passage of a file. `page` and `last_page` count from 1, `rows` are the first and last record, from 1.

    A passage that was found by a search may begin on any of its pages; the view shows the one with the quote.
    """

    quote: str = ""
    page: int | None = None
    last_page: int | None = None
    rows: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, as shares of its width and height from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class PageView:
    """A page as a picture (PNG), the passage painted over like with a marker pen.

    `boxes` are what is painted: a rectangle for each line of the passage. `begins_before` and `goes_on` tell that
    the passage runs over from the page before, or to the next one. Without `has_text` nothing could be found.
    """

    page: int
    page_count: int
    width_px: int
    height_px: int
    has_text: bool
    boxes: tuple[Box, ...] = ()
    begins_before: bool = False
    goes_on: bool = False
    png: bytes = field(default=b"", repr=False)
    alt: str = ""

    @property
    def marked(self) -> bool:
        """Whether the passage was found on the page."""
        return bool(self.boxes)


@dataclass(frozen=True, slots=True)
class Row:
    """A record of a table, its cells cut to a bounded length."""

    number: int
    cells: tuple[str, ...]
    is_cited: bool


@dataclass(frozen=True, slots=True)
class TableView:
    """The cited rows of a table and their neighbours. `columns` are unnamed where the table has no header.

    `more_columns` and `more_rows` count what is left out on the right and at the end of the cited rows.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    row_count: int
    more_columns: int = 0
    more_rows: int = 0

    @property
    def found(self) -> bool:
        """Whether it is known which rows are meant; if not, these are the first ones."""
        return any(row.is_cited for row in self.rows)


@dataclass(frozen=True, slots=True)
class TextView:
    """The passage as it stands in the text, with some of what surrounds it.

    Where it is not found, `passage` is empty and `after` is the beginning of the page or text. `line` counts from 1
    and is there for texts that are written line by line.
    """

    kind: Kind
    before: str
    passage: str
    after: str
    page: int | None = None
    heading: str = ""
    line: int | None = None
    is_start: bool = False
    is_end: bool = False

    @property
    def found(self) -> bool:
        """Whether the passage was found in the text."""
        return bool(self.passage)


View = PageView | TableView | TextView
