"""What is to be removed outside the database, written down in the transaction that makes it unneeded.

A process that dies before it has removed a blob or a vector finds the note again when it starts.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.storage.api_tables import (
    DocumentRow,
    ErasureRow,
    FileRow,
    StoreFileRow,
    VectorStoreRow,
)
from services.storage.turn_rows import lock_blobs

BLOB, COLLECTION, VECTORS, RENEWAL = "blob", "collection", "vectors", "renewal"
AT_ONCE = 100


def forget_blob(session: Session, owner: str, key: str) -> None:
    """This blob has lost a user; it goes when it has no other."""
    session.add(ErasureRow(owner=owner, kind=BLOB, key=key))


def forget_store(session: Session, row: VectorStoreRow) -> None:
    """The vectors of a store that is being deleted, or has expired."""
    session.add(ErasureRow(owner=row.owner, kind=COLLECTION, key=row.id))


def forget_entry(session: Session, row: StoreFileRow) -> None:
    """The vectors of a file that leaves its store, unless another file there has the same text."""
    if row.document is not None and not _has_document(session, row.vector_store_id, row.document, row.number):
        _forget_vectors(session, row.owner, row.vector_store_id, row.document)


def forget_stray(session: Session, owner: str, store_id: str, document: int) -> None:
    """The vectors of a document that may have come into a store when it, or the store, was gone already."""
    store = session.scalar(select(VectorStoreRow.number).where(VectorStoreRow.id == store_id))
    if store is None:
        session.add(ErasureRow(owner=owner, kind=COLLECTION, key=store_id))
    elif not _has_document(session, store_id, document):
        _forget_vectors(session, owner, store_id, document)


def _forget_vectors(session: Session, owner: str, store_id: str, document: int) -> None:
    session.add(ErasureRow(owner=owner, kind=VECTORS, key=f"{store_id}/{document}"))


def _has_document(session: Session, store_id: str, document: int, besides: int = 0) -> bool:
    """Whether a file of the store has this document, besides one entry."""
    entry = select(StoreFileRow.number).where(
        StoreFileRow.vector_store_id == store_id,
        StoreFileRow.document == document,
        StoreFileRow.number != besides,
    )
    return session.scalar(entry.limit(1)) is not None


def forget_file(session: Session, row: FileRow) -> None:
    """Delete a file with its places in stores, and its text and bytes when no other file of the owner has them."""
    lock_blobs(session)
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


def pending(session: Session, after: int = 0) -> list[tuple[int, str, str]]:
    """Number, kind and key of what is still to be removed at once, oldest first."""
    query = select(ErasureRow.number, ErasureRow.kind, ErasureRow.key).where(
        ErasureRow.number > after, ErasureRow.kind != RENEWAL
    )
    rows = session.execute(query.order_by(ErasureRow.number).limit(AT_ONCE))
    return [(number, kind, key) for number, kind, key in rows]


def done(session: Session, numbers: Sequence[int]) -> None:
    """Cross these out."""
    session.execute(delete(ErasureRow).where(ErasureRow.number.in_(numbers)))


def forget_index(session: Session, store_id: str) -> None:
    """An index that has more than it should: to be filled anew, or removed where its store is gone."""
    store = session.scalar(select(VectorStoreRow).where(VectorStoreRow.id == store_id))
    kind = COLLECTION if store is None or store.body.get("is_emptied") else RENEWAL
    session.add(ErasureRow(owner="" if store is None else store.owner, kind=kind, key=store_id))


def renew_later(session: Session, number: int, store_id: str) -> None:
    """Change one: what it named is found no more, and goes from the disk when its store's index is renewed."""
    if (row := session.get(ErasureRow, number)) is not None:
        row.kind, row.key = RENEWAL, store_id


def wanted_renewal(session: Session) -> tuple[str, list[int]] | None:
    """The store whose index has waited longest to be renewed, and the notes that ask for it."""
    oldest = select(ErasureRow.key).where(ErasureRow.kind == RENEWAL).order_by(ErasureRow.number).limit(1)
    store_id = session.scalar(oldest)
    if store_id is None:
        return None
    notes = select(ErasureRow.number).where(ErasureRow.kind == RENEWAL, ErasureRow.key == store_id)
    return store_id, list(session.scalars(notes.limit(1000)))
