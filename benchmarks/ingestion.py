"""Files into a vector store: how fast words are searchable, vectors follow, pictures are read, and in how much memory."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil

from benchmarks.library import OWNER, Library, library
from benchmarks.report import Figure, at_least, at_most
from benchmarks.retrieval import load
from services.documents.chunks import chunk
from services.documents.document import Document
from services.documents.extraction import extract
from services.documents.workers import Workers
from services.server.retrieval.search import Query, Wanted, search

PAGES = 1000
EMBEDDED_PAGES = 40
ASKED_PAGES = 300
PYPDF_PAGES = 100
CHARACTERS_A_PAGE = 3000
LINE_CHARACTERS = 90
MOST_GROWN_MB = 400


def figures(quick: bool = False) -> list[Figure]:
    """Pages a second of each step, for a PDF of a thousand pages of real text."""
    pages = 50 if quick else PAGES
    with tempfile.TemporaryDirectory() as folder, library(Path(folder)) as made:
        steps = _steps(made_pdf(_pages(pages)), pages)
        return [*asyncio.run(_measure(made, pages, 4 if quick else EMBEDDED_PAGES)), *steps, *_pictures()]


async def _measure(made: Library, pages: int, few: int) -> list[Figure]:
    await made.add({"warm.txt": b"A first file starts everything that is needed."})
    await made.read_all()
    await made.embed_all()
    first_s = await _first_answer(made, made_pdf(_pages(min(pages, ASKED_PAGES))))
    await made.add({"long.pdf": made_pdf(_pages(pages))})
    with Peak() as peak:
        words_s = await made.read_all()
    await made.add({"short.pdf": made_pdf(_pages(few))})
    await made.read_all()
    vectors_s, vectors_cpu_s = await _embed_first(made)
    return [
        at_most(
            f"first answer by words after {min(pages, ASKED_PAGES)} pages come", round(first_s, 2), 3, "s"
        ),
        at_least(f"words searchable, pages a second of a PDF of {pages:,}", round(pages / words_s), 100),
        at_least("vectors following, pages a second", round(few / vectors_s, 1), 7),
        Figure("vectors, processor time a page", f"{vectors_cpu_s / few:.2f} s"),
        at_most(f"memory grown while reading {pages:,} pages", round(peak.grown_mb), MOST_GROWN_MB, "MB"),
    ]


async def _first_answer(made: Library, pdf: bytes) -> float:
    """Seconds from the bytes of a file to a passage of its last page."""
    began = time.perf_counter()
    await made.add({"asked.pdf": pdf})
    await made.read_all()
    wanted = Wanted(OWNER, (made.store_id,))
    hits = await made.database.read(search, made.vectors, wanted, [Query("server files", None)])
    if not hits:
        raise LookupError("nothing was found")
    return time.perf_counter() - began


async def _embed_first(made: Library) -> tuple[float, float]:
    """Seconds until the shortest waiting document has its vectors, and the processor's seconds in that time."""
    began, used = time.perf_counter(), time.process_time()
    await made.embedder.embed_next()
    return time.perf_counter() - began, time.process_time() - used


def _steps(pdf: bytes, pages: int) -> list[Figure]:
    """Pages a second of each step before the vectors, and of two libraries that do nothing but the first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.pdf"
        path.write_bytes(pdf)
        seconds = _shares(path)
        compared = {"PDFium alone": _timed(_with_pdfium, path), "pypdf alone": _timed(_with_pypdf, path)}
    shares = {name: pages / value for name, value in seconds.items()}
    shares |= {f"reading with {name}": pages / value for name, value in compared.items()}
    shares["reading with pypdf alone"] *= min(1, PYPDF_PAGES / pages)
    return [Figure(f"{step}, pages a second", f"{rate:,.0f}") for step, rate in shares.items()]


def _timed(work: Callable[[Path], None], path: Path) -> float:
    began = time.perf_counter()
    work(path)
    return time.perf_counter() - began


def _with_pdfium(path: Path) -> None:
    from pypdfium2 import PdfDocument

    with closing(PdfDocument(path)) as pdf:
        for page in pdf:
            page.get_textpage().get_text_bounded()


def _with_pypdf(path: Path) -> None:
    """The first pages only: it is slow."""
    from pypdf import PdfReader

    for page in PdfReader(path).pages[:PYPDF_PAGES]:
        page.extract_text()


def _pictures() -> list[Figure]:
    """What a page costs that is a picture of 3,000 letters, once the model is loaded."""
    from pypdfium2 import PdfDocument

    from services.documents.readers.ocr import LONGEST_SIDE_PX, recognised

    with closing(PdfDocument(made_pdf(_pages(2)))) as pdf:
        pictures = [page.render(scale=LONGEST_SIDE_PX / 842).to_numpy()[:, :, :3].copy() for page in pdf]
    recognised(pictures[0])
    began, used = time.perf_counter(), time.process_time()
    recognised(pictures[1])
    return [
        Figure("a page that is a picture", f"{time.perf_counter() - began:.1f} s"),
        Figure("a page that is a picture, processor time", f"{time.process_time() - used:.1f} s"),
    ]


def _shares(path: Path) -> dict[str, float]:
    """Seconds of each step before the vectors."""
    from services.documents import bm25

    with Workers() as workers:
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
