"""The citations of an answer: numbers in its text instead of markers, and chips below it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import figures, state
from components.markdown import JOINER
from components.plain import plain
from services.documents.views.shapes import Place
from services.turns import Citation, Unsupported

MAX_CHIP_NAME_CHARACTERS = 32


def sources(citations: Sequence[Citation]) -> tuple[Citation, ...]:
    """The first citation of each passage, in the order of the answer: the first of them is number 1."""
    firsts: dict[object, Citation] = {}
    for citation in citations:
        firsts.setdefault(passage(citation), citation)
    return tuple(firsts.values())


def number_markers(text: str, citations: Sequence[Citation], *, reply: int | None = None) -> str:
    """`text` with a small number like " [1]" for each marker; what to_markdown makes of it links to nothing.

    `citations` are those of the whole turn, so that the numbers agree with the chips. With `reply`, only its own are
    looked for. A marker that stands elsewhere than its citation says is found by its words.
    """
    numbers = {passage(citation): number for number, citation in enumerate(sources(citations), 1)}
    here = [citation for citation in citations if reply is None or citation.reply in (None, reply)]
    written, position, last = "", 0, 0
    for citation in sorted(here, key=lambda citation: citation.start):
        start, end = _marker_in(text, citation, position)
        if start < position:
            continue
        between, number = text[position:start], numbers[passage(citation)]
        if between.strip() or number != last:
            written += between
            written += f"{_gap(written)}[{JOINER}{number}]{JOINER}"
        position, last = end, number
    return written + text[position:]


def mark_doubts(text: str, doubts: Sequence[Unsupported]) -> str:
    """`text` with the sign [?] behind each stretch that nothing bears out; markers of citations stay as they are."""
    for doubt in sorted(doubts, key=lambda doubt: -doubt.end):
        text = f"{text[: doubt.end]} [{JOINER}?]{JOINER}{text[doubt.end :]}"
    return text


def place_of(citation: Citation) -> Place:
    """Where in its file the cited passage stands."""
    return Place(citation.quote or "", citation.page, citation.last_page, citation.rows)


def chips(citations: Sequence[Citation], *, key: str) -> Citation | None:
    """A numbered chip for each source below an answer; the source that was clicked, once, in the run after the click."""
    known = sources(citations)
    if not known:
        return None
    widget = f"sources-{key}"
    st.pills(
        "Sources",
        range(1, len(known) + 1),
        format_func=lambda number: _chip(number, known[number - 1]),
        key=widget,
        on_change=_click,
        args=(widget,),
        label_visibility="collapsed",
        wrap=True,
    )
    clicked_widget, number = st.session_state.get(state.CLICKED_SOURCE, ("", 0))
    if clicked_widget != widget:
        return None
    del st.session_state[state.CLICKED_SOURCE]
    return known[number - 1] if number <= len(known) else None


def passage(citation: Citation) -> tuple[object, ...]:
    """What tells the cited passage from others."""
    return citation.file_id, citation.quote, citation.page, citation.last_page, citation.rows


def _click(widget: str) -> None:
    """Keep which chip was clicked and let go of it, so that it can be clicked again."""
    st.session_state.pop(state.SOURCE_PAGES, None)
    if number := st.session_state[widget]:
        st.session_state[state.CLICKED_SOURCE] = (widget, number)
    st.session_state[widget] = None


def _marker_in(text: str, citation: Citation, position: int) -> tuple[int, int]:
    marker = citation.marker or text[citation.start : citation.end]
    start = citation.start if text.startswith(marker, citation.start) else text.find(marker, position)
    return start, start + len(marker)


def _gap(written: str) -> str:
    return "" if not written or written[-1].isspace() or written[-1] in "([{" else " "


def _chip(number: int, citation: Citation) -> str:
    place = ""
    if citation.page:
        place = figures.span("page", citation.page, citation.last_page or citation.page)
    elif citation.rows:
        place = figures.span("row", *citation.rows)
    name = plain(_shortened(citation.filename))
    return f"**{number}** {name}" + (f" · {place}" if place else "")


def _shortened(name: str) -> str:
    """A long name without its middle: its beginning and its ending tell most."""
    if len(name) <= MAX_CHIP_NAME_CHARACTERS:
        return name
    tail = MAX_CHIP_NAME_CHARACTERS // 3
    return f"{name[: MAX_CHIP_NAME_CHARACTERS - tail - 1].rstrip()}…{name[-tail:].lstrip()}"
