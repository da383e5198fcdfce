"""Who still needs a blob of the one store: turns, files, uploads, batches, tables, pictures and trained models."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.storage.api_tables import FileRow, UploadPartRow
from services.storage.batch_tables import BatchRow
from services.storage.blobs import Blobs
from services.storage.fine_tuning_tables import TuningCheckpointRow
from services.storage.tables import PictureRow, TurnBlobRow, UploadedTableRow
from services.storage.turn_rows import lock_blobs


def delete_if_unused(session: Session, blobs: Blobs, key: str) -> None:
    """Delete a blob that no row names any more. Others cannot begin to use it meanwhile."""
    lock_blobs(session)
    users = (
        select(TurnBlobRow.turn_id).where(TurnBlobRow.blob_key == key),
        select(FileRow.id).where(FileRow.blob_key == key),
        select(UploadPartRow.id).where(UploadPartRow.blob_key == key),
        select(UploadedTableRow.id).where(UploadedTableRow.blob_key == key),
        select(BatchRow.id).where(BatchRow.blob_key == key),
        select(PictureRow.id).where(PictureRow.blob_key == key),
        select(TuningCheckpointRow.id).where(TuningCheckpointRow.blob_key == key),
    )
    if all(session.scalar(query.limit(1)) is None for query in users):
        blobs.delete(key)
