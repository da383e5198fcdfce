"""The result of a question to tables: the SQL, what it gave, and a chart where one shows more than a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from components import figures
from components.plain import plain
from services.tables.answers import TableAnswer, from_details
from services.tables.charts import Chart
from services.tables.sentences import column_label
from services.tables.shapes import Result
from services.turns import ToolStep

if TYPE_CHECKING:
    import pandas as pd

TABLE_ROWS_SHOWN = 10
ROW_PX, HEADER_PX = 35, 38


def draw_step(step: ToolStep) -> None:
    """A query on its way or done: SQL first, result next."""
    answer = from_details(step.details) if step.details else None
    sql = answer.sql if answer else step.call.arguments
    is_busy = step.state in ("requested", "running")
    label = "Writing SQL" if is_busy and not sql else "Running SQL" if is_busy else "SQL"
    with st.status(
        label, type="step", state="running" if is_busy else "error" if step.state == "failed" else "complete"
    ):
        st.code(sql or " ", language="sql", wrap_lines=True)
        if answer is not None and answer.error:
            st.caption(f":orange[:material/error:] {plain(answer.error)}")
    if answer is not None and answer.result is not None:
        draw_result(answer.result, answer.chart)


def draw_result(result: Result, chart: Chart | None) -> None:
    """The rows, and the chart that fits them."""
    if not result.row_count:
        st.caption("The query gave no rows.")
        return
    frame = _frame(result)
    if chart is not None:
        table, drawn = st.tabs(["Table", "Chart"], default="Chart")
        with drawn:
            _draw_chart(frame, chart)
    else:
        table = st.container()
    with table:
        shown = min(result.row_count, TABLE_ROWS_SHOWN)
        st.dataframe(
            frame, hide_index=True, height=HEADER_PX + ROW_PX * shown, alt="The rows that the query gave"
        )
    more = ", and there are more" if result.is_cut else ""
    st.caption(f"{figures.counted(result.row_count, 'row')}{more} · {figures.seconds(result.duration_s)}")


def draw_notes(answer: TableAnswer) -> None:
    """What else is to be said of an answer: the check of its numbers, and what was put right on the way."""
    if answer.rejected:
        st.caption(
            ":orange[:material/calculate:] The model's own sentence held numbers that are not in the result, so this one was made from it."
        )
    elif answer.numbers_checked:
        st.caption(":green[:material/check:] Every number in this sentence is in the result.")
    for note in answer.notes:
        st.caption(f":material/info: {plain(note)}")


def _draw_chart(frame: pd.DataFrame, chart: Chart) -> None:
    draw: dict[str, Any] = {"bar": st.bar_chart, "line": st.line_chart, "scatter": st.scatter_chart}
    y = list(chart.y)
    more = {"sort": False} if chart.kind == "bar" else {}
    draw[chart.kind](
        frame,
        x=chart.x,
        y=y[0] if len(y) == 1 else y,
        color=chart.series,
        x_label=column_label(chart.x),
        y_label=column_label(y[0]) if len(y) == 1 else None,
        alt=f"{', '.join(y)} by {chart.x}",
        **more,
    )


def _frame(result: Result) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(list(result.rows), columns=list(result.columns))
    for name, kind in zip(result.columns, result.types, strict=True):
        if kind == "decimal":
            frame[name] = frame[name].astype(float)
    return frame
