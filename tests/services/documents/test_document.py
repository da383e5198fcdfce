from services.documents.document import Document, Section, page_at, pages_of, row_at, rows_of
from services.documents.parts import MAX_PART_CHARACTERS, Part, assembled, bounded

PAGES = Document("pdf", "one\n\ntwo\n\nfour", (Section(0, 3, 1), Section(5, 8, 2), Section(10, 14, 4)))
ROWS = Document("csv", "a\nb\nc\nd\n", (Section(0, 3, row=1), Section(4, 7, row=3)))


def test_each_character_has_its_page() -> None:
    assert [page_at(PAGES, position) for position in (0, 3, 4, 5, 9, 10, 13)] == [1, 1, 1, 2, 2, 4, 4]


def test_a_span_has_its_first_and_last_page() -> None:
    assert pages_of(PAGES, 0, 5) == (1, 1)
    assert pages_of(PAGES, 0, 6) == (1, 2)
    assert pages_of(PAGES, 6, 14) == (2, 4)


def test_each_line_of_a_section_is_the_next_record() -> None:
    assert [row_at(ROWS, position) for position in range(8)] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert rows_of(ROWS, 2, 5) == (2, 3)
    assert rows_of(ROWS, 0, 2) == (1, 1)


def test_a_document_without_pages_or_records_has_none() -> None:
    text = Document("text", "word")
    assert (page_at(text, 0), row_at(text, 0), pages_of(text, 0, 4), rows_of(text, 0, 4)) == (None,) * 4
    assert row_at(PAGES, 0) is None and page_at(ROWS, 0) is None


def test_parts_become_sections_without_the_space_between_them() -> None:
    parts = [Part("one\n\n", page=1), Part("", page=2), Part("three", page=3), Part(" more\n\n", page=3)]
    document = assembled("pdf", parts)
    assert document.text == "one\n\nthree more"
    assert document.sections == (Section(0, 3, 1), Section(5, 15, 3))


def test_a_long_part_travels_in_pieces_and_stays_one_section() -> None:
    length = 2 * MAX_PART_CHARACTERS + 5
    pieces = list(bounded([Part("x" * length, page=7), Part("y", page=8)]))
    assert len(pieces) == 4
    assert assembled("pdf", pieces).sections == (Section(0, length, 7), Section(length, length + 1, 8))


def test_control_characters_and_halves_of_characters_are_dropped() -> None:
    (part,) = bounded([Part("a\x00b\x0cc\ud800d\ufffe\ne\t")])
    assert part.text == "abcd\ne\t"
