"""The questions of a collection in a table: written, imported, exported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components import figures, server_files, state
from components.failures import show
from components.retrieval.desk import RetrievalDesk
from services.errors import AppError
from services.retrieval import questions
from services.retrieval.evaluation import Question

VERSION = "retrieval_table_version"
HEIGHT_PX = 320
MEGABYTES = 4


def draw(desk: RetrievalDesk, asked: Sequence[Question]) -> None:
    """Draw the table and what may be done with it."""
    if not asked:
        st.info(
            "Write a question and the file that answers it, import a list, or let the model draft some below. "
            "Twenty questions already say something; sixty say it with some certainty.",
            icon=":material/quiz:",
        )
    rows = [row for question in asked for row in questions.as_rows(question)]
    edited = st.data_editor(
        rows or [dict.fromkeys(questions.COLUMNS, "")],
        num_rows="dynamic",
        hide_index=True,
        height=HEIGHT_PX if len(rows) > 7 else "content",
        column_config=_columns(desk, rows),
        key=f"questions-{desk.store_id}-{_version()}",
        alt="Questions with the file, pages and quote that answer each",
    )
    st.caption("Two rows with the same question are one question with two right places.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if _differ(edited, rows):
            if st.button("Save changes", type="primary", icon=":material/save:", key="save-questions"):
                _save(desk, list(edited))
            st.caption(":orange[Not saved yet.]")
        if asked:
            _draw_exports(desk, asked)
    with st.expander("Import questions", icon=":material/upload:"):
        _draw_import(desk, asked)


def _columns(desk: RetrievalDesk, rows: Sequence[dict[str, str]]) -> dict[str, Any]:
    names = {server_files.name(file.id) for file in desk.files} | {row["file"] for row in rows}
    return {
        "question": st.column_config.TextColumn(
            "Question", width="large", max_chars=questions.LONGEST_QUESTION, required=True
        ),
        "file": st.column_config.SelectboxColumn("File", options=sorted(names), required=True),
        "pages": st.column_config.TextColumn("Pages", help="3, or 7-9, or both with a comma. Empty for any."),
        "quote": st.column_config.TextColumn(
            "Quote that answers it",
            width="large",
            max_chars=questions.LONGEST_QUOTE,
            help="Copied from the file. Where there is one, a passage is right when it holds most of it.",
        ),
    }


def _differ(edited: Sequence[Any], rows: Sequence[dict[str, str]]) -> bool:
    def plain(table: Sequence[Any]) -> list[tuple[str, ...]]:
        cells = (tuple(str(row.get(name) or "") for name in questions.COLUMNS) for row in table)
        return [row for row in cells if any(row)]

    return plain(edited) != plain(rows)


def _save(desk: RetrievalDesk, rows: Sequence[Any]) -> None:
    try:
        questions.keep(desk.house.preferences, desk.store_id, list(questions.as_questions(rows)))
    except AppError as error:
        show(error)
        return
    draw_anew("Questions saved")


def _draw_exports(desk: RetrievalDesk, asked: Sequence[Question]) -> None:
    st.download_button(
        "CSV",
        questions.as_csv(asked),
        "questions.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    st.download_button(
        "JSON lines",
        questions.as_json_lines(asked),
        "questions.jsonl",
        "application/jsonl",
        icon=":material/download:",
        on_click="ignore",
    )


def _draw_import(desk: RetrievalDesk, asked: Sequence[Question]) -> None:
    st.caption(
        f"A CSV with the columns {', '.join(questions.COLUMNS)}, or JSON lines with the same names. "
        "A question with the same words as one you have replaces it."
    )
    file = st.file_uploader(
        "File of questions",
        type=["csv", "jsonl"],
        key=f"import-{desk.store_id}-{_version()}",
        max_upload_size=MEGABYTES,
    )
    if file is not None and st.button("Import", icon=":material/upload:", key="import-questions"):
        try:
            found = questions.read_file(file.name, file.getvalue())
            questions.keep(desk.house.preferences, desk.store_id, questions.added(asked, found))
        except AppError as error:
            show(error)
            return
        draw_anew(f"{figures.counted(len(found), 'question')} imported")


def draw_anew(notice: str) -> None:
    """Draw the table again from what is kept, after a short notice."""
    st.session_state[VERSION] = _version() + 1
    state.notify(notice)
    st.rerun()


def _version() -> int:
    version: int = st.session_state.get(VERSION, 0)
    return version
