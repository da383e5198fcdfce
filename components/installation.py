"""The state of this installation: the local model, the upstream, what is stored, what today cost."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from components import figures, state
from components.house import House
from components.redraw import watched
from services.address import own_base_url
from services.connections import LOCAL
from services.health import EngineState, engine_state
from services.metering import periods

REFRESH_S = 2.0
WORDS = {
    "ready": ("Ready", ":green[:material/check_circle:]"),
    "loading": ("Loading", ":orange[:material/hourglass_top:]"),
    "fetching": ("Downloading", ":orange[:material/downloading:]"),
    "stopped": ("Asleep", ":gray[:material/bedtime:]"),
    "missing": ("Not downloaded", ":red[:material/cloud_download:]"),
    "crashed": ("Restarting", ":orange[:material/refresh:]"),
    "failed": ("Not running", ":red[:material/error:]"),
}


def draw(house: House) -> None:
    """Draw four cards that say how things stand."""
    day = periods.today(datetime.now(UTC), state.zone())
    today = house.ledger.totals(since=day.start, before=day.end)
    report = house.conversations.storage_report()
    upstream = next(c for c in house.connections() if c.name != LOCAL)
    with st.grid(4, border=True, min_column_width=170) as grid:
        with grid.cell():
            _local_model(house)
        with grid.cell():
            sign = ":green[:material/check_circle:]" if upstream.api_key else ":gray[:material/key_off:]"
            st.markdown(f"**{upstream.name}**  \n{sign} {'Key set' if upstream.api_key else 'No key'}")
            st.caption(upstream.host)
        with grid.cell():
            st.markdown(
                f"**Kept here**  \n{figures.counted(report.conversations, 'conversation')}, "
                f"{figures.counted(report.turns, 'turn')}"
            )
            st.caption(
                f"{figures.size(report.database_bytes + report.blobs_bytes)} in {house.settings.home.name}/"
            )
        with grid.cell():
            used = today.usage.total_tokens or 0
            st.markdown(f"**Today**  \n{figures.counted(used, 'token')}, {figures.money(today.cost_usd)}")
            unknown = f", {today.unknown_cost_calls} at an unknown price" if today.unknown_cost_calls else ""
            st.caption(f"{figures.counted(today.calls, 'call')}{unknown}")


@watched(REFRESH_S)
def _local_model(house: House) -> None:
    engine = engine_state(own_base_url()) or EngineState("failed")
    word, sign = WORDS.get(engine.state, (engine.state, ""))
    st.markdown(f"**Local model**  \n{sign} {word}")
    if engine.state == "fetching" and engine.progress is not None:
        st.progress(engine.progress)
    st.caption(engine.error or house.settings.chat_model)
