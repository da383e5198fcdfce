"""A hostile file costs one view; what a lost process says is not believed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from services.documents.limits import Limits
from services.documents.reading_process import Cancelled
from services.documents.views import view as views
from services.documents.views.shapes import Place, TextView
from services.documents.views.view import view
from services.documents.workers import Workers
from services.errors import AppError, InvalidInput
from tests.services.documents import files
from tests.services.documents.test_extraction import picture
from tests.services.documents.views.conftest import Seen

HOSTILE = "tests.services.documents.hostile_worker"
SMALL = views.WIDTH_PX


@pytest.fixture
def hostile() -> Iterator[Workers]:
    with Workers(limits=Limits(memory_bytes=2**29, cpu_s=1, wall_s=20), module=HOSTILE) as workers:
        yield workers


PNG_BOMB = (
    '{"page": {"page": 1, "page_count": 1, "width_px": %d, "height_px": %d, "has_text": true}}\n'
    '{"png": "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAA"}\n{"end": true}'
)


@pytest.mark.parametrize(
    ("deed", "hint"),
    [
        ("crash", "takes too much memory. Download"),
        ("much memory", "takes too much memory. Download"),
        ("loop", "takes too long to show. Download"),
        ("writing", "may be damaged"),
        ("no json", "takes too much memory"),
        ("[]", "takes too much memory"),
        ('say {"page": {}}', "takes too much memory"),
        ('say {"text": {"kind": "exe", "before": "", "passage": "", "after": ""}}', "takes too much memory"),
        ('say {"table": {"columns": 1, "rows": [], "row_count": 1}}', "takes too much memory"),
        ('say {"png": "!"}', "takes too much memory"),
        ('say {"end": true}', "takes too much memory"),
        ("say " + PNG_BOMB % (9, 9), "takes too much memory"),
        ("say " + PNG_BOMB % (100_000, 100_000), "takes too much memory"),
        ('say {"says": "is no file of ours."}', "is no file of ours"),
    ],
)
def test_a_hostile_file_costs_one_view(hostile: Workers, deed: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint) as caught:
        view(b"<html>" + deed.encode(), "a.html", Place(), hostile)
    assert caught.value.user_message.startswith("a.html ")
    following = view(b"<html>the next one", "a.html", Place("next"), hostile)
    assert isinstance(following, TextView) and following.passage == "next"


def test_a_picture_as_large_as_it_says_is_taken(hostile: Workers) -> None:
    seen = view(("<html>say " + PNG_BOMB % (8, 8)).encode(), "a.html", Place(), hostile)
    assert getattr(seen, "alt", "") == "Page 1 of 1 of a.html"


def test_a_process_that_cannot_start_is_no_fault_of_the_file() -> None:
    with Workers(module="no.such.module") as workers, pytest.raises(AppError, match="cannot be started"):
        view(b"text", "a.txt", Place(), workers)


def test_closing_ends_the_wait(tmp_path: Path) -> None:
    workers = Workers(limits=views.LIMITS)
    workers.close()
    with pytest.raises(Cancelled):
        view(b"text", "a.txt", Place(), workers)


@pytest.mark.parametrize(
    ("name", "data", "hint"),
    [
        ("a.png", picture("PNG"), "is a picture"),
        ("a.xlsx", files.package({"xl/workbook.xml": "<w/>"}, "xl/workbook.xml"), "Save it as CSV"),
        ("a.docx", b"\0\1\2\3" * 99, "damaged"),
        ("a.txt", " \n ", "is empty"),
        ("../../etc/\u202epasswd.txt", "", "^passwd.txt is empty"),
    ],
)
def test_what_cannot_be_shown_gets_a_sentence(seen: Seen, name: str, data: bytes | str, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint):
        seen(name, data)


def test_a_quote_of_any_length_is_taken(seen: Seen) -> None:
    data = "word " * 10_000
    found = seen("a.txt", data, quote=data)
    assert isinstance(found, TextView) and found.found
    assert isinstance(seen("a.txt", data, quote="\ud800\x00word"), TextView)


def test_no_file_is_left_behind(seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen("a.pdf", files.pdf(["x"]))
    assert list(tmp_path.glob("tandem-view-*")) == []


def test_the_width_of_a_picture_is_bounded(seen: Seen) -> None:
    wide = seen("a.pdf", files.pdf(["x"]), width_px=10**9)
    assert getattr(wide, "width_px", 0) <= views.MAX_WIDTH_PX
    assert Image.MAX_IMAGE_PIXELS and wide.width_px * wide.height_px < Image.MAX_IMAGE_PIXELS  # type: ignore[union-attr]
