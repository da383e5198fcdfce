"""An evaluation run, and what came of it: table, chart, the questions that failed, and files to take away."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from components import figures, state
from components.retrieval.desk import RetrievalDesk
from components.retrieval.points import SIDE_NAMES
from services.retrieval import measuring, questions
from services.retrieval.evaluation import HIT_RANKS, Measures, Question
from services.retrieval.measuring import Evaluation
from services.retrieval.records import SIDES, Side
from services.turns import Turn

if TYPE_CHECKING:
    import altair as alt

RESULT = "retrieval_evaluation"
MOSTS = (1, 3, 5, 10, 20)
THRESHOLDS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6)
MOST_LINES = 12
SHARES = (*(f"hit@{rank}" for rank in HIT_RANKS), "MRR", "nDCG@10")
WORDS = """
* **hit@5**: share of questions with a right passage among the first five.
* **MRR**: how high the first right one stands: 1 for the first place, 1/2 for the second, 1/3 for the third.
* **nDCG@10**: how well all right passages of the first ten are placed, 1 being perfect.
* **Citation precision**: share of an answer's citations that point to an expected passage.
"""


def draw(desk: RetrievalDesk, asked: Sequence[Question], turns: Sequence[Turn]) -> None:
    """Draw how to run an evaluation, and the last one. Raises AppError."""
    if not asked:
        st.info("There are no questions yet. Write, import or draft some first.", icon=":material/quiz:")
        return
    sides = st.pills(
        "Find by",
        list(SIDES),
        selection_mode="multi",
        default=list(SIDES),
        format_func=lambda side: SIDE_NAMES[side],
        key=f"sides-{desk.store_id}",
    )
    searches = len(asked) * len(sides)
    label = f"Run {searches:,} searches" if searches != 1 else "Run one search"
    if st.button(label, type="primary", icon=":material/play_arrow:", disabled=not sides, key="evaluate-go"):
        _run(desk, asked, [side for side in SIDES if side in sides])
    made = st.session_state.get(RESULT, {}).get(desk.store_id)
    if made is not None:
        _draw_result(desk, made)
    _draw_citations(asked, turns)
    with st.expander("What the figures mean", icon=":material/help:"):
        st.markdown(WORDS)


def _run(desk: RetrievalDesk, asked: Sequence[Question], sides: Sequence[Side]) -> None:
    bar = st.progress(0.0, "Searching")
    began = time.monotonic()

    def show(done: int, of: int) -> None:
        left_s = (time.monotonic() - began) / done * (of - done)
        about = f", about {figures.seconds(left_s)} left" if left_s >= 1 else ""
        bar.progress(done / of, f"Search {done:,} of {of:,}{about}")

    made = measuring.evaluate(desk.api, desk.store_id, asked, sides, show)
    bar.empty()
    st.session_state.setdefault(RESULT, {})[desk.store_id] = made


def _draw_result(desk: RetrievalDesk, made: Evaluation) -> None:
    count = len({outcome.question.text for outcome in made.outcomes})
    st.caption(
        f"{figures.counted(count, 'question')}, asked {made.at.astimezone(state.zone()):%d %b %Y, %H:%M}. "
        "Each was asked for 50 passages; the settings below cut that short and need no new search."
    )
    left, right = st.columns(2)
    mosts = left.pills(
        "Passages at most", MOSTS, selection_mode="multi", default=[10], key=f"mosts-{desk.store_id}"
    )
    thresholds = right.pills(
        "Least score", THRESHOLDS, selection_mode="multi", default=[0.0], key=f"thresholds-{desk.store_id}"
    )
    measured = measuring.measures(made, mosts or [10], thresholds or [0.0])
    rows = [measuring.as_row(one) for one in measured]
    names = _names(measured)
    st.altair_chart(_chart(rows[:MOST_LINES], names[:MOST_LINES]), alt=_said(rows, names))
    st.dataframe(
        _readable(rows, names),
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(name, format="%.2f") for name in (*SHARES, "passages shown")
        },
        alt="The figures of each setting",
    )
    _draw_questions(made)
    _draw_exports(made, rows)


def _names(measured: Sequence[Measures]) -> list[str]:
    """What sets each setting apart from the others."""
    mosts, thresholds = ({getattr(one.setting, name) for one in measured} for name in ("most", "threshold"))
    return [
        one.setting.side
        + (f", first {one.setting.most}" if len(mosts) > 1 else "")
        + (f", ≥ {one.setting.threshold:.1f}" if len(thresholds) > 1 else "")
        for one in measured
    ]


def _readable(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    left_out = ("found by", "passages at most", "least score", "questions")
    kept = ({key: value for key, value in row.items() if key not in left_out} for row in rows)
    return [{"setting": name, **row} for name, row in zip(names, kept, strict=True)]


def _chart(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> alt.Chart:
    import altair as alt
    import pandas as pd

    bars = [
        {"setting": name, "figure": figure, "value": row[figure]}
        for name, row in zip(names, rows, strict=True)
        for figure in SHARES
    ]
    chart: alt.Chart = (
        alt.Chart(pd.DataFrame(bars))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("figure:N", sort=list(SHARES), title=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("setting:N", sort=list(names)),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%")),
            color=alt.Color(
                "setting:N",
                sort=list(names),
                legend=alt.Legend(title=None, orient="bottom", columns=3, labelLimit=220),
            ),
            tooltip=["setting:N", "figure:N", alt.Tooltip("value:Q", format=".2f")],
        )
        .properties(height=280)
    )
    return chart


def _said(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> str:
    lines = (
        f"{name}: hit@5 {row['hit@5']:.2f}, MRR {row['MRR']:.2f}"
        for name, row in zip(names, rows, strict=True)
    )
    return "Hit rates, MRR and nDCG of each setting. " + "; ".join(lines)


def _draw_questions(made: Evaluation) -> None:
    rows = measuring.by_question(made)
    sides: list[Side] = [side for side in SIDES if side in rows[0]]
    missed = sum(all(row[side] is None for side in sides) for row in rows)
    label = "Question by question" + (
        f" · {figures.counted(missed, 'question')} found by none" if missed else ""
    )
    with st.expander(label, icon=":material/list:"):
        st.caption("At which place the first right passage came, of 50. Empty: not found.")
        st.dataframe(
            sorted(rows, key=lambda row: -max(row[side] or 99 for side in sides)),
            hide_index=True,
            column_config={
                "question": st.column_config.TextColumn("Question", width="large"),
                **{str(side): st.column_config.NumberColumn(f"by {side}") for side in sides},
            },
            alt="For each question the place of its first right passage, the hardest first",
        )


def _draw_exports(made: Evaluation, rows: Sequence[dict[str, Any]]) -> None:
    each = measuring.by_question(made)
    with st.container(horizontal=True):
        st.download_button(
            "Figures as CSV",
            questions.table_as_csv(measuring.COLUMNS, rows),
            "evaluation.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Figures as JSON lines",
            _json_lines(rows),
            "evaluation.jsonl",
            "application/jsonl",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Question by question",
            questions.table_as_csv(list(each[0]), each),
            "evaluation-questions.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _json_lines(rows: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _draw_citations(asked: Sequence[Question], turns: Sequence[Turn]) -> None:
    answered = measuring.cited(asked, turns)
    st.markdown("**Citations**")
    known = [one.precision for one in answered if one.precision is not None]
    if not known:
        st.caption(
            "Ask some of these questions, in the same words, in the Ask tab: here you see how right the citations are."
        )
        return
    with st.container(horizontal=True):
        st.metric("Citation precision", f"{sum(known) / len(known):.0%}")
        st.metric("Answers", f"{len(answered):,}", help="Questions of this list that were answered in Ask.")
        st.metric("Without a citation", f"{len(answered) - len(known):,}")
