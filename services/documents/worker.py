"""The reading process: it alone lets a parser touch a file that somebody uploaded.

Requests arrive as JSON lines on stdin, parts leave as JSON lines on stdout. It has no keys in its environment,
may write no file, and ends when stdin does, when a limit is passed, or when much memory is still taken after a document.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.documents import unlocking
from services.documents.limits import limit_cpu, limit_memory, used_memory_bytes
from services.documents.parts import Part, bounded
from services.documents.readers import about, docx, html, package, pdf, pptx, tables
from services.documents.readers import json as json_reader
from services.documents.refusals import DAMAGED, Unreadable
from services.documents.views import answers as views

if TYPE_CHECKING:
    from io import TextIOWrapper

PATIENT = 10
"""How nice a process is that recognises text in pictures, which takes long: others come first."""

Reader = Callable[[Path], Iterator[Part]]

READERS: Mapping[str, Reader] = {
    "pdf": pdf.read,
    "docx": docx.read,
    "pptx": pptx.read,
    "html": html.read,
    "json": json_reader.read,
    "jsonl": tables.read_json_lines,
    "csv": tables.read_csv,
    "tsv": tables.read_tsv,
}


def main(readers: Mapping[str, Reader] = READERS) -> None:
    """Answer requests until stdin ends. Arguments: memory in bytes, processor time in seconds for a document."""
    memory_bytes, cpu_s = map(int, sys.argv[1:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    # Half a surrogate pair, as an escape in JSON may be, is taken out by whoever gets the answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="surrogatepass")
    os.dup2(2, 1)  # whatever a library prints must not mix with our answers
    limit_memory(memory_bytes)
    while used_memory_bytes() < memory_bytes / 2 and (line := sys.stdin.readline()):
        limit_cpu(cpu_s)
        request = json.loads(line)
        _send(answers, {"started": True})
        _answer(answers, readers, request)


def _answer(answers: TextIOWrapper, readers: Mapping[str, Reader], request: Mapping[str, Any]) -> None:
    try:
        for message in _messages(readers, request):
            _send(answers, message)
        _send(answers, {"end": True})
    except Unreadable as error:
        _send(answers, {"says": error.says, "code": error.code})
    except MemoryError:
        os._exit(1)
    except Exception:  # parsers meet damaged files with exceptions of every kind
        _send(answers, {"says": DAMAGED})


def _messages(readers: Mapping[str, Reader], request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    path = Path(request["path"])
    kind = package.office_kind(path) if request["kind"] == "office" else request["kind"]
    yield {"kind": kind}
    if "view" in request:
        yield from views.answer(kind, path, request["view"], readers.get(kind))
        return
    if "unlock" in request:
        yield from unlocking.answer(path, request["unlock"])
        return
    if "recognise" in request:
        os.nice(max(0, PATIENT - os.nice(0)))
        parts = pdf.recognise(path, request["recognise"])
    else:
        yield {"about": asdict(about.about(kind, path))}
        parts = readers[kind](path)
    for part in bounded(parts):
        yield {"part": [part.text, part.page, part.row, part.pages, part.is_picture, part.ocr]}


def _send(answers: TextIOWrapper, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, ensure_ascii=False) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
