"""Answers cached by meaning: the threshold moved by hand, with what it would get wrong."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.house import House
from components.sidebar import Choice
from services.clients import as_app_error
from services.lab.meaning import Pair, hits, measure, model_for

MEASURED = "lab_meaning"
USUAL_THRESHOLD = 0.8
RIGHT, WRONG = "may share an answer", "needs another answer"


def draw(house: House, choice: Choice) -> None:
    """Draw the pairs, the threshold and its false hits."""
    st.header("Answers cached by meaning", anchor=False)
    st.markdown(
        "A cache that answers *alike* questions with a stored answer saves a call each time, and sometimes gives a wrong answer with "
        "great confidence. How alike is alike enough? Twenty pairs of questions, embedded by the model at hand."
    )
    connection = choice.connection
    key = f"{connection.name}/{model_for(connection)}"
    known: dict[str, tuple[Pair, ...]] = st.session_state.setdefault(MEASURED, {})
    if st.button(f"Embed with {model_for(connection)}", icon=":material/hub:", key="meaning-go"):
        with st.spinner("Embedding forty questions"):
            try:
                known[key] = measure(house.loop, connection, house.ledger, house.budgets)
            except Exception as error:  # whatever the other side did: the person reads a sentence
                st.error(as_app_error(error, connection).user_message, icon=":material/error:")
    if key in known:
        _draw_threshold(known[key])


def _draw_threshold(pairs: Sequence[Pair]) -> None:
    threshold = st.slider(
        "Take for the same from a likeness of", 0.3, 1.0, USUAL_THRESHOLD, 0.01, key="meaning-threshold"
    )
    found = hits(pairs, threshold)
    may = sum(pair.may_share for pair in pairs)
    with st.container(horizontal=True):
        st.metric("Calls saved", f"{found.right} of {may}")
        st.metric("Wrong answers given", f"{found.false} of {len(pairs) - may}")
    st.altair_chart(
        _chart(pairs, threshold),
        alt=f"At {threshold:.2f}, {found.right} of {may} calls are saved and {found.false} answers are wrong.",
    )
    if false := [pair for pair in pairs if not pair.may_share and pair.likeness >= threshold]:
        st.markdown("These would get each other's answer:")
        st.dataframe(
            [{"Likeness": round(p.likeness, 2), "Asked": p.first, "Answered as": p.second} for p in false],
            hide_index=True,
        )
    st.caption(
        "Words that turn a question round, such as *not*, *from* and *to*, hardly move its embedding. So such a cache is off by "
        "default everywhere in Tandem; use it only for questions whose wrong answer does no harm."
    )


def _chart(pairs: Sequence[Pair], threshold: float):  # type: ignore[no-untyped-def]
    import altair as alt

    values = [
        {
            "likeness": pair.likeness,
            "kind": RIGHT if pair.may_share else WRONG,
            "pair": f"{pair.first} | {pair.second}",
        }
        for pair in pairs
    ]
    scale = alt.Scale(domain=[RIGHT, WRONG], range=["#0d9488", "#dc2626"])
    points = (
        alt.Chart(alt.Data(values=values))
        .mark_circle(size=120, opacity=0.7)
        .encode(
            x=alt.X("likeness:Q", scale=alt.Scale(domain=[0, 1]), title="likeness of the two questions"),
            y=alt.Y("kind:N", title=None, axis=alt.Axis(labelLimit=240)),
            color=alt.Color("kind:N", scale=scale, legend=None),
            tooltip=["pair:N", alt.Tooltip("likeness:Q", format=".2f")],
        )
    )
    line = (
        alt.Chart(alt.Data(values=[{"at": threshold}]))
        .mark_rule(strokeDash=[5, 4], color="#6366f1")
        .encode(x="at:Q")
    )
    return (points + line).properties(height=150)
