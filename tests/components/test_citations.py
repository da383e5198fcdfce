"""Numbers for markers, and chips with the same numbers."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.citations import number_markers, place_of, sources
from components.markdown import JOINER, to_markdown
from services.documents.views.shapes import Place
from services.turns import Citation

TEXT = "It rose.【4:0†a.pdf】 It fell【4:1†b.csv】, and rose again.【4:0†a.pdf】【4:2†a.pdf】"


def citation(marker: str, text: str = TEXT, after: int = 0, **place: Any) -> Citation:
    start = text.index(marker, after)
    name = marker.strip("【】").partition("†")[2]
    return Citation(marker, start, start + len(marker), f"file-{name}", name, **place)


CITATIONS = [
    citation("【4:0†a.pdf】", quote="It rose.", page=3, last_page=4),
    citation("【4:1†b.csv】", quote="x: 1", rows=(31, 60)),
    citation("【4:0†a.pdf】", after=20, quote="It rose.", page=3, last_page=4),
    citation("【4:2†a.pdf】", quote="Once more.", page=9),
]


def shown(text: str) -> str:
    return text.replace(JOINER, "")


def test_the_same_passage_has_the_same_number() -> None:
    assert sources(CITATIONS) == (CITATIONS[0], CITATIONS[1], CITATIONS[3])
    assert shown(number_markers(TEXT, CITATIONS)) == "It rose. [1] It fell [2], and rose again. [1] [3]"


def test_a_number_after_the_same_number_is_left_out() -> None:
    text = "One【4:0†a】 【4:0†a】【4:0†a】. Two【4:0†a】"
    at = [index for index in range(len(text)) if text.startswith("【", index)]
    citations = [Citation("【4:0†a】", start, start + 7, "f", "a") for start in at]
    assert shown(number_markers(text, citations)) == "One [1]. Two [1]"


def test_citations_may_come_in_any_order() -> None:
    assert shown(number_markers(TEXT, CITATIONS[::-1])) == "It rose. [2] It fell [3], and rose again. [2] [1]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("【4:0†a】", "[1]"),
        ("(【4:0†a】)", "([1])"),
        ("so\n【4:0†a】", "so\n[1]"),
        ("so 【4:0†a】.", "so [1]."),
    ],
)
def test_a_space_parts_a_number_from_words_only(text: str, expected: str) -> None:
    assert shown(number_markers(text, [citation("【4:0†a】", text)])) == expected


def test_a_marker_that_moved_is_found_and_one_that_is_gone_is_not_missed() -> None:
    moved = [Citation("【4:0†a】", 3, 10, "f", "a"), Citation("【9:9†b】", 0, 7, "g", "b")]
    assert shown(number_markers("Some words before it【4:0†a】.", moved)) == "Some words before it [1]."
    assert number_markers("Nothing", moved) == "Nothing"


def test_only_the_citations_of_a_reply_are_looked_for_but_all_are_counted() -> None:
    first = Citation("【4:0†a】", 0, 7, "f", "a", reply=0)
    second = Citation("【8:0†b】", 0, 7, "g", "b", reply=2)
    assert shown(number_markers("【8:0†b】", [first, second], reply=2)) == "[2]"
    assert number_markers("【8:0†b】", [first, second], reply=0) == "【8:0†b】"


@pytest.mark.parametrize(
    "after", ["(https://evil.example)", ": https://evil.example", "[x]", "[1]: https://evil.example"]
)
def test_a_number_never_becomes_a_link(after: str) -> None:
    written = to_markdown(number_markers(f"【4:0†a】{after}", [Citation("【4:0†a】", 0, 7, "f", "a")]))
    assert written.startswith(f"[{JOINER}1]{JOINER}")


def test_a_text_without_citations_stays_as_it_is() -> None:
    assert number_markers(TEXT, []) == TEXT


def test_a_citation_tells_its_place() -> None:
    assert place_of(CITATIONS[0]) == Place("It rose.", 3, 4)
    assert place_of(CITATIONS[1]) == Place("x: 1", rows=(31, 60))
    assert place_of(Citation("", 0, 0, "f", "a")) == Place()


def page() -> None:
    import streamlit as st

    from components import citations
    from tests.components.test_citations import CITATIONS

    clicked = citations.chips(CITATIONS, key="turn_1")
    if clicked:
        st.write(f"clicked {clicked.filename} {clicked.page}")
    st.button("else")


def test_a_chip_names_number_file_and_place() -> None:
    (pills,) = AppTest.from_function(page, default_timeout=30).run().pills
    assert [shown(label) for label in pills.options] == [
        "**1** a\\.pdf · pages 3–4",
        "**2** b\\.csv · rows 31–60",
        "**3** a\\.pdf · page 9",
    ]


def test_a_click_is_told_once_and_can_be_repeated() -> None:
    app = AppTest.from_function(page, default_timeout=30).run()
    for _ in range(2):
        app.pills[0].set_value(3).run()
        assert [m.value for m in app.markdown] == ["clicked a.pdf 9"]
        assert app.pills[0].value is None
        app.button[0].click().run()
        assert not app.markdown


def test_a_long_name_keeps_its_beginning_and_its_ending() -> None:
    from components.citations import _shortened

    short = _shortened("a very long name of a report that somebody wrote in 1897.pdf")
    assert short == "a very long name of a…n 1897.pdf"
    assert _shortened("short.pdf") == "short.pdf"
