"""Any view is drawn, pages can be turned, and a file's text commands nothing."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.source_view import excerpt, numbered_lines, remarks
from services.documents.views.shapes import View
from tests.components.make_sources import CITED, page_view, table_view, text_view


def page() -> None:
    from components import source_view
    from tests.components import make_sources as tests

    source_view.draw(tests.CITED, tests.look, key="here", file=b"%PDF")


def views_page() -> None:
    import streamlit as st

    from components import source_view
    from tests.components import make_sources as tests

    made = {
        "table": tests.table_view,
        "text": tests.text_view,
        "code": lambda: tests.text_view(kind="code", line=4),
    }
    source_view.draw(tests.CITED, lambda place: made[st.query_params["view"]](), key="here")


def started(script: Any = page, **query: str) -> AppTest:
    app = AppTest.from_function(script, default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> list[str]:
    return [element.value for element in app.markdown]


def press(app: AppTest, name: str) -> AppTest:
    app.button(key=f"source-here-{name}").click().run()
    assert not app.exception
    return app


def test_the_page_the_sentence_and_the_file_are_shown() -> None:
    app = started()
    assert texts(app) == [":material/description: **a \\*b\\*\\.pdf**", "> It \\*rose\\*\\.", "Page 2 of 3"]
    (picture,) = app.get("image")
    assert picture.proto.imgs[0].alt == "A page"
    assert app.get("download_button")
    assert not app.caption


def test_pages_can_be_turned_and_turned_back() -> None:
    app = press(started(), "previous")
    assert texts(app)[-1] == "Page 1 of 3"
    assert app.button(key="source-here-previous").disabled
    assert not app.caption  # nobody expects the passage there
    assert texts(press(app, "back"))[-1] == "Page 2 of 3"


def test_a_page_that_cannot_be_shown_leaves_a_way_back() -> None:
    app = press(started(), "next")
    assert [error.value for error in app.error] == ["a.pdf cannot be shown. Download it and open it there."]
    assert texts(press(app, "back"))[-1] == "Page 2 of 3"


def test_rows_are_shown_with_their_numbers() -> None:
    app = started(views_page, view="table")
    frame = app.dataframe[0].value
    assert frame["row"].tolist() == ["1", "▸ 2", "3"]
    assert frame["0"].tolist() == ["P1", "P2", "P3"]
    assert [caption.value for caption in app.caption] == ["Row 2 of 1,204"]


def test_a_text_and_code_are_shown() -> None:
    assert "Before :yellow-background[It rose\\.]\u00a0After" in "".join(
        texts(started(views_page, view="text"))
    )
    assert "▸ 4  Before It rose. After" in started(views_page, view="code").code[0].value


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (page_view(), []),
        (page_view(boxes=()), ["The passage was not found on this page, so nothing is marked."]),
        (
            page_view(boxes=(), has_text=False),
            ["This page is a picture, so nothing can be marked on it."],
        ),
        (page_view(goes_on=True), ["The passage continues on the next page."]),
        (page_view(begins_before=True), ["The passage begins on the page before."]),
        (
            table_view(more_rows=1, more_columns=20),
            ["Row 2 of 1,204", "Not shown: 1 more cited row.", "Not shown: 20 more columns on the right."],
        ),
        (table_view(rows=()), ["The cited rows were not found; these are the first ones."]),
        (text_view(), []),
        (text_view(kind="pptx", page=4), ["Slide 4"]),
        (text_view(kind="markdown", heading="*Two*", line=7), ["\\*Two\\*"]),
        (text_view(kind="code", line=7), ["Line 7"]),
        (
            text_view(kind="pdf", page=2, passage=""),
            ["Page 2", "The passage was not found in the text; this is where the text begins."],
        ),
    ],
)
def test_what_a_person_has_to_know_is_said(view: View, said: list[str]) -> None:
    assert list(remarks(view, CITED)) == said


def test_a_page_somebody_turned_to_needs_no_excuse() -> None:
    assert list(remarks(page_view(boxes=()), CITED, was_turned=True)) == []


def test_an_excerpt_says_where_it_is_cut() -> None:
    assert excerpt(text_view()).startswith("… Before") and excerpt(text_view()).endswith("After …")
    assert excerpt(text_view(is_start=True, is_end=True)).startswith("Before")


def test_an_excerpt_commands_nothing_but_its_headings() -> None:
    view = text_view(before="# One :red[x]\n\n    <b>$1$\n", after="\n| a | b |\nhttps://x", is_start=True)
    assert excerpt(view).split("  \n") == [
        "**One \\:\u2060red\\[x\\]**",
        "",
        "\u00a0\u00a0\u00a0\u00a0\\<b\\>\\$1\\$",
        ":yellow-background[It rose\\.]",
        "\\| a \\| b \\|",
        "https\\:\u2060\\/\\/x …",
    ]


def test_lines_of_code_are_numbered_and_the_cited_ones_signed() -> None:
    view = text_view(kind="code", before="a\nb\n  ", passage="c(\n  d)", after=" # e\nf", line=9)
    assert numbered_lines(view).split("\n") == [
        "   7  a",
        "   8  b",
        "▸  9    c(",
        "▸ 10    d) # e",
        "  11  f",
    ]


def test_json_that_was_laid_out_anew_has_no_numbers() -> None:
    view = text_view(kind="json", before='{\n "a": ', passage="1", after="\n}", line=None)
    assert numbered_lines(view) == '  {\n▸  "a": 1\n  }'
