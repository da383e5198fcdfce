"""The comparison as a file: a page to show others, Markdown to paste, a table or JSON to compute with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from components.compare.context_sizes import context_sizes
from services.catalog import equivalent_models
from services.compare.records import Comparison, LaneTalk
from services.compare.report import Report, as_csv, as_json, as_markdown, gather
from services.compare.report_html import as_html

FILENAME = "comparison"
# Media type and icon of each kind of file, by its ending.
KINDS = {
    "html": ("text/html", ":material/html:"),
    "md": ("text/markdown", ":material/markdown:"),
    "csv": ("text/csv", ":material/table:"),
    "json": ("application/json", ":material/data_object:"),
}


def draw(
    comparison: Comparison, talks: Sequence[LaneTalk], settings: Mapping[str, Any] | None = None
) -> None:
    """Draw what can be downloaded. The files are made when they are asked for."""
    if not any(talk.turns for talk in talks):
        st.info(
            "After the first answers there is something to report: figures, charts, the projection and the whole talk, in one file.",
            icon=":material/summarize:",
        )
        return

    told = comparison.settings if settings is None else settings

    def report() -> Report:
        lanes = [talk.lane for talk in talks]
        return gather(comparison, talks, told, context_sizes(lanes), _priced_as(talks))

    st.markdown(
        "Everything above in one file: the lanes, every message and answer with its figures, the charts, the projection and how it "
        "is computed. Keys are never part of it."
    )
    with st.container(horizontal=True):
        _button("HTML report", "html", lambda: as_html(report()), is_first=True)
        _button("Markdown", "md", lambda: as_markdown(report()))
        _button("CSV", "csv", lambda: as_csv(report()))
        _button("JSON", "json", lambda: as_json(report()))
    st.caption(
        "The HTML report is one file without scripts that fetches nothing: it can be mailed, and opens without a network."
    )


def _priced_as(talks: Sequence[LaneTalk]) -> str | None:
    """A model to price the tokens by where nothing was billed."""
    costs = {turn.cost_usd for talk in talks for turn in talk.turns}
    return equivalent_models()[0] if Decimal(0) in costs and costs <= {Decimal(0), None} else None


def _button(label: str, ending: str, made: Callable[[], str | bytes], *, is_first: bool = False) -> None:
    media_type, icon = KINDS[ending]
    st.download_button(
        label,
        made,
        file_name=f"{FILENAME}.{ending}",
        mime=media_type,
        icon=icon,
        type="primary" if is_first else "secondary",
        key=f"compare-report-{ending}",
        on_click="ignore",
    )
