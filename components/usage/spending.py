"""The first tab: what was used and spent, by time, mode, model and connection."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import streamlit as st

from components import figures, navigation, state
from components.house import House
from components.plain import plain
from components.usage import chart, export, table
from components.usage.desk import Spending, is_empty, read
from components.usage.measures import CONNECTION, COST, KIND, MODE, MODEL, TOKENS, Measure, measures
from services.catalog import equivalent_models
from services.errors import NotFound
from services.metering.periods import PERIODS
from services.metering.prices import MILLION, list_price

UNKNOWN_HELP = (
    "Calls to models whose price nobody has told Tandem. Set it under Prices; it counts from then on."
)


def draw(house: House) -> None:
    """Draw the tab."""
    if is_empty(house):
        _teach()
        return
    period = (
        st.segmented_control(
            "Period",
            PERIODS,
            default="30 days",
            required=True,
            key="usage-period",
            label_visibility="collapsed",
        )
        or "30 days"
    )
    spending = read(house, period)
    _warn_of_clock(spending)
    if not spending.calls:
        st.info("No calls in this time. Choose a longer one.", icon=":material/event_busy:")
        return
    _draw_figures(spending)
    _draw_saved(spending)
    _draw_chart(spending)
    table.draw(spending)
    _draw_dearest(house, spending)
    export.draw(house, spending)


def _teach() -> None:
    with st.container(border=True):
        st.subheader("Nothing used yet", anchor=False)
        st.markdown(
            "Every call to a model is entered in a ledger here: when, which model, how many tokens, and what it cost. "
            "No text is kept in it. After your first message this page shows:"
        )
        st.markdown(
            ":material/bar_chart: what each day cost, by mode, model and connection  \n"
            ":material/token: tokens by kind, for a cached token costs a tenth of a fresh one  \n"
            ":material/forum: the conversations that cost most"
        )
        with st.container(horizontal=True):
            st.page_link(navigation.page("chat"), label="Start a conversation", icon=":material/chat_bubble:")
    st.caption("Answers of the local model are entered too, at no cost.")


def _warn_of_clock(spending: Spending) -> None:
    if spending.later_calls:
        calls = figures.counted(spending.later_calls, "call")
        st.warning(
            f"Dated in the future: {calls}. The clock of this machine was ahead then, and has been set back. "
            "They are in the export, but in no figure here and in no budget until their day comes.",
            icon=":material/schedule:",
        )


def _draw_figures(spending: Spending) -> None:
    def of(measure: str) -> list[float]:
        return [sum(one.units.get(measure, 0) for one in sums) for sums in spending.sums]

    unknown = sum(one.unknown_cost_calls for one in spending.all)
    failed = sum(one.failed_calls for one in spending.all)
    calls = [sum(one.calls for one in sums) for sums in spending.sums]
    costs = [float(sum((one.cost_usd for one in sums), Decimal(0))) for sums in spending.sums]
    sent, written = of("prompt_tokens"), of("completion_tokens")
    with st.grid(4, min_column_width=160):
        st.metric(
            "Spent",
            figures.money(spending.cost_usd).replace("\\", ""),
            f"+ {unknown:,} unknown" if unknown else None,
            delta_color="off",
            delta_arrow="off",
            help=UNKNOWN_HELP if unknown else None,
            border=True,
            height="stretch",
            chart_data=costs,
            chart_type="bar",
        )
        st.metric(
            "Calls",
            figures.tokens(sum(calls)),
            f"{failed:,} failed" if failed else None,
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            chart_data=calls,
            chart_type="bar",
        )
        for label, counts in (("Tokens sent", sent), ("Tokens written", written)):
            st.metric(
                label, _short(sum(counts)), border=True, height="stretch", chart_data=counts, chart_type="bar"
            )


def _draw_saved(spending: Spending) -> None:
    """What the answers of the local model would have cost elsewhere, without a prompt cache."""
    own = [one for one in spending.all if one.local]
    sent, written = (
        int(sum(one.units.get(name, 0) for one in own)) for name in ("prompt_tokens", "completion_tokens")
    )
    model = equivalent_models()[0]
    listed = list_price(model)
    if not sent or listed is None or listed.input is None or listed.output is None:
        return
    cost = (sent * listed.input + written * listed.output) / MILLION
    calls = figures.counted(sum(one.calls for one in own), "call")
    st.caption(
        f":material/memory: {calls} to the local model cost nothing; on {model} about {figures.money(cost)}."
    )


def _short(count: float) -> str:
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if count >= size:
            return f"{count / (1e3 if letter == 'k' else size):,.1f}{letter}"
    return f"{count:,.0f}"


def _draw_chart(spending: Spending) -> None:
    offered = {measure.label: measure for measure in measures(spending.all)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        default = "Cost" if spending.cost_usd else "Tokens"
        shown = st.segmented_control(
            "Show", list(offered), default=default, required=True, key="usage-measure"
        )
        measure = offered[shown or default]
        by = st.segmented_control(
            "Parted by",
            list(_ways(measure)),
            default=MODE,
            required=True,
            key=f"usage-by-{measure.name == TOKENS}",
        )
    if measure.name == COST and not spending.cost_usd:
        st.info("Nothing of this cost anything that is known.", icon=":material/savings:")
        return
    chart.draw(spending, measure, by or MODE)


def _ways(measure: Measure) -> Iterator[str]:
    yield from (MODE, MODEL, CONNECTION)
    if measure.name == TOKENS:
        yield KIND


def _draw_dearest(house: House, spending: Spending) -> None:
    if not spending.dearest:
        return
    st.subheader("The dearest conversations", anchor=False)
    limit = house.budgets.limits().conversation_usd
    for one in spending.dearest:
        with st.container(horizontal=True, vertical_alignment="center"):
            _draw_way(house, one.conversation_id)
            over = " :red-badge[over its budget]" if limit is not None and one.cost_usd >= limit else ""
            st.markdown(f"{figures.counted(one.calls, 'call')} · **{figures.money(one.cost_usd)}**{over}")


def _draw_way(house: House, conversation_id: str) -> None:
    """A link to the conversation, or words where there is none any more."""
    if conversation_id.startswith("thread_"):
        st.page_link(
            navigation.page("assistant"),
            label="A thread with an assistant",
            icon=":material/smart_toy:",
            query_params={state.THREAD_PARAM: conversation_id},
            width="stretch",
        )
        return
    try:
        title = house.conversations.get(conversation_id).title or "Untitled"
    except NotFound:
        st.markdown("A conversation that was deleted", width="stretch")
        return
    st.page_link(
        navigation.page("chat"),
        label=plain(title),
        icon=":material/chat_bubble:",
        query_params={state.CONVERSATION_PARAM: conversation_id},
        width="stretch",
    )
