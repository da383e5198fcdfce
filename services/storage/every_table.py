"""Every table of ours. A module of tables joins Base by being imported, so whoever needs all of them asks here."""

from __future__ import annotations

from sqlalchemy import MetaData, Table

from services.storage import api_tables, batch_tables, fine_tuning_tables, response_tables, tuning_tables  # noqa: F401
from services.storage.tables import Base

METADATA: MetaData = Base.metadata


def all_tables() -> list[Table]:
    """The tables, those that others refer to first."""
    return METADATA.sorted_tables
