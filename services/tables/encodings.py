"""A text file in any encoding, as one that DuckDB reads: UTF-8, one kind of line end, no NULs."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.documents.decoding import (
    BYTE_ORDER_MARKS,
    SAMPLE_BYTES,
    is_binary,
    utf_16_without_mark,
)
from services.documents.refusals import Unreadable
from services.tables import refusals

PIECE_BYTES = 2**20
MAX_BAD_LETTERS = 100
CODE_PAGES = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "cp932", "euc_jp",
    "gb18030", "big5", "euc_kr", "koi8_r", "mac_roman", "cp850", "cp437",
]  # fmt: skip
"""What tables are saved in when not in Unicode; the detector knows some forty more that nobody has used for long."""


@dataclass(frozen=True, slots=True)
class PlainText:
    """A file of UTF-8, the encoding that it was in, and what a person should know of the change."""

    path: Path
    encoding: str
    notes: tuple[str, ...] = ()


def as_utf_8(path: Path, encoding: str | None, copy: Path) -> PlainText:
    """The file itself where DuckDB can read it, else `copy`, written. Unreadable for what is no text."""
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    known = _known(encoding) if encoding else _marked(head)
    if known is None and is_binary(head.replace(b"\0", b"")):
        raise refusals.no_table()
    if known in (None, "utf-8"):
        found = _look(path)
        if found.is_plain:
            return PlainText(path, "utf-8")
        if known is None:
            known = "utf-8" if found.bad_at is None else _guessed(path, found.bad_at)
        nuls = found.nuls
    else:
        nuls = 0
    bad = _write(path, known, copy, strict=encoding is not None)
    return PlainText(copy, known, tuple(_notes(nuls, bad, known)))


@dataclass(slots=True)
class _Found:
    """What stands in a file: the place of its first byte that is no UTF-8, NULs, and line ends by kind."""

    bad_at: int | None = None
    nuls: int = 0
    has_mark: bool = False
    newlines: int = 0
    returns: int = 0
    pairs: int = 0

    @property
    def is_plain(self) -> bool:
        """Lines that all end in CR and LF are as good as those that end in LF; a mixture is not."""
        has_one_end = not self.returns or self.returns == self.pairs == self.newlines
        return self.bad_at is None and not self.nuls and not self.has_mark and has_one_end


def _look(path: Path) -> _Found:
    found, done, last = _Found(), 0, b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for piece in _pieces(path):
        found.has_mark = found.has_mark or (not done and piece.startswith(codecs.BOM_UTF8))
        found.nuls += piece.count(b"\0")
        found.newlines += piece.count(b"\n")
        found.returns += piece.count(b"\r")
        found.pairs += (piece.count(b"\r\n") if found.returns else 0) + (last + piece[:1] == b"\r\n")
        last = piece[-1:]
        if found.bad_at is None:
            found.bad_at = _first_bad(decoder, piece, done)
        done += len(piece)
    return found


def _first_bad(decoder: codecs.IncrementalDecoder, piece: bytes, done: int) -> int | None:
    try:
        decoder.decode(piece)
    except UnicodeDecodeError as error:
        return done + error.start
    return None


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding)
    except (LookupError, ValueError):
        raise Unreadable(refusals.ENCODING.format(encoding=encoding[:40])) from None
    if not name._is_text_encoding:
        raise Unreadable(refusals.ENCODING.format(encoding=encoding[:40]))
    return name.name.removesuffix("-sig")


def _marked(head: bytes) -> str | None:
    named = (encoding for mark, encoding in BYTE_ORDER_MARKS.items() if head.startswith(mark))
    if name := next(named, None):
        return name.removesuffix("-sig")
    return utf_16_without_mark(head[: len(head) & ~1]) if b"\0" in head else None


def _guessed(path: Path, bad_at: int) -> str:
    """The encoding by the lines around the first letter that is none in UTF-8."""
    with path.open("rb") as file:
        file.seek(max(0, bad_at - PIECE_BYTES // 4))
        around = file.read(PIECE_BYTES)
    wrong = around.decode("utf-8", "replace").count("\ufffd")
    letters = sum(byte >= 0xC2 for byte in around)
    if wrong * 10 < letters:
        return "utf-8"  # a few letters of it are damaged
    return _likely(around.replace(b"\0", b""))


def _likely(text: bytes) -> str:
    from charset_normalizer import from_bytes

    matches = from_bytes(text, cp_isolation=CODE_PAGES)
    best = matches.best()
    if best is None:
        return "cp1252"
    # Among its equals the detector prefers rarer alphabets, and few letters are few to judge by.
    western = next((match for match in matches if "cp1252" in match.could_be_from_charset), None)
    is_as_likely = (
        western and western.chaos <= best.chaos + 0.02 and western.coherence >= best.coherence - 0.1
    )
    return "cp1252" if is_as_likely else best.encoding


def _write(path: Path, encoding: str, copy: Path, *, strict: bool) -> int:
    """Write the text to `copy`; how many letters were no letters in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    bad, held = 0, ""
    with copy.open("wb") as out:
        for piece in (*_pieces(path), None):
            text = held + (decoder.decode(piece) if piece is not None else decoder.decode(b"", final=True))
            held = "\r" if piece is not None and text.endswith("\r") else ""
            text = text.removesuffix("\r") if held else text
            bad += text.count("\ufffd")
            if strict and bad > MAX_BAD_LETTERS:
                raise Unreadable(refusals.ENCODING.format(encoding=encoding))
            plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").removeprefix("\ufeff")
            out.write(plain.encode("utf-8", "replace"))
    return bad


def _notes(nuls: int, bad: int, encoding: str) -> Iterator[str]:
    if nuls and not encoding.startswith("utf-16"):
        yield f"NUL characters that were left out: {nuls:,}."
    if bad:
        yield f"Letters that could not be read as {encoding} and are shown as �: {bad:,}."
