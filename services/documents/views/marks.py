"""A passage on a page: the boxes of its letters joined into lines, and the lines painted over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

Rect = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""

WIDEST_GAP = 2.0  # line heights between two letters of one line; more parts the cells of a table
SHARED_HEIGHT = 0.5
LOOSEST = 3.0  # times the tallest letter; a font that claims more has its height wrong
MARKER = (255, 236, 140)
EDGE = (202, 128, 4)
EDGE_PX = 2
ROUNDING = 0.2  # of a line's height
ROOM = 0.15


def lines(letters: Sequence[tuple[Rect, Rect]], *, is_vertical: bool = False) -> list[Rect]:
    """A rectangle for each line, from the boxes of letters in reading order.

    Each letter has a tight box and a loose one, as high as its line. `is_vertical`: lines run up or down.
    """
    boxes = [loose if _can_be_trusted(letters) else tight for tight, loose in letters]
    if is_vertical:
        return [_widened(_turned(line)) for line in _joined(map(_turned, boxes))]
    return [_widened(line) for line in _joined(boxes)]


def paint(image: Image.Image, boxes: Iterable[Rect]) -> None:
    """Paint over the boxes like a marker pen does: what is dark stays dark. The line below shows on any paper."""
    from PIL import Image, ImageChops, ImageDraw

    for left, top, right, bottom in boxes:
        part = image.crop((round(left), round(top), round(right), round(bottom)))
        painted = ImageChops.multiply(part, Image.new("RGB", part.size, MARKER))
        ImageDraw.Draw(painted).rectangle((0, part.height - EDGE_PX, part.width, part.height), EDGE)
        mask = Image.new("L", part.size)
        radius = ROUNDING * min(part.size)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, part.width - 1, part.height - 1), radius, fill=255)
        image.paste(painted, (round(left), round(top)), mask)


def _widened(line: Rect) -> Rect:
    """A line with a little room around it."""
    room = ROOM * min(line[2] - line[0], line[3] - line[1])
    return line[0] - room, line[1], line[2] + room, line[3] + room / 2


def _can_be_trusted(letters: Sequence[tuple[Rect, Rect]]) -> bool:
    if not letters:
        return True
    tallest = max(_height(tight) for tight, _ in letters)
    return median(_height(loose) for _, loose in letters) <= LOOSEST * tallest


def _joined(letters: Iterable[Rect]) -> list[Rect]:
    joined: list[Rect] = []
    for letter in letters:
        if letter[0] >= letter[2] or letter[1] >= letter[3]:
            continue
        if joined and _goes_on(joined[-1], letter):
            joined[-1] = _around(joined[-1], letter)
        else:
            joined.append(letter)
    return joined


def _goes_on(line: Rect, letter: Rect) -> bool:
    lower_height = min(_height(line), _height(letter))
    shared = min(line[3], letter[3]) - max(line[1], letter[1])
    gap = max(letter[0] - line[2], line[0] - letter[2])  # the second for scripts from right to left
    return shared >= SHARED_HEIGHT * lower_height and gap <= WIDEST_GAP * lower_height


def _around(one: Rect, other: Rect) -> Rect:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _turned(box: Rect) -> Rect:
    return box[1], box[0], box[3], box[2]


def _height(box: Rect) -> float:
    return box[3] - box[1]
