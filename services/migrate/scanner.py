"""A code base, scanned for calls of the Assistants API. Nothing is changed, imported or run."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.migrate import python_calls, text_calls
from services.migrate.findings import Finding, Reason, Scan, Skipped
from services.migrate.python_calls import Hit

LARGEST_BYTES = 2_000_000
LARGEST_NOTEBOOK_BYTES = 20_000_000
LOOKED_AT_BYTES = 8_192
"""A file with a zero byte so early is no text."""
PASSED_OVER = frozenset(
    {
        ".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "node_modules", "__pycache__", "site-packages",
        ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".next", ".nuxt", ".idea", ".gradle",
    }
)  # fmt: skip
"""Folders of other people's code and of caches."""
NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)


def scan(root: Path) -> Scan:
    """Every call in a file or folder. Links are not followed. Raises FileNotFoundError where there is neither."""
    if not root.exists():
        raise FileNotFoundError(root)
    findings: list[Finding] = []
    skipped: list[Skipped] = []
    notices: list[str] = []
    count = 0
    for path in _files(root, notices):
        count += 1
        shown = str(path.relative_to(root)) if path != root else path.name
        text = _read(path)
        if isinstance(text, bytes):
            findings += _in_file(path.suffix.lower(), text, shown, notices)
        else:
            skipped.append(Skipped(_printable(shown), text))
    return Scan(tuple(findings), tuple(skipped), count, tuple(notices))


def _files(root: Path, notices: list[str]) -> Iterator[Path]:
    if not root.is_dir():
        yield root
        return

    def failed(error: OSError) -> None:
        notices.append(f"{_printable(str(error.filename))}: {error.strerror}.")

    for folder, names, files in os.walk(root, onerror=failed):
        names[:] = sorted(name for name in names if name not in PASSED_OVER)
        for name in sorted(files):
            path = Path(folder, name)
            if not path.is_symlink():
                yield path


def _read(path: Path) -> bytes | Reason:
    """The bytes of a text, or why they are not read."""
    try:
        known = path.stat()
        if not stat.S_ISREG(known.st_mode):
            return "not a regular file"
        most = LARGEST_NOTEBOOK_BYTES if path.suffix == ".ipynb" else LARGEST_BYTES
        with path.open("rb") as file:
            head = file.read(LOOKED_AT_BYTES)
            if b"\0" in head:
                return "binary"
            if known.st_size > most:
                return "too large"
            return head + file.read(most)
    except OSError:
        return "unreadable"


def _in_file(suffix: str, data: bytes, shown: str, notices: list[str]) -> Iterator[Finding]:
    path = _printable(shown)
    if suffix == ".ipynb":
        yield from _in_notebook(data, path, notices)
        return
    for hit in _hits(suffix, data, path, notices):
        yield _finding(path, hit)


def _hits(suffix: str, data: bytes, path: str, notices: list[str]) -> list[Hit]:
    if suffix in (".py", ".pyi", ".pyw"):
        try:
            return python_calls.hits(data)
        except NOT_PYTHON:
            notices.append(f"{path} is no Python that can be parsed, so it was searched by patterns.")
    return text_calls.hits(data.decode("utf-8", "replace"))


def _in_notebook(data: bytes, path: str, notices: list[str]) -> Iterator[Finding]:
    try:
        notebook = json.loads(data)
        cells = notebook["cells"]
    except (ValueError, KeyError, TypeError, RecursionError):
        notices.append(f"{path} is no notebook that can be read, so it was searched by patterns.")
        for hit in text_calls.hits(data.decode("utf-8", "replace")):
            yield _finding(path, hit)
        return
    for number, cell in enumerate(cells if isinstance(cells, list) else (), 1):
        for hit in _in_cell(cell):
            yield _finding(path, hit, number)


def _in_cell(cell: Any) -> list[Hit]:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return []
    source = cell.get("source") or ""
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    try:
        return python_calls.hits("\n".join(map(_without_magic, text.split("\n"))))
    except NOT_PYTHON:
        return text_calls.hits(text)


def _without_magic(line: str) -> str:
    """A line of Python; a command to the notebook is kept as a text, since curl may stand in it."""
    bare = line.lstrip()
    return f"{line[: len(line) - len(bare)]}_ = {bare!r}" if bare.startswith(("%", "!")) else line


def _finding(path: str, hit: Hit, cell: int | None = None) -> Finding:
    return Finding(path, hit.line, hit.call, hit.becomes.call, hit.becomes.note, cell)


def _printable(text: str) -> str:
    """A path that any terminal can show: file names may hold anything."""
    encoding = sys.stdout.encoding or "utf-8"
    shown = text.encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else "?" for c in shown).encode(encoding, "replace").decode(encoding)
