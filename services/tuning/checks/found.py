"""How checks say what they found."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

from services.tuning.records import Finding

Parsed = dict[str, Any]
Mend = Callable[[Parsed], object]
"""Changes a copy of the example."""


def error(kind: str, sentence: str, fixed: str | None = None) -> Finding:
    """What a server refuses."""
    return Finding(kind, "error", sentence, fixed=fixed)


def warning(kind: str, sentence: str, fixed: str | None = None) -> Finding:
    """What a server takes, and a person should look at."""
    return Finding(kind, "warning", sentence, fixed=fixed)


def mended(example: Mapping[str, Any], mend: Mend) -> str:
    """The line once `mend` has changed the example."""
    changed = copy.deepcopy(dict(example))
    mend(changed)
    return as_text(changed)


def as_text(example: object) -> str:
    """An example as a line. Halves of surrogate pairs are replaced."""
    return json.dumps(example, ensure_ascii=False).encode("utf-8", "replace").decode()


def shown(value: object) -> str:
    """A value for a sentence, cut short."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else f"{text[:40]}…"
