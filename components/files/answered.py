"""Below an answer from tables: the rows it rests on, the SQL to edit and run again, and the result as a file."""

from __future__ import annotations

import streamlit as st

from components import figures
from components.failures import guarded
from components.files import table_result
from components.files.desk import FilesDesk
from components.plain import plain
from services.tables.answers import TableAnswer
from services.tables.asking import answer_in
from services.tables.exporting import to_csv, to_xlsx
from services.tables.shapes import Source
from services.turns import Turn

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def draw(desk: FilesDesk, turn: Turn) -> str | None:
    """What an answer rests on; the SQL that the person wants to run instead."""
    answer = answer_in(turn)
    if answer is None or not answer.sql:
        return None
    with st.expander("Check it: rows, SQL, download", icon=":material/table_view:"):
        rows, sql, files = st.tabs(["Rows it rests on", "Edit the SQL", "Download"])
        with rows:
            _draw_sources(desk, turn, answer)
        with sql:
            wanted = _draw_sql(turn, answer)
        with files:
            _draw_files(turn, answer)
    return wanted


def _draw_sources(desk: FilesDesk, turn: Turn, answer: TableAnswer) -> None:
    if not answer.sources:
        st.caption("Which rows these are is not known for this query.")
    tables = {table.name: table for table in desk.tables}
    for source in answer.sources:
        st.markdown(
            f"**{plain(source.filename)}** · {figures.counted(source.count, 'row')} {_numbers(source)}"
        )
        table = tables.get(source.table)
        if table is not None and st.toggle("Show them", key=f"rows-{turn.id}-{source.table}"):
            with guarded():
                table_result.draw_result(desk.house.tables.records(table.id, source.rows), None)


def _numbers(source: Source) -> str:
    """The numbers of the first few."""
    first = ", ".join(f"{number:,}" for number in source.rows[:8])
    return f"(rows {first}{' …' if source.count > 8 else ''})" if first else ""


def _draw_sql(turn: Turn, answer: TableAnswer) -> str | None:
    # As a form, what was typed and the click arrive together: else leaving the text can swallow the click.
    with st.form(f"edit-{turn.id}", border=False):
        written = st.text_area("SQL", answer.sql, key=f"sql-{turn.id}", height=160)
        st.caption("One SELECT over the tables of this collection. It can read them, and change nothing.")
        is_asked = st.form_submit_button("Run it", icon=":material/play_arrow:", type="primary")
    return (written or "").strip() or None if is_asked else None


def _draw_files(turn: Turn, answer: TableAnswer) -> None:
    if answer.result is None:
        st.caption("There is no result to download.")
        return
    given = answer.result
    with st.container(horizontal=True):
        st.download_button(
            "CSV", lambda: to_csv(given), "result.csv", "text/csv", key=f"csv-{turn.id}", on_click="ignore"
        )
        st.download_button(
            "Excel", lambda: to_xlsx(given), "result.xlsx", XLSX, key=f"xlsx-{turn.id}", on_click="ignore"
        )
    st.caption("Text that a spreadsheet would run as a formula is defused.")
