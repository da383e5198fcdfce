"""The source of a citation: the page with the passage marked, the rows of the table, or the text around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import streamlit as st

from components import figures, state
from components.citations import passage, place_of
from components.failures import show
from components.plain import plain, plain_lines
from services.documents.views.shapes import PageView, Place, TableView, TextView, View
from services.errors import AppError
from services.turns import Citation

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

MARKER = "yellow"
MARKED_ROW = "background-color: #fdeb9c; color: #14171d"  # on light and dark alike, as on the pages of a PDF
MAX_QUOTE_CHARACTERS = 600
LOADING_HEIGHT_PX = 420
DIALOG_WIDTH_PX = 900
NOT_ON_PAGE = "The passage was not found on this page, so nothing is marked."
PICTURE_ONLY = "This page is a picture, so nothing can be marked on it."

AS_CODE = ("code", "json")
CODE_LINES_AROUND = 10
SIGN = "▸"
HEADING = re.compile(r"^(?:\\#){1,6} (.*\S)", re.MULTILINE)

Look = Callable[[Place], View]
"""Gives what there is to see of a place in the cited file; may raise AppError."""


@st.dialog("Source", icon=":material/format_quote:", width=DIALOG_WIDTH_PX)
def show_dialog(citation: Citation, look: Look, file: bytes | None = None) -> None:
    """The source of a citation, above everything else."""
    draw(citation, look, key="dialog", file=file)


def draw(citation: Citation, look: Look, *, key: str, file: bytes | None = None) -> None:
    """The quoted sentence and the place where it stands. Pages of a PDF can be turned; `file` can be downloaded.

    `key` tells this place on the page from others that show a source.
    """
    st.markdown(f":material/description: **{plain(citation.filename)}**")
    if citation.quote:
        st.markdown(f"> {plain(_cut(citation.quote, MAX_QUOTE_CHARACTERS))}")
    turned_to = _turned_to(citation, key)
    controls = st.container()
    try:
        with st.skeleton(height=LOADING_HEIGHT_PX):
            view = look(Place(citation.quote or "", turned_to) if turned_to else place_of(citation))
    except AppError as error:
        show(error)
        if turned_to:
            _draw_way_back(citation, key)
    else:
        with controls:
            _draw_controls(view, citation, key)
        _draw_view(view)
    if file is not None:
        _draw_download(citation, file, key)


def _draw_controls(view: View, citation: Citation, key: str) -> None:
    turned_to = _turned_to(citation, key)
    if isinstance(view, PageView):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _draw_turner("Previous", citation, key, view.page - 1)
            _draw_turner("Next", citation, key, (view.page + 1) % (view.page_count + 1))
            st.markdown(f"Page {view.page:,} of {view.page_count:,}", width="content")
            if turned_to:
                _draw_way_back(citation, key)
    for remark in remarks(view, citation, was_turned=turned_to is not None):
        st.caption(remark)


def remarks(view: View, citation: Citation, *, was_turned: bool = False) -> Iterator[str]:
    """What is to be said of a view, each in a sentence or less."""
    match view:
        case PageView(marked=False):
            if citation.quote and not was_turned:
                yield NOT_ON_PAGE if view.has_text else PICTURE_ONLY
        case PageView():
            if view.begins_before:
                yield "The passage begins on the page before."
            if view.goes_on:
                yield "The passage continues on the next page."
        case TableView():
            yield from _of_table(view)
        case TextView():
            yield from _of_text(view)


def _of_table(view: TableView) -> Iterator[str]:
    cited = [row.number for row in view.rows if row.is_cited]
    if cited:
        yield f"{figures.span('Row', cited[0], cited[-1])} of {view.row_count:,}"
    else:
        yield "The cited rows were not found; these are the first ones."
    if view.more_rows:
        yield f"Not shown: {figures.counted(view.more_rows, 'more cited row')}."
    if view.more_columns:
        yield f"Not shown: {figures.counted(view.more_columns, 'more column')} on the right."


def _of_text(view: TextView) -> Iterator[str]:
    where = [
        f"{'Slide' if view.kind == 'pptx' else 'Page'} {view.page:,}" if view.page else "",
        plain(view.heading),
        f"Line {view.line:,}" if view.line and view.found and view.kind != "markdown" else "",
    ]
    if any(where):
        yield " · ".join(filter(None, where))
    if not view.found:
        yield "The passage was not found in the text; this is where the text begins."


def _draw_view(view: View) -> None:
    match view:
        case PageView():
            with st.container(border=True):
                st.image(view.png, width="stretch", alt=view.alt)
        case TableView():
            _draw_table(view)
        case TextView():
            _draw_text(view)


def _draw_table(view: TableView) -> None:
    names = [name or f"Column {number}" for number, name in enumerate(_padded(view), 1)]
    st.dataframe(
        _styled(view),
        hide_index=True,
        column_config={
            "row": st.column_config.TextColumn("Row", pinned=True),
            **{str(number): st.column_config.TextColumn(name) for number, name in enumerate(names)},
        },
        alt="The cited rows of the table and their neighbours",
    )


def _styled(view: TableView) -> Styler:
    import pandas as pd

    frame = pd.DataFrame(
        [[f"{SIGN} {row.number}" if row.is_cited else str(row.number), *row.cells] for row in view.rows],
        columns=["row", *map(str, range(len(_padded(view))))],
    )
    styles = [MARKED_ROW if row.is_cited else "" for row in view.rows]
    return frame.style.apply(lambda column: styles)


def _padded(view: TableView) -> list[str]:
    """A name for each column, empty for those without."""
    width = max((len(row.cells) for row in view.rows), default=len(view.columns))
    return [*view.columns[:width], *[""] * (width - len(view.columns))]


def _draw_text(view: TextView) -> None:
    if view.kind in AS_CODE:
        st.code(numbered_lines(view), language=None)
        return
    with st.container(border=True):
        st.markdown(excerpt(view))


def numbered_lines(view: TextView) -> str:
    """Code as it is, with the numbers of its lines where they are known, and a sign at the lines of the passage."""
    *before, begun = view.before.split("\n")
    ended, *after = view.after.split("\n")
    passage_lines = (begun + view.passage + ended).split("\n")
    before, after = before[-CODE_LINES_AROUND:], after[:CODE_LINES_AROUND]
    shown = [
        *((" ", line) for line in before),
        *((SIGN if view.found else " ", line) for line in passage_lines),
    ]
    shown += [(" ", line) for line in after]
    if view.line is None:
        return "\n".join(f"{sign} {line}" for sign, line in shown)
    first = view.line - len(before)
    width = len(str(first + len(shown)))
    return "\n".join(f"{sign} {number:{width}}  {line}" for number, (sign, line) in enumerate(shown, first))


def excerpt(view: TextView) -> str:
    """The passage on a coloured background in its surroundings, headings bold, everything else as it is."""
    before = "" if view.is_start else "… "
    after = "" if view.is_end else " …"
    marked = plain_lines(view.passage, MARKER)
    text = f"{before}{plain_lines(view.before)}{marked}{plain_lines(view.after)}{after}"
    return HEADING.sub(r"**\1**", text)


def _draw_download(citation: Citation, file: bytes, key: str) -> None:
    st.download_button(
        "Download the file",
        lambda: file,
        file_name=citation.filename,
        key=f"source-{key}-download",
        icon=":material/download:",
        on_click="ignore",
    )


def _draw_turner(label: str, citation: Citation, key: str, page: int) -> None:
    """A button that turns to `page`; page 0 is none."""
    is_next = label == "Next"
    st.button(
        label,
        key=f"source-{key}-{label.lower()}",
        help=f"{label} page",
        icon=f":material/chevron_{'right' if is_next else 'left'}:",
        icon_position="right" if is_next else "left",
        on_click=_turn,
        args=(citation, key, page),
        disabled=not page,
    )


def _draw_way_back(citation: Citation, key: str) -> None:
    st.button(
        "Back to the passage",
        key=f"source-{key}-back",
        icon=":material/undo:",
        type="tertiary",
        on_click=_turn,
        args=(citation, key, None),
    )


def _turn(citation: Citation, key: str, page: int | None) -> None:
    pages = st.session_state.setdefault(state.SOURCE_PAGES, {})
    pages[key] = (passage(citation), page)


def _turned_to(citation: Citation, key: str) -> int | None:
    """The page the person turned to, as long as it is this passage that is shown."""
    turned, page = st.session_state.get(state.SOURCE_PAGES, {}).get(key, (None, None))
    return page if turned == passage(citation) else None


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most].rstrip()}…"
