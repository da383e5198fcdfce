"""The names of files that come from elsewhere, made fit to be shown: they are never a path."""

from __future__ import annotations

import re
import unicodedata

MAX_FILENAME_CHARS = 120


def clean_filename(filename: str) -> str:
    """The name alone, without folders, control or direction characters, at most 120 characters."""
    last = re.split(r"[\\/]", filename)[-1]
    visible = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    name = " ".join(visible.split()).strip(". ") or "file"
    if len(name) <= MAX_FILENAME_CHARS:
        return name
    stem, dot, ending = name.rpartition(".")
    keeps_ending = bool(dot) and len(ending) <= 10
    return (
        stem[: MAX_FILENAME_CHARS - len(ending) - 2] + "…." + ending
        if keeps_ending
        else name[:MAX_FILENAME_CHARS]
    )
