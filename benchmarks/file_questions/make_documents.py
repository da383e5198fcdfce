"""Write the PDFs of this set from `sources/`: `python -m benchmarks.file_questions.make_documents`.

A source is a few `key: value` lines, a line `---`, and blocks set apart by blank lines: `#` headings, `- ` lists, `| ` tables,
`> ` boxes, `{hidden}` text in white, `===` a new page (`=== 2` one of two columns), anything else a paragraph. The same
source gives the same bytes with the same releases of ReportLab and Pillow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.lib import colors, pagesizes
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from benchmarks.file_questions.scanned import write_scan

FOLDER = Path(__file__).parent
BOLD = re.compile(r"\*\*(.+?)\*\*")
ITALIC = re.compile(r"(?<!\*)\*(?!\*)(.+?)\*")
WORD = re.compile(r"[a-z]{10,}")
BETWEEN_SYLLABLES = re.compile(r"(?<=[a-z]{3})(?<=[aeiou][bcdfgklmnprst])(?=[bcdfgklmnprst][aeiou][a-z]{2})")
SOFT_HYPHEN = "\xad"
MARGIN = 0.13  # of the width
FONTS = {
    "Helvetica": ("Helvetica", "Helvetica-Bold", "Helvetica-Oblique"),
    "Times": ("Times-Roman", "Times-Bold", "Times-Italic"),
    "Vera": ("Vera", "VeraBd", "VeraIt"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A document before it is set: what its first lines say, and its blocks."""

    told: dict[str, str]
    blocks: tuple[str, ...]

    @property
    def title(self) -> str:
        """The title, as the metadata and the running head have it."""
        return self.told["title"]


def read_source(path: Path) -> Source:
    """The source in a file."""
    head, _, body = path.read_text("utf-8").partition("\n---\n")
    told = dict(line.split(": ", 1) for line in head.splitlines())
    return Source(told, tuple(block.strip("\n") for block in re.split(r"\n\s*\n", body) if block.strip()))


def write(path: Path, target: Path) -> None:
    """Make the PDF of one source."""
    source = read_source(path)
    if "scanned" in source.told:
        write_scan(source.title, source.blocks, target)
    else:
        _Document(source, target).build()


