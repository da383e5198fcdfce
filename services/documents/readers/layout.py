"""Lines that were found on a page, put into the order in which a person reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

FEWEST_LINES = 3  # on either side of the gap between two columns
MOST_CROSSING = 0.2  # of the lines run across that gap, as titles and wide figures do
PROSE_CHARACTERS = 15  # shorter lines side by side are the cells of a table, which is read row by row
MOSTLY = 0.6  # of a column's characters stand in longer lines: a table may stand in it, too
RUN_ON = 0.25  # of a column's lines begin in the middle of a sentence; cells of a table begin anew
ALIKE = 0.6  # of the longest lines' width is half of a column's lines at least as wide
SAME_ROW = 0.5  # of the lower line's height
PARAGRAPH_GAP = 0.9  # of a line's height
CELL_GAP = 1.5
MOST_COLUMNS = 8

_DIVIDED = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_A-Z])")


@dataclass(frozen=True, slots=True)
class Line:
    """Text in a box; sides in pixels or points, `top` less than `bottom`."""

    left: float
    top: float
    right: float
    bottom: float
    text: str

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Its place between top and bottom of the page."""
        return (self.top + self.bottom) / 2


def text_of(lines: Sequence[Line]) -> str:
    """The text column by column, row by row: a blank line between paragraphs, divided words made whole."""
    blocks = [_block_text(block) for block in _blocks(list(lines), MOST_COLUMNS)]
    return _DIVIDED.sub("", "\n\n".join(blocks))


def _blocks(lines: list[Line], columns: int) -> Iterator[list[Line]]:
    """Stretches of lines that are read from top to bottom, in the order of reading."""
    gap = _gap(lines) if columns > 1 else None
    if gap is None:
        if lines:
            yield lines
        return
    crossing = sorted((line for line in lines if line.left < gap < line.right), key=lambda line: line.middle)
    rest = [line for line in lines if not line.left < gap < line.right]
    above = float("-inf")
    for below in [*crossing, None]:
        band = [line for line in rest if above <= line.middle < (below.middle if below else float("inf"))]
        for side in ([x for x in band if x.right <= gap], [x for x in band if x.left >= gap]):
            yield from _blocks(side, columns - 1)
        if below is not None:
            yield [below]
            above = below.middle


def _gap(lines: Sequence[Line]) -> float | None:
    """Where two columns of prose part; None where there is one column, or a table."""
    best: tuple[float, float] | None = None
    for gap in {line.left for line in lines}:
        left = [line for line in lines if line.right <= gap]
        right = [line for line in lines if line.left >= gap]
        crossing = len(lines) - len(left) - len(right)
        if crossing > MOST_CROSSING * len(lines) or not (_is_column(left) and _is_column(right)):
            continue
        if _share_height(left, right) and (best is None or (crossing, gap) < best):
            best = crossing, gap
    return best[1] if best else None


def _is_column(lines: Sequence[Line]) -> bool:
    prose = [line for line in lines if len(line.text) >= PROSE_CHARACTERS]
    if len(prose) < FEWEST_LINES:
        return False
    characters = sum(len(line.text) for line in lines)
    widths = sorted(line.right - line.left for line in prose)
    is_prose = sum(len(line.text) for line in prose) >= MOSTLY * characters
    is_even = median(widths) >= ALIKE * widths[int(0.9 * (len(widths) - 1))]
    return is_prose and is_even and sum(map(_runs_on, prose)) >= RUN_ON * len(prose)


def _runs_on(line: Line) -> bool:
    """Whether it begins with a small letter, or with one of a script that has none."""
    first = next((letter for letter in line.text if letter.isalpha()), "A")
    return first.islower() or not first.isupper()


def _share_height(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Whether at least one stands beside half of the other."""
    spans = [(min(x.top for x in side), max(x.bottom for x in side)) for side in (left, right)]
    shared = min(spans[0][1], spans[1][1]) - max(spans[0][0], spans[1][0])
    return shared >= 0.5 * min(bottom - top for top, bottom in spans)


def _block_text(lines: Sequence[Line]) -> str:
    rows = _rows(lines)
    pieces: list[str] = []
    for above, row in zip([None, *rows], rows, strict=False):
        if above is not None:
            pieces.append("\n\n" if _is_paragraph(above, row) else "\n")
        pieces.append(_row_text(row))
    return "".join(pieces)


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if rows and _is_beside(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _is_beside(one: Line, other: Line) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    is_apart = one.right <= other.left or other.right <= one.left
    return shared >= SAME_ROW * min(one.height, other.height) and (is_apart or shared >= 0.8 * one.height)


def _row_text(row: Sequence[Line]) -> str:
    """The lines of a row; cells of a table keep a wider space between them."""
    pieces = [row[0].text]
    for before, line in pairwise(row):
        pieces.append("  " if line.left - before.right > CELL_GAP * line.height else " ")
        pieces.append(line.text)
    return "".join(pieces)


def _is_paragraph(above: Sequence[Line], row: Sequence[Line]) -> bool:
    gap = min(line.top for line in row) - max(line.bottom for line in above)
    return gap > PARAGRAPH_GAP * min(line.height for line in (*above, *row))
