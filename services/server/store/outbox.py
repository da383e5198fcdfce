"""What is to be removed outside the database, written down in the transaction that makes it unneeded.

A process that dies before it has removed a blob or a vector finds the note again when it starts.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.storage.api_tables import (
    DocumentRow,
    ErasureRow,
    FileRow,
    StoreFileRow,
    VectorStoreRow,
)

BLOB, COLLECTION, VECTORS = "blob", "collection", "vectors"


def forget_blob(session: Session, owner: str, key: str) -> None:
    """This blob has lost a user; it goes when it has no other."""
    session.add(ErasureRow(owner=owner, kind=BLOB, key=key))


def forget_store(session: Session, row: VectorStoreRow) -> None:
    """The vectors of a store that is being deleted, or has expired."""
    session.add(ErasureRow(owner=row.owner, kind=COLLECTION, key=row.id))


def forget_entry(session: Session, row: StoreFileRow) -> None:
    """The vectors of a file that leaves its store, unless another file there has the same text."""
    if row.document is None:
        return
    twin = select(StoreFileRow.number).where(
        StoreFileRow.vector_store_id == row.vector_store_id,
        StoreFileRow.document == row.document,
        StoreFileRow.number != row.number,
    )
    if session.scalar(twin.limit(1)) is None:
        key = f"{row.vector_store_id}/{row.document}"
        session.add(ErasureRow(owner=row.owner, kind=VECTORS, key=key))


def forget_file(session: Session, row: FileRow) -> None:
    """Delete a file with its places in stores, and its text and bytes when no other file of the owner has them."""
    for entry in session.scalars(select(StoreFileRow).where(StoreFileRow.file_id == row.id)):
        forget_entry(session, entry)
    session.delete(row)
    session.flush()
    same_bytes = select(FileRow.number).where(FileRow.owner == row.owner, FileRow.blob_key == row.blob_key)
    if session.scalar(same_bytes.limit(1)) is None:
        document = session.scalar(
            select(DocumentRow).where(DocumentRow.owner == row.owner, DocumentRow.blob_key == row.blob_key)
        )
        if document is not None:
            session.delete(document)
    forget_blob(session, row.owner, row.blob_key)


def pending(session: Session, limit: int = 100) -> list[tuple[int, str, str]]:
    """Number, kind and key of what is still to be removed, oldest first."""
    query = select(ErasureRow.number, ErasureRow.kind, ErasureRow.key).order_by(ErasureRow.number)
    return [(number, kind, key) for number, kind, key in session.execute(query.limit(limit))]


def done(session: Session, number: int) -> None:
    """Cross one out."""
    if (row := session.get(ErasureRow, number)) is not None:
        session.delete(row)
