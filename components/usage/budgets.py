"""The second tab: where the budgets stand, and where this month is heading. They are set in Settings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING

import streamlit as st

from components import figures, navigation, state
from components.house import House
from components.usage.desk import read
from services.metering.budgets import BudgetLine, Limits
from services.metering.periods import by_month_end, month_end

if TYPE_CHECKING:
    import altair as alt

TITLES = {"conversation": "A conversation", "day": "Today", "month": "This month"}
SIGNS = {
    "fine": ":green[:material/check_circle:]",
    "near": ":orange[:material/warning:]",
    "over": ":red[:material/block:]",
}
HEIGHT_PX = 260
LIMIT_COLOUR = "#dc2626"


def draw(house: House) -> None:
    """Draw the tab."""
    limits = house.budgets.limits()
    lines = house.budgets.state(house.ledger, _dearest(house), datetime.now(UTC), state.zone()).lines
    if lines or limits.conversation_usd is not None:
        _draw_lines(lines, limits)
    else:
        _teach()
    st.page_link(
        navigation.page("settings"),
        label="Change the budgets in Settings" if lines else "Set a budget in Settings",
        icon=":material/tune:",
        query_params={"settings-tabs": "Budgets"},
    )
    _draw_month(house, limits)


def _dearest(house: House) -> str | None:
    """The conversation that cost most in the last 30 days: the limit of a conversation binds there first."""
    dearest = read(house, "30 days").dearest
    return dearest[0].conversation_id if dearest else None


def _teach() -> None:
    st.info(
        "No budget is set. With one, a request that would pass it is not sent, or you are only warned, as you like. "
        "There are budgets for a conversation, a day and a month; answers of the local model are free and never stopped.",
        icon=":material/savings:",
    )


def _draw_lines(lines: tuple[BudgetLine, ...], limits: Limits) -> None:
    what = (
        "A request that would pass a budget is **not sent**."
        if limits.hard
        else "A budget that is passed only **warns**; nothing is stopped."
    )
    st.markdown(f"{what} From {limits.warn_share:.0%} on you are warned in the sidebar.")
    with st.grid(3, border=True, min_column_width=210) as grid:
        for scope, title in TITLES.items():
            line = next((line for line in lines if line.scope == scope), None)
            with grid.cell():
                if line is None:
                    _draw_unset(title, limits, scope)
                else:
                    _draw_line(title, line)


def _draw_unset(title: str, limits: Limits, scope: str) -> None:
    st.markdown(f"**{title}**")
    limit = getattr(limits, f"{scope}_usd")
    if limit is None:
        st.caption("No budget")
    else:
        st.caption(f"{figures.money(limit)} each; none has cost anything in 30 days.")


def _draw_line(title: str, line: BudgetLine) -> None:
    name = "The dearest conversation" if line.scope == "conversation" else title
    st.markdown(f"{SIGNS[line.state]} **{name}**")
    used = min(line.spent_usd / line.limit_usd, Decimal(1)) if line.limit_usd else Decimal(1)
    st.progress(float(used), f"{figures.money(line.spent_usd)} of {figures.money(line.limit_usd)}")
    if not line.limit_usd:
        st.caption("A budget of nothing: only what is free is sent.")
    elif line.state == "over":
        st.caption(f"Passed by {figures.money(line.spent_usd - line.limit_usd)}.")
    else:
        st.caption(f"{figures.money(line.left_usd)} left.")
    if line.unknown_cost_calls:
        calls = figures.counted(line.unknown_cost_calls, "call")
        st.caption(f":orange[:material/help:] {calls} at an unknown price are not in it.")


def _draw_month(house: House, limits: Limits) -> None:
    month = read(house, "This month")
    costs = [sum((one.cost_usd for one in sums), Decimal(0)) for sums in month.sums]
    spent = sum(costs, Decimal(0))
    st.subheader("This month", anchor=False)
    if not spent:
        st.caption("Nothing spent this month that is known.")
        return
    days = [bucket.day for bucket in month.span.buckets]
    ahead = by_month_end(costs, days[-1])
    words = f"{figures.money(spent)} spent; at the pace of its last week {figures.money(ahead)} by its end."
    passes = limits.month_usd is not None and spent < limits.month_usd <= ahead
    st.markdown(words + (" :orange[That passes the month's budget.]" if passes else ""))
    st.altair_chart(_chart(days, costs, ahead, limits.month_usd), alt=words.replace("\\", ""))


def _chart(
    days: list[date], costs: list[Decimal], ahead: Decimal, limit: Decimal | None
) -> alt.LayerChart | alt.FacetChart:
    """What was spent up to each day, where it leads, and the budget."""
    import altair as alt
    import pandas as pd

    sofar, last = list(accumulate(float(usd) for usd in costs)), month_end(days[-1])
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", tickCount=6))
    y = alt.Y("usd:Q", title=None, axis=alt.Axis(format="$,.4~r", tickCount=5))
    tips = [alt.Tooltip("day:T", format="%d %b"), alt.Tooltip("usd:Q", format="$,.2f", title="spent by then")]
    spent = pd.DataFrame({"day": [d.isoformat() for d in days], "usd": sofar})
    path = pd.DataFrame({"day": [days[-1].isoformat(), last.isoformat()], "usd": [sofar[-1], float(ahead)]})
    layers = [
        alt.Chart(spent).mark_area(line=True, opacity=0.25).encode(x=x, y=y, tooltip=tips),
        alt.Chart(path).mark_line(strokeDash=[5, 5], opacity=0.7).encode(x=x, y=y, tooltip=tips),
    ]
    if limit is not None:
        edge = pd.DataFrame({"usd": [float(limit)], "what": [f"budget ${limit:,.2f}"]})
        rule = alt.Chart(edge).encode(y="usd:Q")
        layers.append(rule.mark_rule(color=LIMIT_COLOUR, strokeWidth=2))
        words = rule.mark_text(color=LIMIT_COLOUR, align="left", dx=4, dy=9).encode(
            text="what:N", x=alt.value(0)
        )
        layers.append(words)
    return alt.layer(*layers).properties(height=HEIGHT_PX)
