"""The ledger as files for a spreadsheet."""

from __future__ import annotations

import streamlit as st

from components.house import House
from components.usage.desk import Spending


def draw(house: House, spending: Spending) -> None:
    """Offer the figures of the period and its calls."""
    start = spending.span.start

    def sums() -> bytes:
        from services.metering.export import sums_csv

        days = (bucket.day for bucket in spending.span.buckets)
        return sums_csv(zip(days, spending.sums, strict=True))

    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            f"By {spending.span.step}, as CSV",
            sums,
            "usage.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "Every call, as CSV",
            lambda: house.ledger.csv(start),
            "calls.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
    st.caption("Neither holds any text of yours: times, models, tokens and prices only. Times are UTC.")
