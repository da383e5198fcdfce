"""Seeing retrieval: passages as points, texts compared, other chunks tried, and what embedding costs."""

from __future__ import annotations

import streamlit as st

from components.failures import guarded
from components.house import House
from components.retrieval import chunk_trial, cost, likeness, points
from components.retrieval.desk import open_desk

VIEWS = {
    "Map": points.draw,
    "Similarity": likeness.draw,
    "Chunks": chunk_trial.draw,
    "Cost": cost.draw,
}


@st.fragment
def draw(house: House, store_id: str, name: str) -> None:
    """Draw the tab for a collection."""
    with guarded():
        desk = open_desk(house, store_id, name)
        if desk is None:
            return
        view = st.segmented_control(
            "View",
            list(VIEWS),
            default=next(iter(VIEWS)),
            required=True,
            key=f"see-{store_id}",
            label_visibility="collapsed",
        )
        VIEWS[view or next(iter(VIEWS))](desk)
