"""What an answer about files rests on: the passages, to be looked at, and to be switched off and asked again without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components import figures
from components.files import table_result
from components.plain import plain, plain_lines
from services.tables.asking import answer_in
from services.turns import Turn

EXCERPT_CHARS = 420


def draw_below(turn: Turn) -> None:
    """What is to be said below an answer."""
    if table_answer := answer_in(turn):
        table_result.draw_notes(table_answer)
    if turn.unsupported:
        count = len(turn.unsupported)
        words = "A statement marked [?] is" if count == 1 else f"{count} statements marked [?] are"
        st.caption(
            f":orange[:material/help:] {words} not borne out by these documents: no quote for it was found."
        )


def passages(turn: Turn) -> list[Mapping[str, Any]]:
    """The passages the model was shown, as the search of the turn kept them."""
    return [
        result
        for step in turn.tool_steps.values()
        if step.call.name == "file_search" and step.details
        for result in step.details.get("results") or ()
    ]


def draw_passages(turn: Turn) -> tuple[str, ...] | None:
    """The passages of an answer with their scores; the keys of those to leave out when it is to be asked again."""
    found = [passage for passage in passages(turn) if passage.get("key")]
    if not found:
        return None
    with st.expander(
        f"What the answer rests on · {figures.counted(len(found), 'passage')}",
        icon=":material/manage_search:",
    ):
        st.caption("Untick what misleads, and ask again without it.")
        kept = {
            passage["key"]: _draw_passage(turn, number, passage) for number, passage in enumerate(found, 1)
        }
        left_out = tuple(key for key, is_kept in kept.items() if not is_kept)
        again = st.button(
            f"Ask again without {figures.counted(len(left_out), 'passage')}" if left_out else "Ask again",
            key=f"again-{turn.id}",
            icon=":material/refresh:",
        )
    return (*turn.settings.get("without", ()), *left_out) if again else None


def _draw_passage(turn: Turn, number: int, passage: Mapping[str, Any]) -> bool:
    where = f" · page {passage['page']}" if passage.get("page") else ""
    label = f"**{number}** {plain(passage['filename'])}{where} :gray-badge[score {passage['score']:.2f}]"
    is_kept = st.checkbox(label, value=True, key=f"use-{turn.id}-{number}")
    text = passage["text"]
    st.caption(plain_lines(text[:EXCERPT_CHARS] + ("…" if len(text) > EXCERPT_CHARS else "")))
    return is_kept
