"""The gallery: every picture somebody made or brought, with how it came about."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.documents.images import image_size
from services.errors import NotFound, StorageFailed
from services.storage.blob_use import delete_if_unused
from services.storage.tables import PictureRow
from services.storage.turn_rows import lock_blobs
from services.turns import new_id

if TYPE_CHECKING:
    from services.storage.blobs import Blobs
    from services.storage.database import Database

NO_PICTURE = "There is no such picture, or it was deleted."
MOST_ANCESTORS = 50


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture that is to be kept. `cost_usd` None means unknown."""

    data: bytes
    media_type: str
    kind: str
    prompt: str
    model: str
    parent_id: str | None = None
    cost_usd: Decimal | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Picture:
    """A kept picture without its bytes."""

    id: str
    kind: str
    prompt: str
    model: str
    media_type: str
    width: int
    height: int
    size_bytes: int
    parent_id: str | None
    cost_usd: Decimal | None
    created_at: datetime
    parameters: dict[str, Any]

    @property
    def extension(self) -> str:
        """The ending of its file name."""
        return self.media_type.partition("/")[2].partition("+")[0]

    @property
    def filename(self) -> str:
        """A name for its file, from the prompt."""
        words = "".join(c if c.isalnum() else " " for c in self.prompt).split()[:6]
        return f"{'-'.join(words).lower()[:60] or 'picture'}.{self.extension}"

    @property
    def facts(self) -> dict[str, str]:
        """What is written into its file when it is downloaded."""
        more = {
            name.capitalize(): str(value)
            for name, value in self.parameters.items()
            if value not in (None, "")
        }
        return {
            "Prompt": self.prompt,
            "Model": self.model,
            "Created": self.created_at.isoformat(timespec="seconds"),
            **more,
        }


class Gallery:
    """Pictures of one owner. Every method raises NotFound for what is somebody else's, StorageFailed when the disk fails."""

    def __init__(self, database: Database, blobs: Blobs, owner: str) -> None:
        self._database, self._blobs, self._owner = database, blobs, owner

    def add(self, new: NewPicture) -> Picture:
        """Keep a picture."""
        width, height = image_size(new.data)
        key = self._blobs.put(new.data)
        row = PictureRow(
            id=new_id("pic"), owner=self._owner, parent_id=new.parent_id, kind=new.kind, prompt=new.prompt, model=new.model,
            blob_key=key, media_type=new.media_type, width=width, height=height, size_bytes=len(new.data),
            cost_usd=new.cost_usd, created_at=datetime.now(UTC), body=new.parameters,
        )  # fmt: skip
        try:
            with self._database.session() as session:
                lock_blobs(session)
                session.add(row)
        except BaseException:
            with suppress(StorageFailed), self._database.session() as session:
                delete_if_unused(session, self._blobs, key)
            raise
        return _picture(row)

    def page(self, words: str = "", limit: int = 24, offset: int = 0) -> list[Picture]:
        """The newest pictures whose prompt or model has all of these words."""
        found = self._found(words).order_by(PictureRow.number.desc()).limit(limit).offset(offset)
        with self._database.reading() as session:
            return [_picture(row) for row in session.scalars(found)]

    def count(self, words: str = "") -> int:
        """How many pictures there are, or fit."""
        counted = select(func.count()).select_from(self._found(words).subquery())
        with self._database.reading() as session:
            return session.scalar(counted) or 0

    def get(self, picture_id: str) -> Picture:
        """The picture with this id."""
        with self._database.reading() as session:
            return _picture(self._row(session, picture_id))

    def data(self, picture_id: str) -> bytes:
        """Its bytes as they were made, without any metadata."""
        with self._database.reading() as session:
            key = self._row(session, picture_id).blob_key
        return self._blobs.get(key)

    def lineage(self, picture_id: str) -> list[Picture]:
        """What the picture was made from, the first one first, and the picture itself at the end."""
        line: list[Picture] = []
        at: str | None = picture_id
        with self._database.reading() as session:
            while at is not None and len(line) < MOST_ANCESTORS:
                try:
                    line.append(_picture(self._row(session, at)))
                except NotFound:
                    break
                at = line[-1].parent_id
        return line[::-1]

    def children(self, picture_id: str) -> list[Picture]:
        """What was made from the picture, the oldest first."""
        mine = self._found("").where(PictureRow.parent_id == picture_id).order_by(PictureRow.number)
        with self._database.reading() as session:
            return [_picture(row) for row in session.scalars(mine)]

    def delete(self, picture_id: str) -> None:
        """Remove a picture for good, with its bytes. What was made from it stays."""
        with self._database.session() as session:
            row = self._row(session, picture_id)
            key = row.blob_key
            for child in session.scalars(self._found("").where(PictureRow.parent_id == picture_id)):
                child.parent_id = None
            session.delete(row)
            session.flush()
            delete_if_unused(session, self._blobs, key)

    def delete_all(self) -> None:
        """Remove every picture for good, with its bytes."""
        with self._database.session() as session:
            rows = session.scalars(self._found("")).all()
            keys = {row.blob_key for row in rows}
            for row in rows:
                session.delete(row)
            session.flush()
            for key in keys:
                delete_if_unused(session, self._blobs, key)

    def _found(self, words: str) -> Any:
        found = select(PictureRow).where(PictureRow.owner == self._owner)
        text = func.lower(PictureRow.prompt + " " + PictureRow.model + " " + PictureRow.kind)
        for word in words.lower().split()[:12]:
            found = found.where(text.contains(word, autoescape=True))
        return found

    def _row(self, session: Session, picture_id: str) -> PictureRow:
        mine = select(PictureRow).where(PictureRow.owner == self._owner, PictureRow.id == picture_id)
        row = session.scalar(mine)
        if row is None:
            raise NotFound(NO_PICTURE)
        return row


def _picture(row: PictureRow) -> Picture:
    return Picture(
        row.id, row.kind, row.prompt, row.model, row.media_type, row.width, row.height, row.size_bytes, row.parent_id,
        row.cost_usd, row.created_at, dict(row.body),
    )  # fmt: skip
