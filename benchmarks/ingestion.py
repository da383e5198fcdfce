"""Files into a vector store: how fast their words are searchable, how fast their vectors follow, in how much memory."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from pathlib import Path

import psutil

from benchmarks.library import Library, library
from benchmarks.report import Figure, at_least, at_most
from benchmarks.retrieval import load
from services.documents.chunks import chunk
from services.documents.document import Document
from services.documents.extraction import extract
from services.documents.workers import Workers

PAGES = 1000
EMBEDDED_PAGES = 40
CHARACTERS_A_PAGE = 3000
LINE_CHARACTERS = 90
MOST_GROWN_MB = 400


def figures(quick: bool = False) -> list[Figure]:
    """Pages a second of each step, for a PDF of a thousand pages of real text."""
    pages = 50 if quick else PAGES
    pdf = made_pdf(_pages(pages))
    few = made_pdf(_pages(4 if quick else EMBEDDED_PAGES))
    with tempfile.TemporaryDirectory() as folder, library(Path(folder)) as made:
        return asyncio.run(_measure(made, pdf, pages, few, 4 if quick else EMBEDDED_PAGES))


async def _measure(made: Library, pdf: bytes, pages: int, few: bytes, few_pages: int) -> list[Figure]:
    await made.add({"warm.txt": b"A first file starts everything that is needed."})
    await made.read_all()
    await made.embed_all()
    shares = await asyncio.to_thread(_shares, pdf)
    await made.add({"long.pdf": pdf})
    with Peak() as peak:
        words_s = await made.read_all()
    await made.add({"short.pdf": few})
    await made.read_all()
    vectors_s = await _embed_first(made)
    return [
        at_least(f"words searchable, pages a second of a PDF of {pages:,}", round(pages / words_s), 100),
        at_least("vectors following, pages a second", round(few_pages / vectors_s, 1), 7),
        *(Figure(f"{step}, pages a second", f"{pages / seconds:,.0f}") for step, seconds in shares.items()),
        at_most(f"memory grown while reading {pages:,} pages", round(peak.grown_mb), MOST_GROWN_MB, "MB"),
    ]


async def _embed_first(made: Library) -> float:
    """Seconds until the shortest waiting document has its vectors."""
    began = time.perf_counter()
    await made.embedder.embed_next()
    return time.perf_counter() - began


def _shares(pdf: bytes) -> dict[str, float]:
    """Seconds of each step before the vectors."""
    from services.documents import bm25

    with tempfile.TemporaryDirectory() as folder, Workers() as workers:
        path = Path(folder) / "long.pdf"
        path.write_bytes(pdf)
        began = time.perf_counter()
        document: Document = extract(path, "long.pdf", workers)
        read = time.perf_counter()
        chunks = chunk(document)
        cut = time.perf_counter()
        bm25.segment(document.text[c.start : c.end] for c in chunks)
        counted = time.perf_counter()
    return {"reading": read - began, "cutting into chunks": cut - read, "counting words": counted - cut}


class Peak:
    """How far this process and its children grow meanwhile."""

    def __enter__(self) -> Peak:
        self._process = psutil.Process()
        self._before = self._highest = self._now()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def grown_mb(self) -> float:
        """Megabytes above the beginning, at the highest."""
        return (self._highest - self._before) / 1e6

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            self._highest = max(self._highest, self._now())

    def _now(self) -> int:
        family = [self._process, *self._process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family if member.is_running())


def _pages(count: int) -> list[str]:
    """Pages of text from the documents of the evaluation set, over and over; each says which page it is."""
    text = " ".join(" ".join(load().documents.values()).split())
    text = text.encode("ascii", "ignore").decode()
    starts = [number * CHARACTERS_A_PAGE % (len(text) - CHARACTERS_A_PAGE) for number in range(count)]
    return [f"Page {n}. {text[start : start + CHARACTERS_A_PAGE]}" for n, start in enumerate(starts, 1)]


def made_pdf(pages: list[str]) -> bytes:
    """A PDF with these pages of text, in the simplest form there is."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    kids = []
    for text in pages:
        stream = _page_stream(text)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        contents = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % contents
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    return _file(objects)


def _page_stream(text: str) -> bytes:
    lines = [text[start : start + LINE_CHARACTERS] for start in range(0, len(text), LINE_CHARACTERS)]
    escaped = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines]
    shown = "\n".join(f"({line}) Tj T*" for line in escaped)
    return f"BT /F1 9 Tf 11 TL 40 800 Td\n{shown}\nET".encode("latin-1", "replace")


def _file(objects: list[bytes]) -> bytes:
    data, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    data += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(data)
