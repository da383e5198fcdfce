"""The loss of a training, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from services.tuning.curves import Point

NAMES = {"training": "on what is learned", "validation": "on what is kept back"}
COLOURS = ("#94a3b8", "#0d9488")
HEIGHT_PX = 220


def draw(points: Sequence[Point]) -> None:
    """Draw both sides over the steps."""
    st.altair_chart(_chart(points), alt=told(points))
    st.caption(told(points))


def told(points: Sequence[Point]) -> str:
    """The curve in words."""
    parts = []
    for side, name in NAMES.items():
        own = [one for one in points if one.side == side]
        if own:
            parts.append(
                f"{name} {own[0].loss:.2f} at step {own[0].step}, {own[-1].loss:.2f} at step {own[-1].step}"
            )
    sentence = f"Loss {'; '.join(parts)}. Lower is better."
    kept = [one.loss for one in points if one.side == "validation"]
    if len(kept) > 1 and kept[-1] > min(kept) * 1.1:
        sentence += " On what is kept back it rises again: the examples are being learned by heart; fewer epochs are better."
    return sentence


def _chart(points: Sequence[Point]):  # type: ignore[no-untyped-def]
    import altair as alt

    values = [{"step": one.step, "loss": one.loss, "side": NAMES[one.side]} for one in points]
    scale = alt.Scale(domain=list(NAMES.values()), range=list(COLOURS))
    return (
        alt.Chart(alt.Data(values=values))
        .mark_line(point=True)
        .encode(
            x=alt.X("step:Q", title="step", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("loss:Q", title="loss", scale=alt.Scale(zero=True)),
            color=alt.Color("side:N", scale=scale, legend=alt.Legend(title=None, orient="top")),
            strokeDash=alt.StrokeDash("side:N", legend=None),
            tooltip=["step:Q", "loss:Q", "side:N"],
        )
        .properties(height=HEIGHT_PX)
    )
