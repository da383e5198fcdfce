"""Files a person attaches to a message: read, checked, cleaned, and put into a request."""

from __future__ import annotations

import base64
import re
import unicodedata
from io import BytesIO
from typing import Any

from services.documents.decoding import decoded, with_plain_newlines
from services.documents.images import image_size, is_image, read_image
from services.errors import InvalidInput
from services.turns import Attachment, Message

MAX_FILE_BYTES = 20 * 2**20
MAX_TEXT_BYTES = 2**20
MAX_PDF_PAGES = 200
MAX_FILENAME_CHARS = 120


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


def clean_filename(filename: str) -> str:
    """The name alone, without folders, control or direction characters, at most 120 characters."""
    last = re.split(r"[\\/]", filename)[-1]
    visible = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    name = " ".join(visible.split()).strip(". ") or "file"
    if len(name) <= MAX_FILENAME_CHARS:
        return name
    stem, dot, ending = name.rpartition(".")
    keeps_ending = bool(dot) and len(ending) <= 10
    return (
        stem[: MAX_FILENAME_CHARS - len(ending) - 2] + "…." + ending
        if keeps_ending
        else name[:MAX_FILENAME_CHARS]
    )


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
    from pypdf import PdfReader

    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise InvalidInput(f"{name} is protected by a password. Save it without one and attach that.")
        count = len(reader.pages)
        if count > MAX_PDF_PAGES:
            raise InvalidInput(
                f"{name} has {count} pages; at most {MAX_PDF_PAGES} can be attached. Attach a part of it."
            )
        pages = [(page.extract_text() or "").strip() for page in reader.pages]
    except InvalidInput:
        raise
    # pypdf meets damaged files with exceptions of every kind, RecursionError and KeyError among them.
    except Exception as error:
        raise InvalidInput(
            f"{name} is a PDF that cannot be read; it may be damaged. Save it anew and attach that."
        ) from error
    if not any(pages):
        raise InvalidInput(
            f"{name} holds no text, only pictures of pages. Attach the pages as pictures instead."
        )
    text = "\n\n".join(f"[page {number}]\n{page}" for number, page in enumerate(pages, 1) if page)
    return _fitting(name, text)


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
