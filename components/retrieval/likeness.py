"""Texts compared: how alike an embedding model finds them, beside the words they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components.plain import plain
from components.retrieval.desk import RetrievalDesk, beginning, ink, paper
from services.clients import Connection
from services.retrieval.api import RetrievalApi
from services.retrieval.similarity import MOST_TEXTS, Likeness, compare
from services.turns import Usage

if TYPE_CHECKING:
    import altair as alt

RESULT = "retrieval_likeness"
SHOWN_CHARS = 80
EXAMPLES = """\
The movie was wonderful.
I loved that film.
The movie theatre is closed.
Salmon is served with potatoes.
"""


def draw(desk: RetrievalDesk) -> None:
    """Draw the comparison. Raises AppError."""
    st.caption(
        "The cosine says how alike two texts are to the model: near 1 for the same meaning, near 0 for nothing in common. "
        "Of the examples the first two mean the same and share no telling word; the first and the third share one and do not."
    )
    with st.form(f"likeness-{desk.store_id}", border=False):
        typed = st.text_area(f"Texts to compare, one a line, at most {MOST_TEXTS}", EXAMPLES, height=150)
        embedders = desk.embedders()
        label = st.selectbox("Embedding model", list(embedders))
        asked = st.form_submit_button("Compare", type="primary", icon=":material/compare_arrows:")
    if len(embedders) == 1:
        st.caption("With a key for OpenAI in Settings, its models can be compared here too.")
    if asked:
        connection, model = embedders[label]
        api = desk.api if model.local else _api(connection)
        lines = (typed or "").splitlines()

        def work() -> tuple[Likeness, Usage]:
            made = compare(api, lines, model.id)
            return made, made.usage

        with st.spinner(f"{model.id} reads the texts"):
            st.session_state[RESULT] = desk.calls.make(model, "embeddings", work)
    if (made := st.session_state.get(RESULT)) is not None:
        _draw_result(made)


def _api(connection: Connection) -> RetrievalApi:
    return RetrievalApi(lambda: connection)


def _draw_result(made: Likeness) -> None:
    for number, text in enumerate(made.texts, 1):
        st.markdown(f"**{number}** {plain(beginning(text, SHOWN_CHARS))}")
    meaning, words = st.columns(2)
    with meaning:
        st.markdown("**Alike in meaning** (cosine)")
        st.altair_chart(_matrix(made.cosines), alt=_said(made, "cosine", made.cosines))
    with words:
        st.markdown("**Words shared** (of all in both)")
        st.altair_chart(_matrix(made.shared_words), alt=_said(made, "shared words", made.shared_words))


def _matrix(values: tuple[tuple[float, ...], ...]) -> alt.LayerChart | alt.FacetChart:
    import altair as alt
    import pandas as pd

    rows = [
        {"one": str(a), "other": str(b), "value": round(value, 2)}
        for a, line in enumerate(values, 1)
        for b, value in enumerate(line, 1)
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("other:N", title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("one:N", title=None),
    )
    colour = alt.Color("value:Q", scale=alt.Scale(domain=[0, 1], clamp=True), legend=None)
    # The darker half of the scale is the lighter one in the dark theme: there the colours of page and text change places.
    text = alt.condition("datum.value > 0.55", alt.value(paper()), alt.value(ink()))
    return alt.layer(
        base.mark_rect().encode(color=colour),
        base.mark_text(fontSize=14).encode(text=alt.Text("value:Q", format=".2f"), color=text),
    ).properties(height=60 + 44 * len(values))


def _said(made: Likeness, what: str, values: tuple[tuple[float, ...], ...]) -> str:
    pairs = [
        f"{a + 1} and {b + 1}: {values[a][b]:.2f}"
        for a in range(len(made.texts))
        for b in range(a + 1, len(made.texts))
    ]
    return f"The {what} of each pair of texts. " + "; ".join(pairs)
