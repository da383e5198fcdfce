"""Who still needs a blob: attachments of turns, files of /v1, parts of uploads and tables share one store."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.storage.api_tables import FileRow, UploadPartRow
from services.storage.blobs import Blobs
from services.storage.tables import TurnBlobRow, UploadedTableRow
from services.storage.turn_rows import lock_blobs


def delete_if_unused(session: Session, blobs: Blobs, key: str) -> None:
    """Delete a blob that no row names any more. Others cannot begin to use it meanwhile."""
    lock_blobs(session)
    users = (
        select(TurnBlobRow.turn_id).where(TurnBlobRow.blob_key == key),
        select(FileRow.id).where(FileRow.blob_key == key),
        select(UploadPartRow.id).where(UploadPartRow.blob_key == key),
        select(UploadedTableRow.id).where(UploadedTableRow.blob_key == key),
    )
    if all(session.scalar(query.limit(1)) is None for query in users):
        blobs.delete(key)
