"""GPTs to start from."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from services.gpts.records import Gpt

READY = Path(__file__).with_name("ready.toml")


@cache
def ready() -> tuple[Gpt, ...]:
    """Six GPTs that are useful at once. Their ids are only for the page: saved ones get their own."""
    told = tomllib.loads(READY.read_text(encoding="utf-8"))["gpt"]
    return tuple(
        Gpt(
            id=f"ready_{number}",
            name=given["name"],
            description=given["description"],
            icon=given["icon"],
            instructions=given["instructions"],
            starters=tuple(given["starters"]),
            tools=tuple(given.get("tools", ())),
        )
        for number, given in enumerate(told)
    )
