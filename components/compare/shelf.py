"""Saved comparisons: the latest in the sidebar, and what can be done with the one that is open."""

from __future__ import annotations

import streamlit as st

from components import figures, state
from components.compare.desk import BLIND, Desk, forget_draft, new_lane
from components.failures import show
from components.house import House
from components.plain import plain
from services.compare.records import LANES_MAX, Comparison
from services.compare.sharing import from_file, to_file
from services.errors import AppError
from services.naming import shorten
from services.turns import Mode

RECENT = 6
LISTED = 40
SHOWN_CHARS = 34
UNTITLED = "New comparison"
RENAME, COPY, SHARE, DELETE = "Rename", "Duplicate", "Share as a file", "Delete"
MENU = {
    RENAME: ":material/edit: ",
    COPY: ":material/content_copy: ",
    SHARE: ":material/ios_share: ",
    DELETE: ":material/delete: ",
}


def draw_recent(house: House, current: str | None) -> None:
    """Draw the newest comparisons in the sidebar."""
    with st.sidebar, st.container(gap="xsmall"):
        st.button(
            "New comparison",
            icon=":material/add:",
            key="new-comparison",
            width="stretch",
            on_click=_begin_anew,
            args=(house,),
        )
        recent = house.comparisons.list(RECENT + 1)
        for comparison in recent[:RECENT]:
            _draw_link(comparison, current, "recent")
        if not recent:
            st.caption("Comparisons are kept on this machine, with every answer and figure.")
        with st.container(horizontal=True, gap="xsmall"):
            if len(recent) > RECENT and st.button(
                "All", icon=":material/manage_search:", type="tertiary", key="all-comparisons"
            ):
                _all(house, current)
            if st.button("Open a file", icon=":material/upload:", type="tertiary", key="open-shared"):
                _import(house)


def _begin_anew(house: House) -> None:
    forget_draft(house)
    state.open_comparison(None)


def _draw_link(comparison: Comparison, current: str | None, where: str) -> bool:
    """A link by its title; whether it was clicked. The address changes first, so that the page is drawn once, not twice."""
    title = plain(shorten(comparison.title or UNTITLED, SHOWN_CHARS))
    label = f"**{title}**" if comparison.id == current else title
    return st.button(
        label,
        key=f"{where}-{comparison.id}",
        type="tertiary",
        wrap=False,
        on_click=state.open_comparison,
        args=(comparison.id,),
    )


def _open(comparison_id: str | None) -> None:
    state.open_comparison(comparison_id)
    st.rerun()


@st.dialog("Comparisons", icon=":material/manage_search:")
def _all(house: House, current: str | None) -> None:
    for comparison in house.comparisons.list(LISTED):
        if _draw_link(comparison, current, "listed"):
            st.rerun()
        when = (
            f"{comparison.updated_at.astimezone(state.zone()):%d %b %Y, %H:%M} · "
            if comparison.updated_at
            else ""
        )
        st.caption(when + figures.counted(len(comparison.lanes), "lane"))


@st.dialog("Open a shared comparison", icon=":material/upload:")
def _import(house: House) -> None:
    given = st.file_uploader(
        "A comparison shared from Tandem (JSON)", "json", key="import-comparison", max_upload_size=256
    )
    st.caption(
        "It is opened as a copy of your own. Lanes whose connection you lack can be read, and set up anew."
    )
    if given is not None and st.button("Open", type="primary", key="import-comparison-go"):
        try:
            made = house.comparisons.add(*from_file(given.getvalue()))
        except AppError as error:
            show(error)
            return
        _open(made.id)


# --- the open one -----------------------------------------------------------------------------


def draw_head(desk: Desk) -> None:
    """Draw the title, and what can be done with the comparison as a whole."""
    comparison = desk.comparison
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        title = comparison.title if comparison else None
        st.header(plain(title) if title else "Compare", anchor=False, width="stretch")
        if comparison is not None and desk.turns:
            _draw_blind(desk)
        if len(desk.lanes) < LANES_MAX and st.button(
            "Add a lane", icon=":material/add_column_right:", type="tertiary", key="add-lane"
        ):
            _add(desk)
        choice = (
            st.menu_button(
                "More",
                list(MENU),
                format_func=lambda option: MENU[option] + option,
                key="comparison-menu",
                type="tertiary",
                icon=":material/more_horiz:",
                help="What can be done with this comparison",
            )
            if comparison is not None
            else None
        )
    if comparison is not None and choice is not None:
        _act(desk, comparison, choice)


def _draw_blind(desk: Desk) -> None:
    wanted = st.toggle(
        "Blind",
        desk.is_blind,
        key=f"blind-{desk.comparison.id if desk.comparison else ''}-{desk.is_blind}",
        help="Read the answers without the names of the lanes, and vote for the best.",
    )
    if wanted != desk.is_blind:
        desk.save({**desk.settings, BLIND: wanted})
        st.rerun()


def _add(desk: Desk) -> None:
    """Add a lane in the mode that is seen least."""
    modes = [lane.mode for lane in desk.lanes]
    mode = min(Mode, key=modes.count)
    desk.add_lane(new_lane(desk.house, desk.choice, mode))
    if desk.turns:
        state.notify(
            f"The new lane first answers {figures.counted(desk.turns, 'message')} asked so far.",
            ":material/add_column_right:",
        )
    st.rerun()


def _act(desk: Desk, comparison: Comparison, choice: str) -> None:
    match choice:
        case "Rename":
            _rename(desk, comparison)
        case "Duplicate":
            _open(desk.house.comparisons.duplicate(comparison.id).id)
        case "Share as a file":
            _share(desk, comparison)
        case "Delete":
            _delete(desk, comparison)


@st.dialog("Rename", icon=":material/edit:")
def _rename(desk: Desk, comparison: Comparison) -> None:
    with st.form("rename-comparison", border=False):
        title = st.text_input("Name", comparison.title or "", max_chars=200)
        if st.form_submit_button("Rename", type="primary"):
            try:
                desk.house.comparisons.rename(comparison.id, title or "")
            except AppError as error:
                show(error)
            else:
                st.rerun()


@st.dialog("Share as a file", icon=":material/ios_share:")
def _share(desk: Desk, comparison: Comparison) -> None:
    st.markdown(
        "The file holds the lanes, every message with its attachments, the answers, figures and votes. "
        "Keys and what went over the wire stay here."
    )
    st.download_button(
        "Download",
        lambda: to_file(comparison, desk.house.comparisons.talks(comparison)),
        "tandem-comparison.json",
        "application/json",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )


@st.dialog("Delete this comparison", icon=":material/delete:")
def _delete(desk: Desk, comparison: Comparison) -> None:
    st.markdown(
        "All its messages, answers and files will be gone for good, here and on the servers that keep them for its lanes."
    )
    with st.container(horizontal=True):
        if st.button("Delete for good", type="primary", icon=":material/delete_forever:", key="delete-go"):
            try:
                _delete_all(desk, comparison)
            except AppError as error:
                show(error)
            else:
                _open(None)
        if st.button("Keep", key="delete-keep"):
            st.rerun()


def _delete_all(desk: Desk, comparison: Comparison) -> None:
    for live in desk.live.values():
        live.stop()
        live.join()
    kept = [(desk.way(lane), desk.house.comparisons.on_server(lane)) for lane in comparison.lanes]
    desk.house.comparisons.delete(comparison.id)
    for way, ids in kept:
        desk.house.comparing.forget_on_server(way, ids)
    state.notify("The comparison is deleted.", ":material/delete_forever:")
