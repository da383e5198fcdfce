"""What runs out first: my requests and their tokens against a tier."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import streamlit as st

from components import state
from components.failures import show
from components.house import House
from components.plain import plain
from components.usage.desk import read
from services.errors import InvalidInput
from services.metering.tiers import LIMITS, Load, Tier, Tiers, loads, most_requests_per_minute, seen_tier

if TYPE_CHECKING:
    import altair as alt

MOST_PER_MINUTE, MOST_TOKENS = 1_000_000, 2_000_000
USUAL_TOKENS = 2_000
BAR_PX = 46
FINE, PASSED = "fits", "passes the limit"


def draw(house: House) -> None:
    """Draw the calculator and the table of tiers."""
    st.subheader("What runs out first", anchor=False)
    tiers = Tiers(house.preferences)
    offered = [*filter(None, map(seen_tier, house.rate_limits.all())), *tiers.all()]
    if offered:
        _draw_loads(house, {tier.name: tier for tier in offered})
    _draw_tiers(tiers)


def _draw_loads(house: House, offered: dict[str, Tier]) -> None:
    usual = _usual_tokens(house)
    with st.grid(3, min_column_width=200):
        name = st.selectbox("Limits", list(offered), key="tier")
        rate = st.number_input(
            "Requests a minute", 1, MOST_PER_MINUTE, 60, 10, key="tier-requests", help="At the busiest time."
        )
        size = st.number_input(
            "Tokens a request",
            1,
            MOST_TOKENS,
            usual or USUAL_TOKENS,
            100,
            key="tier-tokens",
            help="Sent and written together. The history of a conversation is sent again each time, so it grows.",
        )
    tier = offered[name or next(iter(offered))]
    found = loads(tier, rate or 1, size or 1)
    st.markdown(_verdict(tier, found, size or 1))
    st.altair_chart(_chart(found), alt=_described(found))
    day = f", {tier.date:%d %b %Y}" if tier.date else ""
    own = f" Your calls of the last 30 days took {usual:,} tokens each on average." if usual else ""
    st.caption(f"Limits: {plain(tier.source) or 'set by you'}{day}.{own}")


def _usual_tokens(house: House) -> int | None:
    """Tokens of a call on average over the last 30 days; local calls have no limits and are left out."""
    sums = [one for one in read(house, "30 days").all if not one.local]
    calls = sum(one.calls for one in sums)
    count = sum(one.units.get("prompt_tokens", 0) + one.units.get("completion_tokens", 0) for one in sums)
    return min(max(round(count / calls), 1), MOST_TOKENS) if calls and count else None


def _verdict(tier: Tier, found: Sequence[Load], size: int) -> str:
    first = found[0]
    most = most_requests_per_minute(tier, size)
    bears = f"With {size:,} tokens each it bears {_count(most)} a minute for good." if most else ""
    if first.runs_out_after_s is None:
        return (
            f":green[:material/check_circle:] **It fits.** The nearest limit is {first.label.lower()}: "
            f"{first.share:.0%} of it is used. {bears}"
        )
    window = "minute" if first.window_s == 60 else "day"
    return (
        f":red[:material/block:] **{first.label} run out first**: after {_time(first.runs_out_after_s)} of each {window}, "
        f"and until the next one every request is answered with 429. {bears}"
    )


def _count(value: float) -> str:
    return f"{math.floor(value):,}" if value >= 1 else f"{value:.2g}"


def _time(seconds: float) -> str:
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"


def _chart(found: Sequence[Load]) -> alt.LayerChart | alt.FacetChart:
    import altair as alt
    import pandas as pd

    frame = pd.DataFrame(
        [
            {
                "limit": load.label,
                "share": min(load.share, 1e6),
                "state": PASSED if load.share > 1 else FINE,
                "words": f"{load.wanted:,.0f} of {load.limit:,}",
            }
            for load in found
        ]
    )
    colour = alt.Scale(domain=[FINE, PASSED], range=["#0d9488", "#dc2626"])
    bars = (
        alt.Chart(frame)
        .mark_bar(cornerRadius=3, height={"band": 0.6})
        .encode(
            x=alt.X(
                "share:Q",
                title=None,
                scale=alt.Scale(domainMin=0, domainMax=max(1.1, 1.1 * float(frame["share"].max()))),
                axis=alt.Axis(format="%", tickCount=5),
            ),
            y=alt.Y("limit:N", title=None, sort=list(frame["limit"]), axis=alt.Axis(labelLimit=200)),
            color=alt.Color("state:N", scale=colour, legend=None),
            tooltip=[alt.Tooltip("limit:N"), alt.Tooltip("words:N", title="wanted"), "state:N"],
        )
    )
    edge = alt.Chart(pd.DataFrame({"x": [1.0]})).mark_rule(strokeDash=[4, 4], strokeWidth=2, color="#8b95a5")
    return alt.layer(bars, edge.encode(x="x:Q")).properties(height=BAR_PX * len(found) + 30)


def _described(found: Sequence[Load]) -> str:
    return "; ".join(
        f"{load.label}: {load.wanted:,.0f} of {load.limit:,}, {load.share:.0%}" for load in found
    )


# --- the table of tiers -----------------------------------------------------------------------


def _draw_tiers(tiers: Tiers) -> None:
    with st.expander("Tiers, to change or add to", icon=":material/table_edit:"):
        st.caption(
            "OpenAI states limits for each model and account, on the page of your organisation. Put yours in here."
        )
        columns = {name: label for name, _, _, label in LIMITS}
        edited = st.data_editor(
            [_row(tier) for tier in tiers.all()],
            num_rows="dynamic",
            hide_index=True,
            placeholder="",
            key="tiers",
            column_config={
                "name": st.column_config.TextColumn("Tier", required=True, pinned=True),
                **{
                    name: st.column_config.NumberColumn(label, min_value=1, step=1, format="localized")
                    for name, label in columns.items()
                },
                "source": "Source",
                "date": st.column_config.DateColumn("Date", format="YYYY-MM-DD"),
            },
        )
        with st.container(horizontal=True):
            save = st.button("Save", key="save-tiers", type="primary")
            if tiers.are_changed and st.button("Back to the known ones", key="reset-tiers"):
                tiers.reset()
                st.session_state.pop("tiers", None)
                st.rerun()
        if save:
            _save(tiers, edited)


def _row(tier: Tier) -> dict[str, Any]:
    return {
        "name": tier.name,
        **{name: getattr(tier, name) for name, _, _, _ in LIMITS},
        "source": tier.source,
        "date": tier.date,
    }


def _save(tiers: Tiers, rows: Sequence[dict[str, Any]]) -> None:
    try:
        tiers.save([_tier(row) for row in rows])
    except InvalidInput as error:
        show(error)
        return
    state.notify("Tiers saved.")
    st.rerun()


def _tier(row: dict[str, Any]) -> Tier:
    day = row.get("date")
    return Tier(
        str(row.get("name") or ""),
        **{name: int(row[name]) if row.get(name) else None for name, _, _, _ in LIMITS},
        source=str(row.get("source") or ""),
        date=date.fromisoformat(str(day)[:10]) if day else None,
    )
