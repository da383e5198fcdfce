"""Uploads: files that arrive in parts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.documents.filenames import clean_filename
from services.server.errors import ApiError
from services.server.store import files, outbox
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import find, is_relaxed
from services.storage.api_tables import FileRow, UploadPartRow, UploadRow
from services.storage.turn_rows import lock_blobs

Wire = dict[str, Any]
LIVES_S = 3600


def create(session: Session, owner: str, body: Wire) -> Wire:
    """A new upload from a checked request; it waits an hour for its parts."""
    made_at = now()
    row = UploadRow(
        id=new_id("upload_"),
        owner=owner,
        created_at=made_at,
        filename=clean_filename(body["filename"]),
        purpose=body["purpose"],
        size_bytes=body["bytes"],
        status="pending",
        expires_at=made_at + LIVES_S,
        body={"mime_type": body["mime_type"], "lives_s": (body.get("expires_after") or {}).get("seconds")},
    )
    session.add(row)
    session.flush()
    return wire(session, row)


def check_pending(session: Session, owner: str, upload_id: str) -> None:
    """Raise ApiError unless parts can be added to this upload."""
    _pending(session, owner, upload_id, "add Parts to")


def add_part(session: Session, owner: str, upload_id: str, blob_key: str, size_bytes: int) -> Wire:
    """A part whose bytes are stored already."""
    upload = _pending(session, owner, upload_id, "add Parts to", held=True)
    lock_blobs(session)
    part = UploadPartRow(
        id=new_id("part_"),
        owner=owner,
        created_at=now(),
        upload_id=upload.id,
        size_bytes=size_bytes,
        blob_key=blob_key,
    )
    session.add(part)
    session.flush()
    return {
        "id": part.id,
        "object": "upload.part",
        "created_at": part.created_at,
        "upload_id": upload.id,
    }


def parts_in_order(session: Session, owner: str, upload_id: str, part_ids: list[str]) -> list[str]:
    """The blobs of the parts in the order wanted. ApiError 400 unless their sizes add up to what was announced."""
    upload = _pending(session, owner, upload_id, "complete")
    try:
        parts = [
            find(session, UploadPartRow, owner, i, UploadPartRow.upload_id == upload.id) for i in part_ids
        ]
    except ApiError:
        session.expire_all()  # the upload may have ended just now, and its parts with it: that is what to say then
        _pending(session, owner, upload_id, "complete")
        raise
    total = sum(part.size_bytes for part in parts)
    if total != upload.size_bytes and not is_relaxed(session):
        raise ApiError(
            400,
            f"The parts hold {total} bytes, but the upload was created for {upload.size_bytes} bytes.",
            param="part_ids",
        )
    return [part.blob_key for part in parts]


def complete(session: Session, owner: str, upload_id: str, blob_key: str, size_bytes: int) -> Wire:
    """The upload becomes a file over the joined bytes."""
    upload = _pending(session, owner, upload_id, "complete", held=True)
    new = files.NewFile(upload.filename, upload.purpose, size_bytes, blob_key, upload.body.get("lives_s"))
    upload.file_id = files.add(session, owner, new).id
    upload.status = "completed"
    drop_parts(session, upload)
    return wire(session, upload)


def cancel(session: Session, owner: str, upload_id: str) -> Wire:
    """Give an upload up."""
    upload = _pending(session, owner, upload_id, "cancel", held=True)
    upload.status = "cancelled"
    drop_parts(session, upload)
    return wire(session, upload)


def drop_parts(session: Session, upload: UploadRow) -> None:
    """The parts of an upload that has ended one way or the other."""
    for part in session.scalars(select(UploadPartRow).where(UploadPartRow.upload_id == upload.id)):
        outbox.forget_blob(session, upload.owner, part.blob_key)
        session.delete(part)
    session.flush()


def _pending(session: Session, owner: str, upload_id: str, what: str, *, held: bool = False) -> UploadRow:
    upload = find(session, UploadRow, owner, upload_id, held=held)
    status = _status(upload)
    if status != "pending" and not is_relaxed(session):
        raise ApiError(400, f"Cannot {what} an Upload with status '{status}'.")
    return upload


def _status(upload: UploadRow) -> str:
    return "expired" if upload.status == "pending" and upload.expires_at <= now() else upload.status


def wire(session: Session, row: UploadRow) -> Wire:
    """The upload as it goes over the wire, with its file once there is one."""
    file = session.scalar(select(FileRow).where(FileRow.id == row.file_id)) if row.file_id else None
    return {
        "id": row.id,
        "object": "upload",
        "created_at": row.created_at,
        "filename": row.filename,
        "bytes": row.size_bytes,
        "purpose": row.purpose,
        "status": _status(row),
        "expires_at": row.expires_at,
        "file": files.wire(file) if file else None,
    }
