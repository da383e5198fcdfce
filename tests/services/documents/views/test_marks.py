"""Letters become lines, whatever their order and direction."""

from __future__ import annotations

import pytest

from services.documents.views.marks import Rect, lines

ROOM = pytest.approx(1.8)  # of a line that is 12 high


def letters(*places: tuple[float, float], width: float = 5, height: float = 12) -> list[tuple[Rect, Rect]]:
    """Letters at these upper left corners, their tight boxes lower than their loose ones."""
    return [((x, y + 3, x + width, y + height - 2), (x, y, x + width, y + height)) for x, y in places]


def test_letters_of_a_line_are_one_mark() -> None:
    ((left, top, right, bottom),) = lines(letters((10, 100), (15, 100), (25, 100)))
    assert (10 - left, top, right - 30, bottom) == (ROOM, 100, ROOM, pytest.approx(112.9))


def test_each_line_has_its_own_mark() -> None:
    assert [line[1] for line in lines(letters((90, 100), (95, 100), (10, 114), (15, 114)))] == [100, 114]


def test_a_small_raised_letter_belongs_to_its_line() -> None:
    assert len(lines([*letters((10, 100)), *letters((15, 98), height=7), *letters((18, 100))])) == 1


def test_cells_of_a_table_have_their_own_marks() -> None:
    assert len(lines(letters((10, 100), (15, 100), (100, 100), (105, 100)))) == 2


def test_a_line_may_run_from_right_to_left() -> None:
    assert len(lines(letters((30, 100), (25, 100), (20, 100)))) == 1


def test_a_line_may_run_upwards() -> None:
    upright = letters((10, 100), (15, 100), (10, 114))
    turned = [tuple((box[1], box[0], box[3], box[2]) for box in letter) for letter in upright]
    assert len(lines(turned, is_vertical=True)) == 2  # type: ignore[arg-type]


def test_letters_without_a_box_are_left_out() -> None:
    nothing = ((0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0))
    assert len(lines([nothing, *letters((10, 100)), nothing, *letters((15, 100))])) == 1
    assert lines([nothing]) == lines([]) == []


def test_a_font_that_lies_about_its_height_is_not_believed() -> None:
    honest = letters((10, 100), (15, 100))
    lying = [(tight, (tight[0], tight[1] - 200, tight[2], tight[3] + 200)) for tight, _ in honest]
    ((_, top, _, bottom),) = lines(lying)
    assert (top, bottom) == (103, pytest.approx(110, abs=1))
