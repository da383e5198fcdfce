"""Pages of a PDF whose text PDFium gives in an odd order: told apart by its boxes, and put in order letter by letter."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from ctypes import byref
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from services.documents.readers.layout import Line, text_of

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

MAX_BOXES = 3_000
MAX_LETTERS = 40_000
BESIDE = 0.8  # of a line's height lies between two words that are no neighbours in a sentence
UPWARDS = 1.2  # line heights
PROSE_WIDTH = 10.0
USUAL, USUAL_SHARE = 2, 0.1  # lines that are out of order, as where a footer is written first
HYPHENS = (0x02, 0xFFFE)  # where PDFium has joined a divided word
WORD_GAP = 0.25
RIGHT_TO_LEFT = (0x0590, 0x08FF)

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, with `top` less than `bottom`."""


def is_odd(text_page: PdfTextPage, text: str) -> bool:
    """Whether the page is written upwards, across its columns, or sideways.

    What stands beside something else without being prose is a table, which PDFium reads as it was written: cell by
    cell. A page with letters from right to left is left to PDFium, which puts these in order.
    """
    if any(RIGHT_TO_LEFT[0] <= ord(letter) <= RIGHT_TO_LEFT[1] for letter in text[:2000]):
        return False
    count = text_page.count_rects()
    if not 1 < count <= MAX_BOXES or text_page.count_chars() > MAX_LETTERS:
        return False
    rects = map(text_page.get_rect, range(count))
    boxes = [(left, -top, right, -bottom) for left, bottom, right, top in rects]
    odd = sum(_is_upright(box) for box in boxes)
    odd += sum(_goes_back(*pair) or _goes_across(*pair) for pair in pairwise(boxes))
    return bool(odd > max(USUAL, USUAL_SHARE * count))


def ordered(text_page: PdfTextPage) -> str:
    """The text of the page in the order in which a person reads it; what is written sideways comes last."""
    pieces: dict[int, list[Line]] = defaultdict(list)
    for turn, line in _lines(text_page):
        pieces[turn].append(line)
    by_length = sorted(pieces.values(), key=lambda lines: -sum(len(line.text) for line in lines))
    return "\n\n".join(text_of(lines) for lines in by_length)


def _is_upright(box: Box) -> bool:
    left, top, right, bottom = box
    return bottom - top > 4 * (right - left) > 0


def _goes_back(before: Box, box: Box) -> bool:
    """Whether a line stands right above the one before it."""
    height = min(before[3] - before[1], box[3] - box[1])
    is_above = before[1] - box[1] > UPWARDS * height
    return bool(is_above and min(before[2], box[2]) > max(before[0], box[0]))


def _goes_across(before: Box, box: Box) -> bool:
    """Whether a line of prose stands beside another."""
    height = min(before[3] - before[1], box[3] - box[1])
    is_beside = min(before[3], box[3]) > max(before[1], box[1]) and box[0] - before[2] > BESIDE * height
    return is_beside and min(before[2] - before[0], box[2] - box[0]) > PROSE_WIDTH * height


@dataclass(slots=True)
class _Run:
    """Letters that follow each other in a line."""

    turn: int
    box: Box
    letters: list[str]


def _lines(text_page: PdfTextPage) -> Iterator[tuple[int, Line]]:
    """Runs of letters with the quarter turns with the clock that they are written at."""
    run: _Run | None = None
    is_parted = False
    for letter, turn, box in _letters(text_page):
        if box is None:
            is_parted = is_parted or letter != "-"
            if run is not None and letter == "-":
                run.letters.append(letter)
            continue
        gap = _gap(run, turn, box) if run is not None else None
        if run is not None and gap is not None:
            run.letters.append((" " if is_parted or gap > WORD_GAP else "") + letter)
            run.box = _around(run.box, box)
        else:
            if run is not None:
                yield run.turn, Line(*run.box, "".join(run.letters))
            run = _Run(turn, box, [letter])
        is_parted = False
    if run is not None:
        yield run.turn, Line(*run.box, "".join(run.letters))


def _letters(text_page: PdfTextPage) -> Iterator[tuple[str, int, Box | None]]:
    """Each character with its turn, and its box when the line is turned level; None for a blank and for a hyphen."""
    from pypdfium2 import raw

    bounds = raw.FS_RECTF()
    for index in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(text_page, index)
        letter = chr(code) if 0x20 < code < 0xD800 or 0xDFFF < code < 0x110000 else " "
        if letter.isspace() or not raw.FPDFText_GetLooseCharBox(text_page, index, byref(bounds)):
            yield "-" if code in HYPHENS else " ", 0, None
            continue
        turn = round(float(raw.FPDFText_GetCharAngle(text_page, index)) / (math.pi / 2)) % 4
        yield letter, turn, _turned((bounds.left, bounds.bottom, bounds.right, bounds.top), turn)


def _turned(box: tuple[float, float, float, float], turn: int) -> Box:
    """The box in a system whose x runs along the line and whose y runs down."""
    left, bottom, right, top = box
    if turn == 1:
        return -top, -right, -bottom, -left
    if turn == 2:
        return -right, bottom, -left, top
    if turn == 3:
        return bottom, left, top, right
    return left, -top, right, -bottom


def _gap(run: _Run, turn: int, box: Box) -> float | None:
    """How far behind the run a letter stands, in line heights; None when it is not the next one in its line."""
    height = min(run.box[3] - run.box[1], box[3] - box[1])
    shared = min(run.box[3], box[3]) - max(run.box[1], box[1])
    gap = (box[0] - run.box[2]) / max(height, 0.1)
    return gap if turn == run.turn and shared >= height / 2 and -1 < gap < BESIDE else None


def _around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
