"""Files a person attaches to a message: read, checked, cleaned, and put into a request."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from services.documents.decoding import decoded, with_plain_newlines
from services.documents.filenames import clean_filename
from services.documents.images import image_size, is_image, read_image
from services.errors import InvalidInput
from services.turns import Attachment, Message

MAX_FILE_BYTES = 20 * 2**20
MAX_TEXT_BYTES = 2**20
MAX_PDF_PAGES = 200
PDF_CPU_S, PDF_WALL_S = 30, 60.0


def read_attachment(filename: str, data: bytes) -> Attachment:
    """A file as a model may get it: a picture without metadata, or UTF-8 text (also of a PDF).

    What it is follows from its content, not its name. Raises InvalidInput with what to do.
    """
    name = clean_filename(filename)
    if len(data) > MAX_FILE_BYTES:
        raise InvalidInput(
            f"{name} has {_megabytes(len(data))}; at most {_megabytes(MAX_FILE_BYTES)} can be attached. Attach a smaller file."
        )
    if not data:
        raise _empty(name)
    if is_image(data):
        media_type, picture = read_image(name, data)
        return Attachment(name, media_type, picture)
    text = _pdf_text(name, data) if data[:1024].lstrip().startswith(b"%PDF-") else _plain_text(name, data)
    return Attachment(name, "text/plain", text.encode())


def as_content_parts(message: Message, *, sees_images: bool) -> str | list[dict[str, Any]]:
    """The `content` of a chat message: one string, or parts when the model is to see a picture.

    Text files come before the question, each in a fenced block under its name.
    """
    pictures = [attachment for attachment in message.attachments if attachment.is_image]
    files = [_fenced(attachment) for attachment in message.attachments if not attachment.is_image]
    if not pictures or not sees_images:
        notes = [_unseen(picture) for picture in pictures]
        return "\n\n".join(part for part in (*files, *notes, message.content) if part)
    texts = [{"type": "text", "text": text} for text in (*files, message.content) if text]
    return [*texts, *(_image_part(picture) for picture in pictures)]


def _plain_text(name: str, data: bytes) -> str:
    if len(data) > MAX_TEXT_BYTES:
        raise InvalidInput(
            f"{name} has {_megabytes(len(data))} of text; at most {_megabytes(MAX_TEXT_BYTES)} fits. Attach a part of it."
        )
    text = decoded(data)
    if text is None:
        raise InvalidInput(
            f"{name} is neither text, a picture nor a PDF. Save it as one of these and attach that."
        )
    if not text:
        raise _empty(name)
    return with_plain_newlines(text)


def _empty(name: str) -> InvalidInput:
    return InvalidInput(f"{name} is empty. Attach a file with something in it.")


def _pdf_text(name: str, data: bytes) -> str:
    """The text of its pages, read by a process of its own: a hostile file costs that one alone."""
    from services.documents.extraction import extract
    from services.documents.limits import Limits
    from services.documents.workers import Workers

    def check(_: int, count: int) -> None:
        if count > MAX_PDF_PAGES:
            raise InvalidInput(
                f"{name} has {count} pages; at most {MAX_PDF_PAGES} can be attached. Attach a part of it."
            )

    with (
        TemporaryDirectory() as folder,
        Workers(limits=Limits(cpu_s=PDF_CPU_S, wall_s=PDF_WALL_S)) as workers,
    ):
        path = Path(folder) / "attached.pdf"
        path.write_bytes(data)
        document = extract(path, name, workers, progress=check)
    pages = [(s.page, document.text[s.start : s.end].strip()) for s in document.sections]
    if not any(text for _, text in pages):
        raise InvalidInput(
            f"{name} holds no text, only pictures of pages. Attach the pages as pictures instead."
        )
    return _fitting(name, "\n\n".join(f"[page {page}]\n{text}" for page, text in pages if text))


def _fitting(name: str, text: str) -> str:
    size_bytes = len(text.encode("utf-8", "replace"))
    if size_bytes > MAX_TEXT_BYTES:
        raise InvalidInput(
            f"{name} holds {_megabytes(size_bytes)} of text; at most {_megabytes(MAX_TEXT_BYTES)} fits. Attach a part of it."
        )
    return text.encode("utf-8", "replace").decode()


def _fenced(attachment: Attachment) -> str:
    text = attachment.data.decode("utf-8", errors="replace").rstrip("\n")
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{attachment.filename}:\n{fence}\n{text}\n{fence}"


def _unseen(picture: Attachment) -> str:
    width, height = image_size(picture.data)
    return f"[image: {picture.filename}, {width}×{height} — this model cannot see pictures]"


def _image_part(picture: Attachment) -> dict[str, Any]:
    encoded = base64.b64encode(picture.data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:{picture.media_type};base64,{encoded}"}}


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.3g} MB"
