"""Texts kept in blocks are read back by the stretch, with their places."""

from __future__ import annotations

import itertools
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.documents.document import About, Document, Section, pages_of, rows_of
from services.documents.parts import Part, assembled
from services.server.store import texts
from services.storage.api_tables import BlockRow

SMALL_BLOCK = 7
NUMBERS = itertools.count()
MANY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

letters = st.text(st.sampled_from("ab \n\u00e9日😀\ud800"), max_size=60)
spans = st.tuples(st.integers(0, 80), st.integers(0, 80)).map(lambda span: (min(span), max(span)))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that every stretch touches several."""
    monkeypatch.setattr(texts, "BLOCK_CHARACTERS", SMALL_BLOCK)


def key() -> str:
    return f"{next(NUMBERS):064x}"


@MANY
@given(text=letters, span=spans)
def test_a_stretch_is_the_slice_of_the_text(session: Session, text: str, span: tuple[int, int]) -> None:
    row = texts.add(session, "alice", key(), Document("text", text))
    assert texts.read(session, row.number, *span) == text[slice(*span)]
    assert texts.load(session, row) == Document("text", text)


@st.composite
def tables(draw: st.DrawFn) -> Document:
    """A document of records as the readers make one: parts of whole lines, each knowing its first record's number."""
    parts, row = [], 1
    for lines in draw(
        st.lists(st.lists(st.sampled_from(["a", "bb", "", "c d"]), min_size=1, max_size=4), max_size=5)
    ):
        row += draw(st.integers(0, 3))  # records without a word are left out
        parts.append(Part("".join(f"{line}\n" for line in lines), row=row))
        row += len(lines)
    return assembled("csv", parts)


@st.composite
def books(draw: st.DrawFn) -> Document:
    """A document of pages, some of them empty."""
    pages = draw(st.lists(st.sampled_from(["one\n\n", "", "two\nthree\n\n", "x\n\n"]), max_size=7))
    return assembled("pdf", [Part(page, page=number) for number, page in enumerate(pages, 1)])


@MANY
@given(document=st.one_of(tables(), books()), span=spans)
def test_the_place_of_a_stretch_is_that_in_the_whole(
    session: Session, document: Document, span: tuple[int, int]
) -> None:
    start, end = (min(position, len(document.text)) for position in span)
    row = texts.add(session, "alice", key(), document)
    pages = pages_of(document, start, end) or (None, None)
    rows = rows_of(document, start, end) or (None, None)
    assert texts.place(session, row.number, texts.without_text(row), start, end) == {
        "page": pages[0], "last_page": pages[1], "first_row": rows[0], "last_row": rows[1],
    }  # fmt: skip


def test_a_text_is_kept_once_for_an_owner(session: Session) -> None:
    one, again = (texts.add(session, "alice", "k" * 64, Document("text", "word")) for _ in range(2))
    other = texts.add(session, "bob", "k" * 64, Document("text", "word"))
    assert one is again and other.number != one.number
    assert texts.find(session, "alice", "k" * 64) is one
    assert texts.find(session, "carol", "k" * 64) is None


def test_a_deleted_document_leaves_no_block(session: Session) -> None:
    row = texts.add(session, "alice", key(), Document("text", "word " * 20))
    session.delete(row)
    session.flush()
    assert session.scalars(select(BlockRow.ordinal)).all() == []
    assert texts.read(session, row.number, 0, 99) == ""


ABOUT = About("A title", "Ada", "2024-05-31", ((1, "Chapter", 3), (2, "Nowhere", None)))
SECTIONS = (Section(0, 3, page=1), Section(5, 8, page=3, ocr=True))


def test_what_is_known_of_a_document_comes_back_as_it_was(session: Session) -> None:
    document = Document("pdf", "one\n\ntwo", SECTIONS, (4, 5), (6,), ABOUT)
    assert texts.load(session, texts.add(session, "alice", key(), document)) == document


def test_what_was_kept_by_an_earlier_release_is_read(session: Session) -> None:
    row = texts.add(session, "alice", key(), Document("pdf", "one\n\ntwo"))
    row.sections = zlib.compress(b"[[0, 3, 1, null], [5, 8, 3, null]]")
    assert texts.load(session, row) == Document("pdf", "one\n\ntwo", (Section(0, 3, 1), Section(5, 8, 3)))


def test_a_document_gives_way_to_one_of_which_more_was_read(session: Session) -> None:
    before = Document("pdf", "one", (Section(0, 3, page=1),), pictures=(3,))
    after = Document("pdf", "one\n\ntwo words", (Section(0, 3, page=1), Section(5, 14, page=3, ocr=True)))
    row = texts.add(session, "alice", key(), before)
    assert texts.is_as_far(row, before) and not texts.is_as_far(row, after)
    texts.replace(session, row, after)
    session.flush()
    session.expire_all()
    assert texts.load(session, row) == after
    assert texts.is_as_far(row, after)
