"""What a data set is, and what can be wrong with a line of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Example = Mapping[str, Any]
"""One example as OpenAI's chat fine-tuning format spells it: {"messages": [...], "tools": [...]}."""

Severity = Literal["error", "warning"]
MIN_EXAMPLES = 10
MAX_LINES = 20_000
MAX_FILE_BYTES = 32 * 2**20
MAX_LINE_CHARS = 2_000_000


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set. `revision` changes with each change of it; `seed` and `validation_share` say how it is split."""

    id: str
    name: str
    seed: int
    validation_share: float
    revision: int
    lines: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the file; `id` stays when lines above it go."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a line, or about the whole file where `line` is None. Lines count from 1.

    `fixed` is the line as it would be; an empty text takes the line out; None means that only a person can mend it.
    """

    kind: str
    severity: Severity
    sentence: str
    line: int | None = None
    fixed: str | None = None

    @property
    def can_be_fixed(self) -> bool:
        """Whether there is a fix to press."""
        return self.line is not None and self.fixed is not None
