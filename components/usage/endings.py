"""The fifth tab: models that end, what of mine uses them, and what takes their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import streamlit as st

from components import figures, navigation, state
from components.house import House
from components.plain import plain
from components.sidebar import MODEL_PREFERENCE, remember_model
from components.usage.desk import callers, read
from services.errors import AppError, NotFound
from services.metering.endings import Ending, Replacement, Use, all_endings, my_endings

if TYPE_CHECKING:
    import altair as alt

MOST_SHOWN = 5
NOUNS = {"assistant": "assistant", "gpt": "GPT", "conversation": "conversation"}
WAYS = {
    "assistant": ("assistant", ":material/smart_toy:", None),
    "gpt": ("gpts", ":material/deployed_code:", state.GPT_PARAM),
    "conversation": ("chat", ":material/chat_bubble:", state.CONVERSATION_PARAM),
}
ROW_PX = 22
MINE, OTHERS = "in use here", "not in use here"
COLOURS = ["#dc2626", "#8b95a5"]


def draw(house: House) -> None:
    """Draw the tab."""
    today = datetime.now(UTC).date()
    with st.spinner("Looking what of yours uses a model that ends"):
        assistants, problem = _assistants(house)
        uses = [*_defaults(house), *assistants, *_gpts(house), *_conversations(house), *_calls(house)]
        mine = my_endings(uses)
    if problem:
        st.warning(f"{plain(problem)} Assistants could not be looked at.", icon=":material/cloud_off:")
    if mine:
        for ending in mine:
            _draw_ending(house, ending, today)
    else:
        st.success("Nothing of yours uses a model whose end is known.", icon=":material/check_circle:")
    _draw_calendar({ending.model.id for ending in mine}, today)


# --- what of mine ----------------------------------------------------------------------------


def _defaults(house: House) -> Iterator[Use]:
    for connection, model in house.preferences.get(MODEL_PREFERENCE, {}).items():
        yield Use("default", str(model), f"The model chosen for {connection}", connection)


def _assistants(house: House) -> tuple[list[Use], str | None]:
    try:
        found = house.assistants.assistants()
    except AppError as error:
        return [], error.user_message
    return [Use("assistant", one.model, one.name or "Unnamed assistant", one.id) for one in found], None


def _gpts(house: House) -> Iterator[Use]:
    for gpt in house.gpts.all():
        if gpt.model:
            yield Use("gpt", gpt.model, gpt.name, gpt.id)


def _conversations(house: House) -> Iterator[Use]:
    """Conversations that called an ending model in the last 90 days and are still there."""
    called = {one.model for one in read(house, "12 months").all if not one.local}
    ending = [one.model.id for one in my_endings(Use("calls", model, "") for model in called)]
    for model, conversation_id in callers(house, ending) if ending else ():
        try:
            title = house.conversations.get(conversation_id).title
        except NotFound:
            continue
        yield Use("conversation", model, title or "Untitled", conversation_id)


def _calls(house: House) -> Iterator[Use]:
    calls: Counter[str] = Counter()
    costs: dict[str, Decimal] = {}
    for one in read(house, "30 days").all:
        if not one.local:
            calls[one.model] += one.calls
            costs[one.model] = costs.get(one.model, Decimal(0)) + one.cost_usd
    for model, count in calls.items():
        spent = f" for {figures.money(costs[model])} of your budgets" if costs[model] else ""
        yield Use("calls", model, f"{figures.counted(count, 'call')} in the last 30 days{spent}")


# --- one ending ------------------------------------------------------------------------------


def _draw_ending(house: House, ending: Ending, today: date) -> None:
    with st.container(border=True, gap="xsmall"):
        days = (ending.date - today).days
        when = (
            f":red-badge[ended {ending.date:%d %b %Y}]"
            if ending.is_over(today)
            else f":{'red' if days <= 30 else 'orange'}-badge[:material/event_busy: ends {ending.date:%d %b %Y}, "
            f"in {figures.counted(days, 'day')}]"
        )
        st.markdown(f"**{plain(ending.model.id)}** {when}")
        _draw_uses(ending.uses)
        if ending.replacement is None:
            st.caption("OpenAI named nothing that takes its place.")
        else:
            _draw_replacement(house, ending, ending.replacement)


def _draw_uses(uses: Sequence[Use]) -> None:
    for use in [use for use in uses if use.kind in ("default", "calls")]:
        words = use.name if use.kind == "calls" else plain(use.name)
        st.markdown(f":material/{'tune' if use.kind == 'default' else 'bar_chart'}: {words}")
    for kind, noun in NOUNS.items():
        own = [use for use in uses if use.kind == kind]
        for use in own[:MOST_SHOWN]:
            _link(use)
        if len(own) > MOST_SHOWN:
            st.caption(f"and {figures.counted(len(own) - MOST_SHOWN, noun)} more")


def _link(use: Use) -> None:
    page, icon, param = WAYS[use.kind]
    st.page_link(
        navigation.page(page),
        label=plain(use.name),
        icon=icon,
        query_params={param: use.id or ""} if param else None,
    )


def _draw_replacement(house: House, ending: Ending, replacement: Replacement) -> None:
    old, new = ending.model, replacement.model
    st.markdown(
        f":material/arrow_forward: **{plain(new.id)}** takes its place. A million tokens: "
        f"{_price(new)}{_factor(replacement)}; until now {_price(old)}."
    )
    for lack in replacement.lacks:
        st.markdown(f":orange[:material/remove:] It {lack}.")
    if not replacement.lacks:
        st.caption("It lacks nothing that Tandem knows of.")
    chosen = [use for use in ending.uses if use.kind == "default"]
    if chosen and st.button(
        f"Use {new.id} from now on", key=f"replace-{old.id}", icon=":material/swap_horiz:"
    ):
        for use in chosen:
            remember_model(house, use.id or "", new.id)
        state.notify(f"{new.id} is chosen instead of {old.id}.")
        st.rerun()


def _price(model: Any) -> str:
    if model.price_in_usd_per_million is None or model.price_out_usd_per_million is None:
        return "price unknown"
    return f"\\${model.price_in_usd_per_million:g} sent, \\${model.price_out_usd_per_million:g} written"


def _factor(replacement: Replacement) -> str:
    factor = replacement.price_factor
    if factor is None:
        return ""
    if factor < 1:
        return f" (:green[{1 - factor:.0%} less])"
    return f" (:orange[{factor - 1:.0%} more])" if factor > 1 else " (the same)"


# --- the calendar ----------------------------------------------------------------------------


def _draw_calendar(mine: set[str], today: date) -> None:
    st.subheader("What ends when", anchor=False)
    coming = [ending for ending in all_endings() if not ending.is_over(today)]
    if coming:
        st.altair_chart(_calendar(coming, mine, today), alt=_described(coming))
    over = [ending for ending in all_endings() if ending.is_over(today)]
    with st.expander(f"{figures.counted(len(over), 'model')} that ended already", icon=":material/history:"):
        st.dataframe(
            [
                {
                    "Model": ending.model.id,
                    "Ended": ending.date,
                    "In its place": ending.replacement.model.id if ending.replacement else None,
                }
                for ending in reversed(over)
            ],
            hide_index=True,
            placeholder="nothing named",
            alt="Models that ended already, the last first",
        )
    st.caption("From OpenAI's page of deprecations, as of the day this version of Tandem was made.")


def _calendar(coming: Sequence[Ending], mine: set[str], today: date) -> alt.LayerChart | alt.FacetChart:
    import altair as alt
    import pandas as pd

    frame = pd.DataFrame(
        [
            {
                "model": ending.model.id,
                "today": today.isoformat(),
                "ends": ending.date.isoformat(),
                "replacement": ending.replacement.model.id if ending.replacement else "nothing named",
                "whose": MINE if ending.model.id in mine else OTHERS,
            }
            for ending in coming
        ]
    )
    y = alt.Y(
        "model:N", title=None, sort=list(frame["model"]), axis=alt.Axis(labelLimit=200, labelOverlap=False)
    )
    colour = alt.Color(
        "whose:N",
        scale=alt.Scale(domain=[MINE, OTHERS], range=COLOURS),
        legend=alt.Legend(title=None, orient="top"),
    )
    tips: list[Any] = [
        "model:N",
        alt.Tooltip("ends:T", format="%d %b %Y"),
        alt.Tooltip("replacement:N", title="in its place"),
        alt.Tooltip("whose:N", title="use"),
    ]
    x = alt.X("today:T", title=None, axis=alt.Axis(format="%d %b", orient="top", tickCount=6))
    base = alt.Chart(frame).encode(y=y, color=colour, tooltip=tips)
    lines = base.mark_rule(strokeWidth=3, opacity=0.5).encode(x=x, x2="ends:T")
    points = base.mark_point(filled=True, size=90, opacity=1).encode(x="ends:T")
    return alt.layer(lines, points).properties(height=ROW_PX * len(coming) + 60)


def _described(coming: Sequence[Ending]) -> str:
    return "; ".join(f"{ending.model.id} ends {ending.date:%d %b %Y}" for ending in coming)
