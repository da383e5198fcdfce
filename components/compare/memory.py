"""Where memory lives: for each lane what the client holds and what the server holds, filling up as the talk goes on."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import streamlit as st

from components import figures
from components.compare.looks import LaneLook, looks
from services.compare.memory import Kind, Memory, Piece, Side, remembered
from services.compare.records import LaneTalk

ICONS: dict[Kind, str] = {
    "instructions": ":material/description:",
    "history": ":material/forum:",
    "files": ":material/folder:",
    "tools": ":material/function:",
    "pointer": ":material/tag:",
    "index": ":material/manage_search:",
    "sandbox": ":material/terminal:",
}
SIDES: dict[Side, str] = {
    "client": ":material/computer: **Client**, your program",
    "server": ":material/dns: **Server**",
}
NOTHING: dict[Side, str] = {
    "client": "Holds nothing.",
    "server": "Holds nothing: once the answer is sent, all is forgotten.",
}
# Widths are drawn for this many pixels and scale down with the column.
BAR_PX = 300


def draw(talks: Sequence[LaneTalk]) -> None:
    """Draw what each lane's client and server remember, after the turn the person chose."""
    turns = max((len(talk.turns) for talk in talks), default=0)
    st.caption(
        "The same talk, and the same model. What differs is who keeps it between two messages, and so what has to travel."
    )
    after = _turn(turns)
    full = [remembered(talk) for talk in talks]
    most = _largest(full)
    seen = looks([talk.lane for talk in talks])
    for column, talk, look in zip(st.columns(len(talks)), talks, seen, strict=True):
        with column:
            _draw_lane(remembered(talk, after), look, most)


def _turn(turns: int) -> int:
    if turns < 2:
        return turns
    return st.slider(
        "After turn",
        0,
        turns,
        turns,
        key=f"compare-memory-turn-{turns}",
        help="Move it back to see the memory fill again.",
    )


def _largest(memories: Sequence[Memory]) -> dict[Kind, int]:
    """The largest amount of each kind of piece: bars of the same kind can be compared between lanes."""
    most: dict[Kind, int] = {}
    for memory in memories:
        for piece in memory.pieces:
            most[piece.kind] = max(most.get(piece.kind, 0), piece.amount or 0)
    # Instructions and history are both tokens that a prompt carries: one measure for both.
    words = max(most.get("instructions", 0), most.get("history", 0))
    return {**most, "instructions": words, "history": words}


def _draw_lane(memory: Memory, look: LaneLook, most: Mapping[Kind, int]) -> None:
    st.markdown(look.badge)
    for side, name in SIDES.items():
        with st.container(border=True, gap="xsmall"):
            st.markdown(name)
            pieces = memory.on(side)
            if not pieces:
                st.caption(NOTHING[side])
            for piece in pieces:
                _draw_piece(piece, look, most.get(piece.kind, 0))
    st.caption(f":material/restart_alt: **After a restart.** {memory.after_restart}")


def _draw_piece(piece: Piece, look: LaneLook, most: int) -> None:
    travels = f":{look.colour}[:material/sync_alt: sent each turn]" if piece.travels else ""
    size = _size(piece)
    details = " · ".join(filter(None, (f":gray[{size}]" if size else "", travels)))
    st.markdown(f"{ICONS[piece.kind]} {piece.name}" + (f"  \n:small[{details}]" if details else ""))
    if piece.amount is not None and most:
        picture = base64.b64encode(_bar(piece.amount / most, look.hex).encode()).decode()
        st.markdown(f"![{piece.name}: {size}](data:image/svg+xml;base64,{picture})")


def _size(piece: Piece) -> str:
    if piece.amount is None:
        return piece.count
    amount = figures.size(piece.amount) if piece.unit == "bytes" else f"{piece.amount:,} {piece.unit}"
    return f"{piece.count}, {amount}" if piece.count else amount


def _bar(share: float, colour: str) -> str:
    """A thin bar filled to `share`, SVG."""
    track = f'<rect width="{BAR_PX}" height="8" rx="4" fill="#8b95a5" fill-opacity="0.22"/>'
    width = max(BAR_PX * min(share, 1.0), 8.0) if share > 0 else 0.0
    fill = f'<rect width="{width:.1f}" height="8" rx="4" fill="{colour}"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{BAR_PX}" height="8" '
        f'viewBox="0 0 {BAR_PX} 8">{track}{fill}</svg>'
    )
