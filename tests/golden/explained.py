"""Differences that stay, each with its reason. An exchange with one of them counts as explained, not as agreeing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.golden.compare import Difference
from tests.golden.recording import Exchange


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which differences, by patterns of the exchange (`POST /threads`) and of the place, and why."""

    request: str
    where: str
    reason: str
    recording: str = ".*"


EXPLAINED: tuple[Explanation, ...] = ()


def explanation_of(
    recording: str, exchange: Exchange, difference: Difference, explained: Sequence[Explanation] = EXPLAINED
) -> Explanation | None:
    """Why this difference stays; None when nothing explains it."""
    request = f"{exchange.method} {exchange.path}"
    for known in explained:
        told = ((known.recording, recording), (known.request, request), (known.where, difference.where))
        if all(re.fullmatch(pattern, text) for pattern, text in told):
            return known
    return None
