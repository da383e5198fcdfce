"""The fourth tab: what models cost, where that is from, and prices of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import streamlit as st

from components import figures, state
from components.failures import show
from components.house import House
from components.plain import plain
from components.usage.desk import read
from components.usage.own_prices import draw as draw_own
from services.errors import AppError
from services.metering.library_prices import refresh
from services.metering.prices import ListPrice, list_price, price, price_table
from services.turns import Usage

if TYPE_CHECKING:
    import altair as alt

CALLS = 1_000
USUAL = Usage(1_500, 300)
BAR_PX = 22
ROW_PX, HEADER_PX, MOST_ROWS = 35, 38, 14


def draw(house: House) -> None:
    """Draw the tab."""
    used = _used(house)
    table = dict(price_table()) | {model: list_price(model) for model in used}
    _draw_source(house, table)
    typical = _typical(house)
    _draw_bars(list(table), typical, used)
    st.dataframe(
        [_row(model, found) for model, found in sorted(table.items(), key=_dearest_first)],
        hide_index=True,
        placeholder=figures.UNKNOWN,
        height=HEADER_PX + ROW_PX * min(len(table), MOST_ROWS),
        column_config={
            name: st.column_config.NumberColumn(format="$%.4g")
            for name in ("Sent", "Sent, from the cache", "Written")
        },
        alt="What each model costs, in dollars per million tokens",
    )
    st.caption(
        "USD per million tokens, standard tier. The local model is free. What is unknown is never counted as zero."
    )
    draw_own([model for model in used if table[model] is None])


def _used(house: House) -> list[str]:
    """Models called in the last 30 days that are not on this machine."""
    return sorted({one.model for one in read(house, "30 days").all if not one.local})


def _draw_source(house: House, table: dict[str, ListPrice | None]) -> None:
    sources = sorted({(p.source, p.date) for p in table.values() if p}, key=str)
    words = "; ".join(f"{source}{f', {day:%d %b %Y}' if day else ''}" for source, day in sources)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"From: {plain(words)}.", width="stretch")
        if st.button(
            "Refresh",
            icon=":material/refresh:",
            key="refresh-prices",
            help="Fetches the newest list of genai-prices from GitHub. Nothing of yours is sent.",
        ):
            _refresh(house, table)


def _refresh(house: House, before: dict[str, ListPrice | None]) -> None:
    try:
        with st.spinner("Fetching the newest prices"):
            fetched = house.loop.run(refresh())
    except AppError as error:
        show(error)
        return
    changed = [model for model, old in before.items() if _figures(list_price(model)) != _figures(old)]
    what = f"{plain(', '.join(changed[:5]))} changed." if changed else "None of these prices changed."
    more = f" And {len(changed) - 5} more." if len(changed) > 5 else ""
    state.notify(f"Prices of {fetched.date:%d %b %Y}. {what}{more}")
    st.rerun()


def _figures(found: ListPrice | None) -> tuple[Decimal | None, ...]:
    return (found.input, found.cached, found.output) if found else ()


def _typical(house: House) -> Usage:
    """What one of my calls uses on average; where there are none, a short question."""
    sums = read(house, "30 days").all
    calls = sum(one.calls for one in sums)
    sent = sum(one.units.get("prompt_tokens", 0) for one in sums)
    written = sum(one.units.get("completion_tokens", 0) for one in sums)
    return Usage(round(sent / calls), round(written / calls)) if calls and sent and written else USUAL


def _draw_bars(models: Sequence[str], typical: Usage, used: Sequence[str]) -> None:
    costs = {model: cost for model in models if (cost := price(model, typical)) is not None}
    if not costs:
        return
    whose = "like yours" if typical is not USUAL else "like a short question"
    st.subheader(f"What {CALLS:,} calls {whose} cost", anchor=False)
    st.caption(f"{typical.prompt_tokens:,} tokens sent and {typical.completion_tokens:,} written in each.")
    rows = [
        {
            "model": model,
            "usd": float(cost * CALLS),
            "words": f"${cost * CALLS:,.2f}",
            "whose": "used by you" if model in used else "not used lately",
        }
        for model, cost in costs.items()
    ]
    cheapest = min(rows, key=lambda row: row["usd"])
    dearest = max(rows, key=lambda row: row["usd"])
    alt_text = f"From {cheapest['words']} on {cheapest['model']} to {dearest['words']} on {dearest['model']}"
    st.altair_chart(_bars(rows), alt=alt_text)


def _bars(rows: list[dict[str, Any]]) -> alt.LayerChart | alt.FacetChart:
    import altair as alt
    import pandas as pd

    frame = pd.DataFrame(rows)
    order = [row["model"] for row in sorted(rows, key=lambda row: -row["usd"])]
    y = alt.Y("model:N", title=None, sort=order, axis=alt.Axis(labelLimit=180, labelOverlap=False))
    x = alt.X("usd:Q", title=None, axis=alt.Axis(format="$,.4~r", tickCount=5))
    colour = alt.Color(
        "whose:N",
        scale=alt.Scale(domain=["used by you", "not used lately"], range=["#4f46e5", "#8b95a5"]),
        legend=alt.Legend(title=None, orient="top"),
    )
    base = alt.Chart(frame).encode(y=y, x=x, tooltip=["model:N", alt.Tooltip("words:N", title="cost")])
    bars = base.mark_bar(cornerRadius=2).encode(color=colour)
    words = base.mark_text(align="left", dx=5, color="#8b95a5").encode(text="words:N")
    return alt.layer(bars, words).properties(height=BAR_PX * len(rows) + 40)


def _dearest_first(entry: tuple[str, ListPrice | None]) -> tuple[bool, Decimal, str]:
    model, found = entry
    return found is None, -((found.output or Decimal(0)) if found else Decimal(0)), model


def _row(model: str, found: ListPrice | None) -> dict[str, Any]:
    def usd(amount: Decimal | None) -> float | None:
        return None if amount is None else float(amount)

    return {
        "Model": model,
        "Sent": usd(found.input) if found else None,
        "Sent, from the cache": usd(found.cached) if found else None,
        "Written": usd(found.output) if found else None,
        "Source": found.source if found else None,
        "Date": _day(found.date) if found else None,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
