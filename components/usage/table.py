"""The same figures as a table: one row for each model in a mode over a connection."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import streamlit as st

from components import figures
from components.usage.desk import Spending
from components.usage.measures import mode_name
from services.metering.sums import Sum
from services.metering.units import units

ROW_PX, HEADER_PX, MOST_ROWS = 35, 38, 12


def draw(spending: Spending) -> None:
    """Draw the table, the dearest row first."""
    rows = merged(spending)
    st.dataframe(
        [_row(one, spending.cost_usd) for one in rows],
        hide_index=True,
        placeholder=figures.UNKNOWN,
        height=HEADER_PX + ROW_PX * min(len(rows), MOST_ROWS),
        column_config={
            "Cost": st.column_config.NumberColumn(
                format="dollar", width=90, help="What is known of the cost."
            ),
            "Share": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
            "Unknown": st.column_config.NumberColumn("At unknown price"),
        },
        alt="What was used and spent, by model, mode and connection",
    )


def merged(spending: Spending) -> list[Sum]:
    """The sums of the whole period, the dearest first."""
    found: dict[tuple[str, str, str, bool], Sum] = {}
    for one in spending.all:
        key = (one.model, one.mode, one.connection, one.local)
        found[key] = _plus(found[key], one) if key in found else one
    return sorted(found.values(), key=lambda one: (-one.cost_usd, -one.calls))


def _plus(one: Sum, other: Sum) -> Sum:
    names = [*one.units, *(name for name in other.units if name not in one.units)]
    return replace(
        one,
        calls=one.calls + other.calls,
        failed_calls=one.failed_calls + other.failed_calls,
        unknown_cost_calls=one.unknown_cost_calls + other.unknown_cost_calls,
        cost_usd=one.cost_usd + other.cost_usd,
        units={name: one.units.get(name, 0) + other.units.get(name, 0) for name in names},
    )


def _row(one: Sum, whole_usd: Decimal) -> dict[str, Any]:
    row: dict[str, Any] = {
        "Model": one.model,
        "Mode": mode_name(one.mode),
        "Connection": one.connection,
        "Cost": float(one.cost_usd) if one.unknown_cost_calls < one.calls else None,
        "Share": float(one.cost_usd / whole_usd) if whole_usd else 0.0,
        "Calls": one.calls,
        "Failed": one.failed_calls,
        "Unknown": one.unknown_cost_calls,
    }
    return row | {unit.label: one.units.get(unit.name) for unit in units()}
