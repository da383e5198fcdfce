"""Files to read in tests, sound and hostile, made on the spot."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import docx
import pptx
from PIL import Image, ImageDraw, ImageFont

MATPLOTLIB = Path(str(find_spec("matplotlib").origin)).parent  # type: ignore[union-attr]
CONTENT_TYPES = "[Content_Types].xml"
PARAGRAPH = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
WORD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'


def pdf(pages: Sequence[str | bytes], *, count: int | None = None) -> bytes:
    """A PDF written by hand, a line of text a line; bytes are a page's content stream as it is.

    `count` is what its page tree claims to hold.
    """
    kids = b" ".join(b"%d 0 R" % (4 + 2 * i) for i in range(len(pages)))
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    objects = [*tree(kids, count or len(pages)), font]
    for i, page in enumerate(pages):
        objects += [_page(5 + 2 * i), stream(page if isinstance(page, bytes) else _content(page))]
    return numbered(objects)


def picture(text: str, turned: int = 0) -> Image.Image:
    """A page of a scan, turned by so many degrees against the clock; blank for an empty text."""
    image = Image.new("RGB", (800, 500), "white")
    font = ImageFont.truetype(MATPLOTLIB / "mpl-data/fonts/ttf/DejaVuSans.ttf", 28)
    ImageDraw.Draw(image).multiline_text((60, 60), text, "black", font, spacing=12)
    return image.rotate(turned, expand=True)


def scan(texts: Sequence[str], turned: int = 0) -> bytes:
    """A PDF whose pages are pictures of these texts."""
    first, *others = (picture(text, turned) for text in texts)
    file = BytesIO()
    first.save(file, "PDF", save_all=True, append_images=others, resolution=100)
    return file.getvalue()


def tree(kids: bytes, count: int = 1) -> list[bytes]:
    """The first two objects of a PDF: its catalog and its page tree."""
    return [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)]


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object with more entries in its dictionary."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def numbered(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1, the first being its catalog."""
    file = BytesIO()
    file.write(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(file.tell())
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    file.writelines(b"%010d 00000 n \n" % place for place in places)
    file.write(b"trailer\n<< /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return file.getvalue()


def _page(contents: int) -> bytes:
    resources = "<< /Font << /F1 3 0 R >> >>"
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources {resources} /Contents {contents} 0 R >>"
    return page.encode()


def _content(text: str) -> bytes:
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    lines = " T* ".join(f"({line}) Tj" for line in escaped.split("\n"))
    return f"BT /F1 10 Tf 14 TL 50 740 Td {lines} ET".encode("cp1252")


def package(parts: Mapping[str, str | bytes], main: str = "word/document.xml") -> bytes:
    """A zip file with these parts and the relation that says which is the main one."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    relation = f'<Relationship Id="r1" Type="{kind}" Target="{main}"/>'
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", f"<Relationships>{relation}</Relationships>")
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def word(body: str) -> bytes:
    """A DOCX with this body in WordprocessingML."""
    return package({"word/document.xml": WORD.format(body)})


def saved(document: docx.document.Document | pptx.presentation.Presentation) -> bytes:
    """The bytes that a library would write to a file."""
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def written(folder: Path, name: str, data: str | bytes) -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path
