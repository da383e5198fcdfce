"""What a file is: by its content first, by its name second."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Literal

from services.documents import refusals
from services.documents.decoding import decoded, is_binary
from services.documents.document import Kind
from services.documents.images import is_image
from services.documents.refusals import Unreadable, too_large, unsupported

MAX_FILE_BYTES = 512 * 2**20
HEAD_BYTES = 4096

PARSED: frozenset[str] = frozenset({"pdf", "office", "html", "json", "jsonl", "csv", "tsv"})

_KINDS: dict[Kind, str] = {
    "html": "htm html xhtml",
    "markdown": "markdown md mdx",
    "json": "geojson ipynb json webmanifest",
    "jsonl": "jsonl ndjson",
    "csv": "csv",
    "tsv": "tab tsv",
    "code": "bash bat c cc cfg clj cmake conf cpp cs css cxx dart diff ex fish go gradle graphql h hpp hs ini java js jsx"
    " kt less lua m patch php pl properties proto ps1 py pyi r rb rs sass scala scss sh sql svelte svg swift toml ts tsx"
    " vue xml xsd xsl yaml yml zig zsh",
}
_KIND_BY_SUFFIX = {suffix: kind for kind, suffixes in _KINDS.items() for suffix in suffixes.split()}

_HTML = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html)[\s>]", re.IGNORECASE | re.DOTALL
)

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_REFUSED = {
    refusals.PICTURE: (b"BM", b"II*\x00", b"MM\x00*", b"8BPS", b"\x00\x00\x01\x00"),
    refusals.RECORDING: (b"ID3", b"\xff\xfb", b"\xff\xf3", b"OggS", b"fLaC", b"RIFF", b"\x1aE\xdf\xa3"),
    refusals.ARCHIVE: (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!\x1a", b"\x28\xb5\x2f\xfd"),
}


def kind_of(path: Path, name: str) -> Kind | Literal["office"]:
    """The kind of a file called `name`; "office" is a zip file that its reader has yet to look into.

    Raises Unreadable for what holds no text for us. A text is recognised as one only when it is decoded.
    """
    size_bytes = path.stat().st_size
    if size_bytes > MAX_FILE_BYTES:
        raise too_large(MAX_FILE_BYTES)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        raise Unreadable(refusals.EMPTY)
    suffix = PurePosixPath(name).suffix[1:].lower()
    if _is_pdf(head, suffix):
        return "pdf"
    if head.startswith(_ZIP):
        return "office"
    _refuse(head, suffix)
    return _kind_of_text(head, suffix)


def _is_pdf(head: bytes, suffix: str) -> bool:
    start = head[:1024]
    return start.lstrip().startswith(b"%PDF-") or (suffix == "pdf" and b"%PDF-" in start)


def _refuse(head: bytes, suffix: str) -> None:
    if head.startswith(_OLE) and suffix in ("docx", "pptx"):
        raise Unreadable(refusals.LOCKED_OFFICE)
    if head.startswith(_OLE):
        raise unsupported(refusals.OLD_OFFICE)
    if head.startswith(b"{\\rtf"):
        raise unsupported(refusals.RICH_TEXT)
    if is_image(head):
        raise unsupported(refusals.PICTURE)
    if is_binary(head):
        _refuse_binary(head, suffix)


def _refuse_binary(head: bytes, suffix: str) -> None:
    says = next((says for says, marks in _REFUSED.items() if head.startswith(marks)), None)
    if head[4:8] == b"ftyp":
        says = refusals.PICTURE if head[8:12] in (b"heic", b"heix", b"mif1", b"avif") else refusals.RECORDING
    if says:
        raise unsupported(says)
    if suffix in ("pdf", "docx", "pptx"):
        raise Unreadable(refusals.DAMAGED)
    # UTF-16 looks binary too; the head may end within one of its letters.
    if decoded(head) is None and decoded(head[:-2]) is None:
        raise unsupported(refusals.NO_TEXT)


def _kind_of_text(head: bytes, suffix: str) -> Kind:
    known = _KIND_BY_SUFFIX.get(suffix)
    if known is None and _HTML.match(head.removeprefix(b"\xef\xbb\xbf")):
        return "html"
    return known or "text"
