"""Write the table of settings in docs/configuration.md from services.settings (make docs)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from services.settings import Settings  # noqa: E402 - found through the line above

PAGE = ROOT / "docs" / "configuration.md"
BEGIN, END = "<!-- settings: begin -->\n", "<!-- settings: end -->\n"


def _default(value: Any) -> str:
    if value is None or value in ((), {}):
        return "not set"
    return f"`{value}`"


def table() -> str:
    """One Markdown row for each setting: name, default, what it does."""
    rows = ["| Name | Default | What it does |", "|---|---|---|"]
    for field in Settings.model_fields.values():
        default = _default(field.get_default(call_default_factory=True))
        rows.append(f"| `{field.alias}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def with_table(page: str) -> str:
    """`page` with the present table between its two marks."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
