"""The tables of a collection: how they were read, to be looked at and put right."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import streamlit as st

from components import figures
from components.failures import guarded
from components.files import table_result
from components.files.desk import FilesDesk
from components.plain import plain
from components.redraw import watched
from services.tables.shapes import Column, ColumnType, ReadOptions, Table

WATCH_S = 1.0
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
DECIMALS = {".": "1,234.5", ",": "1.234,5"}
BUSY = ("waiting", "loading")
TYPES = get_args(ColumnType)


def draw(desk: FilesDesk, collection_id: str) -> None:
    """Each table in a row, kept up to date while one is loading."""
    is_busy = any(table.state in BUSY for table in desk.tables)
    watched(WATCH_S if is_busy else None)(_draw_rows)(desk, collection_id, is_busy)


def _draw_rows(desk: FilesDesk, collection_id: str, was_busy: bool) -> None:
    tables = desk.house.tables.list(collection_id)
    if was_busy and not any(table.state in BUSY for table in tables):
        st.rerun()
    for table in tables:
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            _draw_state(table)
            if table.state in BUSY:
                st.button(
                    "Cancel",
                    key=f"cancel-{table.id}",
                    type="tertiary",
                    on_click=desk.house.tables.cancel,
                    args=(table.id,),
                )
                continue
            if st.button("Look", key=f"look-{table.id}", type="tertiary", icon=":material/table_view:"):
                _look(desk, table)
            st.button(
                "Remove",
                key=f"drop-{table.id}",
                type="tertiary",
                icon=":material/close:",
                on_click=desk.house.tables.delete,
                args=(table.id,),
            )


def _draw_state(table: Table) -> None:
    name = plain(table.filename)
    match table.state:
        case "ready":
            size = (
                f"{figures.counted(table.row_count, 'row')}, {figures.counted(len(table.columns), 'column')}"
            )
            st.markdown(f":green[:material/check_circle:] {name} · {size}", width="stretch")
        case "failed":
            st.markdown(
                f":red[:material/error:] {name} · {plain(table.error or 'could not be read')}",
                width="stretch",
            )
        case _:
            st.progress(table.progress or 0.0, f":material/table: {name}: loading")


@st.dialog("Table", icon=":material/table_view:", width="large")
def _look(desk: FilesDesk, table: Table) -> None:
    """The first rows, the types, and how the file was read."""
    st.markdown(f"**{plain(table.filename)}** · in SQL `{table.name}`")
    for note in table.notes:
        st.caption(f":material/info: {plain(note)}")
    if table.skipped_rows:
        st.caption(
            f":orange[:material/warning:] {figures.counted(table.skipped_rows, 'row')} could not be read."
        )
    if table.state == "ready":
        with guarded():
            table_result.draw_result(desk.house.tables.preview(table.id, 20), None)
    _draw_sheets(desk, table)
    with st.form(f"options-{table.id}"):
        wanted = _draw_options(table)
        if st.form_submit_button("Read it this way", icon=":material/refresh:"):
            with guarded():
                desk.house.tables.change(table.id, wanted)
                st.rerun()


def _draw_sheets(desk: FilesDesk, table: Table) -> None:
    """The other sheets of a workbook, each of which can be a table too."""
    loaded = {one.options.sheet for one in desk.tables if one.filename == table.filename}
    others = [sheet for sheet in table.sheets if sheet not in loaded]
    if others and st.button(
        f"Load {figures.counted(len(others), 'more sheet')}", key=f"sheets-{table.id}", icon=":material/tab:"
    ):
        with guarded():
            desk.house.tables.add_sheets(table.id, others)
            st.rerun()


def _draw_options(table: Table) -> ReadOptions:
    """The options as they stand, to be changed."""
    options = table.options
    if len(table.sheets) > 1:
        shown = options.sheet or table.sheets[0]
        sheet = st.selectbox("Sheet", table.sheets, index=table.sheets.index(shown))
        options = replace(options, sheet=sheet)
    left, middle, right = st.columns(3)
    delimiters = list(dict.fromkeys([options.delimiter or ",", *DELIMITERS]))
    delimiter = left.selectbox(
        "Columns are parted by", delimiters, format_func=lambda one: DELIMITERS.get(one, one)
    )
    decimals = [
        "." if options.decimal is None else options.decimal,
        *(sign for sign in DECIMALS if sign != options.decimal),
    ]
    decimal = middle.selectbox(
        "Numbers look like", list(dict.fromkeys(decimals)), format_func=lambda sign: DECIMALS[sign]
    )
    has_header = right.checkbox("The first row names the columns", options.has_header is not False)
    types = _draw_types(table.columns)
    return replace(
        options, delimiter=delimiter, decimal=decimal, thousands=None, has_header=has_header, types=types
    )


def _draw_types(columns: tuple[Column, ...]) -> dict[str, ColumnType]:
    """What kind of value each column holds."""
    rows = [{"column": one.title, "type": one.type, "like": ", ".join(one.samples[:3])} for one in columns]
    edited = st.data_editor(
        rows,
        hide_index=True,
        disabled=["column", "like"],
        column_config={
            "column": st.column_config.TextColumn("Column"),
            "type": st.column_config.SelectboxColumn("Holds", options=TYPES, required=True),
            "like": st.column_config.TextColumn("For example"),
        },
    )
    changed = zip(columns, edited, strict=True)
    return {column.name: row["type"] for column, row in changed if row["type"] != column.type}
