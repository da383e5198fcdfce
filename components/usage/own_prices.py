"""Prices of one's own: a table to fill in, or a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import streamlit as st

from components import figures, state
from components.failures import show
from components.plain import plain
from services.errors import AppError
from services.metering.own_prices import (
    OwnPrice,
    as_price,
    own_prices,
    parse,
    problem,
    save_own_prices,
    to_toml,
)

AMOUNTS = {
    "input": "Sent",
    "cached": "Sent, from the cache",
    "cache_write": "Sent, put into the cache",
    "output": "Written",
}
TABLE, FILE = "own-prices", "price-file"
ROUND = "own_prices_round"
EXAMPLE = (
    OwnPrice(
        "llama3", Decimal("0.05"), Decimal("0.20"), source="my provider's page", date=date(2026, 11, 25)
    ),
)


def draw(unknown: Sequence[str]) -> None:
    """Draw the prices that are set; `unknown` are models in use that nobody prices."""
    st.subheader("Prices of your own", anchor=False)
    if unknown:
        names = ", ".join(plain(model) for model in unknown)
        st.warning(
            f"No price is known for {names}. Set it here; it counts from then on.", icon=":material/help:"
        )
    st.caption(
        "They come before all others: for a contract of your own, another provider, or what a server of yours costs. "
        "A price counts for calls made after it was set."
    )
    if wrong := problem():
        st.error(f"{plain(wrong)} Until it is mended, no price of your own counts.", icon=":material/error:")
    at = st.session_state.setdefault(ROUND, 0)
    kept = own_prices()
    edited = st.data_editor(
        [_row(price) for price in kept] or [_row(None, model) for model in unknown[:5]] or [_row(None)],
        num_rows="dynamic",
        hide_index=True,
        placeholder="",
        key=f"{TABLE}-{at}",
        column_config={
            "model": st.column_config.TextColumn("Model", pinned=True, help="The id that is sent."),
            **{
                name: st.column_config.NumberColumn(label, min_value=0, format="$%.4g")
                for name, label in AMOUNTS.items()
            },
            "source": "Source",
            "date": st.column_config.DateColumn("Date", format="YYYY-MM-DD"),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        save = st.button("Save", type="primary", key="save-prices")
        if kept:
            st.download_button(
                "As a file",
                to_toml(kept),
                "prices.toml",
                "application/toml",
                on_click="ignore",
                icon=":material/download:",
            )
    if save:
        _save(_from_table(edited))
    _draw_upload(at)


def _draw_upload(at: int) -> None:
    with st.expander("Take prices from a file", icon=":material/upload_file:"):
        file = st.file_uploader(
            "A price file in TOML; it takes the place of the prices above",
            "toml",
            key=f"{FILE}-{at}",
            max_upload_size=1,
        )
        st.code(to_toml(EXAMPLE), language="toml")
        if file is not None and st.button("Take them", key="take-prices"):
            _save_file(file.getvalue())


def _from_table(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    filled = ({name: value for name, value in row.items() if value is not None} for row in rows)
    return [row for row in filled if set(row) - {"source", "date"}]


def _save(rows: list[dict[str, Any]]) -> None:
    try:
        prices = [as_price(_typed(row), place) for place, row in enumerate(rows, 1)]
        save_own_prices(prices)
    except AppError as error:
        show(error)
        return
    _saved(len(prices))


def _save_file(data: bytes) -> None:
    try:
        prices = parse(data)
        save_own_prices(prices)
    except AppError as error:
        show(error)
        return
    _saved(len(prices))


def _saved(count: int) -> None:
    st.session_state[ROUND] += 1
    state.notify(f"{figures.counted(count, 'price')} of your own saved.")
    st.rerun()


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    day = row.get("date")
    return {**row, "date": date.fromisoformat(str(day)[:10])} if day else row


def _row(price: OwnPrice | None, model: str | None = None) -> dict[str, Any]:
    if price is None:
        return {"model": model, **dict.fromkeys(AMOUNTS), "source": None, "date": None}
    amounts = {name: getattr(price, name) for name in AMOUNTS}
    return {
        "model": price.model,
        **{name: None if usd is None else float(usd) for name, usd in amounts.items()},
        "source": price.source,
        "date": price.date,
    }
