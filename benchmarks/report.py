"""Figures, and the page that shows them."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

DOCS = Path(__file__).parents[1] / "docs"
STORE, PAGE = DOCS / "benchmarks.json", DOCS / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `target` is the promise in words; `ok` None means it is information only."""

    what: str
    measured: str
    target: str = ""
    ok: bool | None = None


def at_most(what: str, value: float, limit: float, unit: str) -> Figure:
    """A figure that should not pass `limit`."""
    return Figure(what, f"{value:g} {unit}", f"≤ {limit:g} {unit}", value <= limit)


def at_least(what: str, value: float, limit: float, unit: str = "") -> Figure:
    """A figure that should reach `limit`."""
    return Figure(what, f"{value:g} {unit}".strip(), f"≥ {limit:g} {unit}".strip(), value >= limit)


def save(results: Mapping[str, Sequence[Figure]]) -> None:
    """Put new results beside those of other sections, and write the page."""
    sections: dict[str, Any] = json.loads(STORE.read_text()) if STORE.exists() else {}
    for name, figures in results.items():
        sections[name] = {"on": machine(), "figures": [asdict(f) for f in figures]}
    STORE.write_text(json.dumps(sections, indent=2, ensure_ascii=False) + "\n")
    PAGE.write_text(page(sections))


def machine() -> str:
    """The day and the machine, without a name."""
    memory_gib = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {psutil.cpu_count()} cores, {memory_gib:.0f} GiB, "
        f"Python {platform.python_version()}, {platform.system()}"
    )


def page(sections: Mapping[str, Any]) -> str:
    """docs/benchmarks.md."""
    from benchmarks import SECTIONS

    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Each figure is measured against something else in the same run where that is",
        "possible, on 127.0.0.1, so that it says something about Tandem and little about the machine.",
        "A missed target is shown, not hidden.",
    ]
    for name, how in SECTIONS.items():
        if name in sections:
            lines += [
                "",
                f"## {name.capitalize().replace('_', ' ')}",
                "",
                how,
                "",
                *table(sections[name]["figures"]),
            ]
            lines += ["", f"Measured {sections[name]['on']}."]
    return "\n".join(lines) + "\n"


def table(figures: Sequence[Mapping[str, Any]]) -> list[str]:
    """A Markdown table of figures."""
    verdicts = {True: "yes", False: "**no**", None: ""}
    rows = [f"| {f['what']} | {f['target']} | {f['measured']} | {verdicts[f['ok']]} |" for f in figures]
    return ["| what | target | measured | reached |", "|---|---|---|---|", *rows]
