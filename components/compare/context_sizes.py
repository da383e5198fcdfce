"""How much each lane's model can read at once, as its server says or as the catalogue knows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from components.house import house, models
from services.catalog import describe
from services.compare.records import Lane
from services.errors import AppError


def context_sizes(lanes: Sequence[Lane]) -> list[int | None]:
    """Tokens for each lane's model, in order; None where nobody says."""
    connections = {connection.name: connection for connection in house().connections()}
    sizes: list[int | None] = []
    for lane in lanes:
        listed = None
        # A server that cannot be asked just now is no reason not to draw what was measured.
        with suppress(AppError, KeyError):
            listed = next(
                (m for m in models(connections[lane.connection]) if m.get("id") == lane.model), None
            )
        sizes.append(describe(lane.model, lane.connection, listed).context_tokens)
    return sizes
