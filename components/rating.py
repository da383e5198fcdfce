"""A thumb under an answer, and how it should have read: what a data set for fine-tuning is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from components.failures import guarded
from components.house import House
from services.storage.ratings import MAX_BETTER_CHARS, Rating
from services.turns import Turn, TurnStatus


class Rater:
    """The ratings of the turns on the page, read once."""

    def __init__(self, house: House, turns: Sequence[Turn]) -> None:
        self._house = house
        self._known: Mapping[str, Rating] = house.ratings.of([turn.id for turn in turns]) if turns else {}

    def draw(self, turn: Turn) -> None:
        """Draw the thumbs; once there is one, the way to put the answer right."""
        if turn.status is not TurnStatus.COMPLETED or not turn.text:
            return
        known = self._known.get(turn.id)
        before = known.thumb if known else None
        thumb = st.feedback("thumbs", key=f"thumb-{turn.id}", default=before)
        if thumb != before:
            with guarded():
                self._house.ratings.rate(turn.id, thumb)
        better = known.better if known else None
        if thumb is not None or better is not None:
            self._draw_better(turn, better)

    def _draw_better(self, turn: Turn, better: str | None) -> None:
        label = "Put right" if better else "Put it right"
        with (
            st.popover(label, icon=":material/edit_note:", type="tertiary", key=f"better-{turn.id}"),
            st.form(f"better-form-{turn.id}", border=False),
        ):
            text = st.text_area(
                "How it should have read", better or turn.text, height=200, max_chars=MAX_BETTER_CHARS
            )
            st.caption("The conversation stays as it is. *Fine-tuning* makes an example of it.")
            if st.form_submit_button("Keep", type="primary", icon=":material/save:"):
                same = (text or "").strip() == turn.text.strip()
                with guarded():
                    self._house.ratings.correct(turn.id, "" if same else text or "")
                    st.rerun()
