"""Figures, and the page that shows them."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks import SECTIONS, Section

DOCS = Path(__file__).parents[1] / "docs"
INTRODUCTION = """\
# Benchmarks

Written by `make bench`. Each figure is measured against something else in the same run where that is
possible, on 127.0.0.1, so that it says something about Tandem and little about the machine.
A missed target is shown, not hidden."""
VERDICTS = {True: "yes", False: "**no**", None: ""}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `target` is the promise in words; `ok` None means it is information only."""

    what: str
    measured: str
    target: str = ""
    ok: bool | None = None


def at_most(what: str, value: float, limit: float, unit: str = "") -> Figure:
    """A figure that should not pass `limit`."""
    return Figure(what, f"{value:g} {unit}".strip(), f"≤ {limit:g} {unit}".strip(), value <= limit)


def at_least(what: str, value: float, limit: float, unit: str = "") -> Figure:
    """A figure that should reach `limit`."""
    return Figure(what, f"{value:g} {unit}".strip(), f"≥ {limit:g} {unit}".strip(), value >= limit)


def median_and_slowest(what: str, times_s: Sequence[float], limit_s: float) -> list[Figure]:
    """The median, which should not pass `limit_s`, and for information the slowest."""
    median_s = round(statistics.median(times_s), 2)
    return [
        at_most(f"{what}, median of {len(times_s)}", median_s, limit_s, "s"),
        Figure(f"{what}, slowest", f"{max(times_s):.2f} s"),
    ]


def ratio(part: float, whole: float) -> float:
    """`part` of `whole`, to three places. Raises ValueError when there is no whole."""
    if whole <= 0:
        raise ValueError("there is nothing to compare with")
    return round(part / whole, 3)


def machine() -> str:
    """The day, the machine without a name, and how busy it is now."""
    memory_gib = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {psutil.cpu_count()} cores, {memory_gib:.0f} GiB, "
        f"Python {platform.python_version()}, {platform.system()}, load {os.getloadavg()[0]:.1f} before"
    )


def save(results: Mapping[str, Sequence[Figure]], on: str, docs: Path = DOCS) -> None:
    """Put results beside those of the other sections, and write the page."""
    store = docs / "benchmarks.json"
    kept: dict[str, Any] = json.loads(store.read_text()) if store.exists() else {}
    for name, figures in results.items():
        kept[name] = {"on": on, "figures": [asdict(figure) for figure in figures]}
    ordered = {name: kept[name] for name in SECTIONS if name in kept}
    store.write_text(json.dumps(ordered, indent=2, ensure_ascii=False) + "\n")
    (docs / "benchmarks.md").write_text(page(ordered))


def page(kept: Mapping[str, Any]) -> str:
    """The page, from what is kept of each section."""
    parts = [INTRODUCTION]
    for name, section in SECTIONS.items():
        if name in kept:
            figures = [Figure(**figure) for figure in kept[name]["figures"]]
            parts.append(_part(name, section, figures, kept[name]["on"]))
    return "\n\n".join(parts) + "\n"


def _part(name: str, section: Section, figures: Sequence[Figure], on: str) -> str:
    missed = [figure.what for figure in figures if figure.ok is False]
    lines = [f"## {name.capitalize().replace('_', ' ')}", "", section.how, "", *table(figures), ""]
    if missed:
        lines += [f"Missed: {'; '.join(missed)}. {section.if_missed}".strip(), ""]
    return "\n".join([*lines, f"Measured {on}."])


def table(figures: Sequence[Figure]) -> list[str]:
    """A Markdown table of figures."""
    rows = [f"| {f.what} | {f.target} | {f.measured} | {VERDICTS[f.ok]} |" for f in figures]
    return ["| what | target | measured | reached |", "|---|---|---|---|", *rows]


def lines(figures: Sequence[Figure]) -> list[str]:
    """The same for a terminal, in columns."""
    columns = [("what", "target", "measured", "reached")]
    columns += [(f.what, f.target, f.measured, VERDICTS[f.ok].strip("*")) for f in figures]
    widths = [max(len(row[n]) for row in columns) for n in range(4)]
    return ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in columns]
