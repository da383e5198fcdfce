"""When a model ends, where that is known."""

from __future__ import annotations


def shutdown_date(model_id: str) -> str | None:
    """The day a model is shut down as `YYYY-MM-DD`, or None."""
    from services import catalog

    known = catalog.describe(model_id, "upstream").shutdown_date
    return known.isoformat() if known else None
