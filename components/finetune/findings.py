"""What the checks found, kind by kind, with the fixes there are."""

from __future__ import annotations

import streamlit as st

from components import figures
from components.failures import show
from components.finetune.reading import Read
from components.house import House
from components.plain import plain
from services.errors import AppError
from services.tuning.checking import counts, fix_all
from services.tuning.checks.private import PRIVATE
from services.tuning.records import Finding

MOST_NUMBERS = 12
BADGES = {
    "error": ":red-badge[:material/error: error]",
    "warning": ":orange-badge[:material/warning: look at it]",
}


def draw(house: House, found: Read) -> None:
    """Draw the findings."""
    kinds = counts(found.report)
    if not kinds:
        st.success("Every line is as a server takes it, and nothing else was found.", icon=":material/check:")
        return
    fixable = fix_all(found.report)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("What the checks found", anchor=False)
        if fixable and st.button(
            f"Mend {figures.counted(len(fixable), 'line')}",
            type="primary",
            icon=":material/build:",
            key="fix-all",
            help="Makes every fix that needs no decision. Keys and personal data are left to you.",
        ):
            _fix(house, found, fixable)
    for finding, numbers, fixed in kinds:
        _draw_kind(house, found, finding, numbers, fixed)


def _draw_kind(house: House, found: Read, finding: Finding, numbers: list[int], fixable: int) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        where = f"  \n:small[{plain(_where(numbers))}]" if numbers else ""
        st.markdown(f"{BADGES[finding.severity]} {plain(finding.sentence)}{where}", width="stretch")
        if fixable:
            word = "Cover" if finding.kind in PRIVATE else "Take out" if finding.fixed == "" else "Mend"
            if st.button(
                f"{word} {fixable:,}", key=f"fix-{finding.severity}-{finding.kind}", icon=":material/build:"
            ):
                _fix(house, found, fix_all(found.report, finding.kind))


def _where(numbers: list[int]) -> str:
    told = ", ".join(f"{number:,}" for number in numbers[:MOST_NUMBERS])
    more = len(numbers) - MOST_NUMBERS
    return f"Line{'s' if len(numbers) > 1 else ''} {told}" + (f" and {more:,} more" if more > 0 else "")


def _fix(house: House, found: Read, texts: dict[int, str]) -> None:
    try:
        house.data_sets.change(
            found.data_set.id, {found.id_of(number): text for number, text in texts.items()}
        )
    except AppError as error:
        show(error)
        return
    st.rerun()
