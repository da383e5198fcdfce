"""What embedding a collection would cost elsewhere; here it costs only time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import streamlit as st

from components import figures
from components.retrieval.desk import RetrievalDesk, read_shelf, remembered
from services.retrieval.api import local_embedding_model
from services.retrieval.cost import Bill, Estimate, bill


def draw(desk: RetrievalDesk) -> None:
    """Draw what this collection's vectors would cost. Raises AppError."""
    shelf = read_shelf(desk)
    if shelf is None:
        return

    def count() -> Bill:
        return bill([passage.text for passage in shelf.passages], shelf.total)

    with st.spinner(f"Counting the tokens of {figures.counted(len(shelf.passages), 'passage')}"):
        made = remembered(("bill", desk.store_id, desk.stamp), count)
    st.caption(
        "Every passage is embedded once, and every question when it is asked. "
        f"Here {local_embedding_model()} does both on this machine, for nothing."
    )
    with st.container(horizontal=True):
        st.metric("Passages", f"{made.passages:,}")
        st.metric("Tokens", f"{made.tokens:,}" if made.is_exact else f"≈ {made.tokens:,}")
    st.dataframe(
        [_row(estimate) for estimate in made.estimates],
        hide_index=True,
        alt="What each of OpenAI's embedding models would cost for this collection",
    )
    for line in _remarks(made):
        st.caption(line)


def _row(estimate: Estimate) -> dict[str, str]:
    return {
        "Model": estimate.model,
        "A million tokens": _usd(estimate.usd_per_million_tokens),
        "This collection, once": _usd(estimate.usd),
        "A thousand questions": _usd(estimate.usd_per_thousand_questions),
    }


def _usd(amount: Decimal | None) -> str:
    return figures.money(amount).replace("\\", "")


def _remarks(made: Bill) -> Iterator[str]:
    yield (
        "Passages overlap, so the collection is embedded more than once over; the tokens above count that. "
        "A question is taken as 12 tokens or so."
    )
    if not made.is_exact:
        yield "The tokens are estimated from an even sample of the passages."
    sources = {(e.source, e.priced_on) for e in made.estimates if e.source}
    for source, day in sorted(sources, key=str):
        checked = f", checked {day:%d %b %Y}" if day else ""
        yield f"Prices: {source}{checked}, standard tier."
    for estimate in made.estimates:
        if estimate.ends_on:
            yield f":red[{estimate.model} ends on {estimate.ends_on:%d %b %Y}.]"
