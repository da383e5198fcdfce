"""The lines of a data set: read, and one of them changed."""

from __future__ import annotations

import streamlit as st

from components.failures import show
from components.finetune.reading import Read
from components.house import House
from components.plain import plain
from services.errors import AppError
from services.tuning.alternatives import answer_of, asked_in
from services.tuning.checking import Checked, check_line

EXCERPT = 160
STATES = {True: "", False: "error"}


def draw(house: House, found: Read) -> None:
    """Draw the table, and the line that is chosen."""
    st.subheader("Examples", anchor=False)
    held = {line.number for line in found.split.validation}
    picked = st.dataframe(
        [_row(line, line.number in held) for line in found.report.lines],
        hide_index=True,
        height=320,
        on_select="rerun",
        selection_mode="single-row",
        key=f"lines-{found.data_set.id}-{found.data_set.revision}",
    ).selection.rows
    if not picked:
        st.caption("Choose a row to read it whole, change it or take it out.")
        return
    _draw_line(house, found, found.report.lines[picked[0]])


def _row(line: Checked, is_held: bool) -> dict[str, object]:
    example = line.example
    try:
        question, answer = (
            (asked_in(example), answer_of(example)) if line.is_sound and example else (line.text, "")
        )
    except (AttributeError, IndexError, KeyError, TypeError):
        question, answer = line.text, ""
    return {
        "Line": line.number,
        "Question": question[:EXCERPT],
        "Answer": answer[:EXCERPT],
        "Tokens": line.tokens,
        "For": "" if not line.is_sound else "testing" if is_held else "training",
        "Found": ", ".join(
            sorted({f"{one.severity}: {one.kind.replace('_', ' ')}" for one in line.findings})
        ),
    }


def _draw_line(house: House, found: Read, line: Checked) -> None:
    line_id = found.id_of(line.number)
    with st.container(border=True):
        text = st.text_area(
            f"Line {line.number}", line.text, height=180, key=f"line-{line_id}-{found.data_set.revision}"
        )
        now = check_line(line.number, text or "", found.base)
        for finding in now.findings:
            icon = ":red[:material/error:]" if finding.severity == "error" else ":orange[:material/warning:]"
            st.markdown(f"{icon} {plain(finding.sentence)}")
        with st.container(horizontal=True):
            save = st.button(
                "Save",
                type="primary",
                icon=":material/save:",
                key=f"save-line-{line_id}",
                disabled=text == line.text,
            )
            out = st.button("Take it out", icon=":material/delete:", key=f"drop-line-{line_id}")
    if save or out:
        # A file has one example a line: a line break in the text would make two of one.
        wanted = "" if out else " ".join((text or "").splitlines()).strip()
        try:
            house.data_sets.change(found.data_set.id, {line_id: wanted})
        except AppError as error:
            show(error)
            return
        st.rerun()