class _Document:
    def __init__(self, source: Source, target: Path) -> None:
        self._source = source
        self._size = float(source.told.get("size", "10.5"))
        self._fonts = FONTS[source.told.get("font", "Helvetica")]
        self._hyphenates = "hyphens" in source.told
        if self._fonts[0] == "Vera":
            _register_vera()
        self._template = _Template(
            str(target),
            pagesize=getattr(pagesizes, source.told.get("paper", "A4")),
            title=source.title,
            author=source.told.get("author", ""),
            invariant=1,
            pageCompression=1,
        )

    def build(self) -> None:
        first = self._source.told.get("columns", "1")
        order = sorted(("1", "2"), key=lambda columns: columns != first)
        self._template.addPageTemplates([self._page(columns) for columns in order])
        self._template.build([flowable for block in self._source.blocks for flowable in self._set(block)])

    def _page(self, columns: str) -> PageTemplate:
        width, height = self._template.pagesize
        margin, gap = MARGIN * width, 6 * mm
        each = (width - 2 * margin - (int(columns) - 1) * gap) / int(columns)
        frames = [
            Frame(margin + n * (each + gap), 22 * mm, each, height - 44 * mm, 0, 0, 0, 0)
            for n in range(int(columns))
        ]
        return PageTemplate(columns, frames, onPage=self._furniture)

    def _furniture(self, canvas: Any, _: Any) -> None:
        """Running head and page number."""
        width, height = self._template.pagesize
        canvas.setFont(self._fonts[0], 8)
        canvas.drawString(
            MARGIN * width, height - 14 * mm, self._source.told.get("header", self._source.title)
        )
        canvas.drawCentredString(width / 2, 12 * mm, str(canvas.getPageNumber()))

    def _set(self, block: str) -> Iterator[Flowable]:
        first, _, rest = block.partition(" ")
        if block.startswith("==="):
            yield from ([NextPageTemplate(rest)] if rest else [])
            yield PageBreak()
        elif first in ("#", "##", "###"):
            yield self._heading(len(first), rest)
        elif block.startswith(("- ", "1. ")):
            yield from self._list(block.splitlines())
        elif block.startswith(("| ", "{widths")):
            yield self._table(block.splitlines())
            yield Spacer(1, self._size)
        else:
            yield Paragraph(self._inline(_unmarked(block)), self._style_of(block))

    def _style_of(self, block: str) -> ParagraphStyle:
        looks: dict[str, dict[str, Any]] = {
            ">": {
                "borderWidth": 0.8,
                "borderColor": colors.black,
                "borderPadding": 5,
                "spaceBefore": 8,
                "spaceAfter": 12,
            },
            "{hidden}": {"fontSize": 4, "leading": 5, "textColor": colors.white},
            "{center}": {"alignment": TA_CENTER},
            "{small}": {"fontSize": self._size - 2, "leading": self._size},
        }
        look = looks.get(block.split(" ", 1)[0], {})
        return self._style(**({"alignment": TA_JUSTIFY} if self._hyphenates else {}) | look)

    def _style(self, **more: Any) -> ParagraphStyle:
        given = {
            "fontName": self._fonts[0],
            "fontSize": self._size,
            "leading": 1.45 * self._size,
            "spaceAfter": 0.6 * self._size,
        }
        return ParagraphStyle("set", **(given | more))

    def _heading(self, level: int, text: str) -> Paragraph:
        size = self._size + (8, 4, 1)[level - 1]
        heading = Paragraph(
            self._inline(text),
            self._style(
                fontName=self._fonts[1],
                fontSize=size,
                leading=1.2 * size,
                spaceBefore=0.8 * size,
                keepWithNext=1,
            ),
        )
        heading.outline = (level - 1, text)
        return heading

    def _list(self, lines: Iterable[str]) -> Iterator[Paragraph]:
        for line in lines:
            mark, _, text = line.partition(" ")
            style = self._style(leftIndent=16, bulletIndent=2, spaceAfter=3)
            yield Paragraph(self._inline(text), style, bulletText="•" if mark == "-" else mark)
        yield Spacer(1, 0.4 * self._size)

    def _table(self, lines: list[str]) -> Table:
        shares = [float(n) for n in lines.pop(0)[8:-1].split()] if lines[0].startswith("{widths") else []
        rows = [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in lines]
        small = {"fontSize": self._size - 1.5, "leading": 1.2 * self._size, "spaceAfter": 0}
        bold = self._style(fontName=self._fonts[1], **small)
        cells = [
            [Paragraph(self._inline(cell), self._style(**small) if number else bold) for cell in row]
            for number, row in enumerate(rows)
        ]
        widths = [f"{100 * share / sum(shares):.3f}%" for share in shares] or None
        looks = TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
        return Table(cells, colWidths=widths, style=looks, repeatRows=1)

    def _inline(self, text: str) -> str:
        text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
        if self._hyphenates:
            text = WORD.sub(lambda word: BETWEEN_SYLLABLES.sub(SOFT_HYPHEN, word.group()), text)
        text = BOLD.sub(rf'<font name="{self._fonts[1]}">\1</font>', text)
        return ITALIC.sub(rf'<font name="{self._fonts[2]}">\1</font>', text)


class _Template(BaseDocTemplate):
    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802, ReportLab's name
        """Enter headings in the outline."""
        if entry := getattr(flowable, "outline", None):
            level, text = entry
            key = f"{self.page}-{text}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(text, key, level)


def _unmarked(block: str) -> str:
    return re.sub(r"^(> |\{\w+\} )", "", block)


@cache
def _register_vera() -> None:
    """The free typeface that comes with ReportLab, embedded in the file."""
    for name in FONTS["Vera"]:
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))


if __name__ == "__main__":
    for source_path in sorted((FOLDER / "sources").glob("*.md")):
        write(source_path, FOLDER / "documents" / f"{source_path.stem}.pdf")
