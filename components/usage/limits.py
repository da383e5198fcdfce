"""The third tab: the rate limits servers stated, and what a tier bears."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from components import figures, navigation
from components.house import House
from components.redraw import watched
from components.usage import calculator
from services.metering.rate_limits import RateLimit, standing

REDRAW_EVERY_S = 5.0
LONGEST_SHOWN_S = 60
SHARE: dict[str, Any] = {"format": "percent", "min_value": 0, "max_value": 1}


def draw(house: House) -> None:
    """Draw the tab."""
    st.caption(
        "A server lets an account send so many requests and so many tokens in a minute, for each model. "
        "Past that it answers 429, whatever the money. It says in the headers of each answer what is left."
    )
    _draw_seen(house)
    calculator.draw(house)


@watched(REDRAW_EVERY_S)
def _draw_seen(house: House) -> None:
    st.subheader("As last seen", anchor=False)
    seen = house.rate_limits.all()
    if not seen:
        st.info(
            "No server has stated a limit yet. OpenAI does with every answer; the local model has none: it takes one "
            "request after the other.",
            icon=":material/speed:",
        )
        st.page_link(navigation.page("chat"), label="Send a message", icon=":material/chat_bubble:")
        return
    now = datetime.now(UTC)
    st.dataframe(
        [_row(one, now) for one in seen],
        hide_index=True,
        placeholder="not told",
        column_config={
            "Requests left": st.column_config.ProgressColumn(**SHARE),
            "Tokens left": st.column_config.ProgressColumn(**SHARE),
            "Request limit": st.column_config.NumberColumn(format="localized"),
            "Token limit": st.column_config.NumberColumn(format="localized"),
        },
        alt="Rate limits as each server last stated them, by model",
    )
    if any(one.seen_at > now for one in seen):
        st.caption(
            ":orange[:material/schedule:] The clock of this machine was set back since some of these were seen; "
            "when they are full again is not known."
        )


def _row(seen: RateLimit, now: datetime) -> dict[str, Any]:
    requests, tokens = standing(seen, "requests", now), standing(seen, "tokens", now)
    return {
        "Model": seen.model,
        "Connection": seen.connection,
        "Requests left": requests.share_left,
        "Request limit": requests.limit,
        "Requests full": _in(requests.full_in_s),
        "Tokens left": tokens.share_left,
        "Token limit": tokens.limit,
        "Tokens full": _in(tokens.full_in_s),
        "Seen": _ago((now - seen.seen_at).total_seconds()),
    }


def _in(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return f"in {figures.seconds(seconds)}" if seconds else "now"


def _ago(seconds: float) -> str:
    if seconds < 0:
        return "in the future"
    for size, noun in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{figures.counted(int(seconds // size), noun)} ago"
    return "just now"
