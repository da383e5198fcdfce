"""The tables of ratings and of data sets for fine-tuning."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Float, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.storage.tables import Base, Id, Owner, RowNumber


class RatingRow(Base):
    """What a person thinks of the answer of a turn: 1 is good, 0 is bad. `better` is how it should have read."""

    __tablename__ = "ratings"
    __table_args__ = (Index("ratings_by_time", "owner", "rated_at"),)

    turn_id: Mapped[str] = mapped_column(Id, ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    owner: Mapped[str] = mapped_column(Owner)
    thumb: Mapped[int | None] = mapped_column(Integer)
    better: Mapped[str | None] = mapped_column(Text)
    rated_at: Mapped[datetime]


class DataSetRow(Base):
    """A data set; `revision` counts its changes. `seed` and `validation_share` say how it is split."""

    __tablename__ = "data_sets"
    __table_args__ = (Index("data_sets_by_update", "owner", "updated_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    owner: Mapped[str] = mapped_column(Owner)
    name: Mapped[str] = mapped_column(Text)
    seed: Mapped[int] = mapped_column(BigInteger)
    validation_share: Mapped[float] = mapped_column(Float)
    revision: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class DataSetLineRow(Base):
    """One line of a data set as it was imported or written; `number` gives the order."""

    __tablename__ = "data_set_lines"
    __table_args__ = (Index("lines_of_data_set", "data_set_id", "number"),)

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    data_set_id: Mapped[str] = mapped_column(Id, ForeignKey("data_sets.id", ondelete="CASCADE"))
    owner: Mapped[str] = mapped_column(Owner)
    text: Mapped[str] = mapped_column(Text)
