"""A document cut into overlapping chunks, at the size a search and a model can use."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from services import tokens
from services.documents.document import Document

MIN_TOKENS = 16
SNAP_SHARE = 0.15  # of a chunk's end and of an overlap's start is given up for a better place to cut

_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_SENTENCE = re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？]+[」』”]*")
_LINE = re.compile(r"\n")
_WORD = re.compile(r"\s+")
_NOT_SPACE = re.compile(r"\S")

# Where to cut, from best to worst. A record or a statement ends with its line; a line of prose ends anywhere.
_PROSE = (_PARAGRAPH, _SENTENCE, _LINE, _WORD)
_LINES = (_PARAGRAPH, _LINE, _WORD)
_LINE_KINDS = frozenset({"code", "csv", "json", "jsonl", "tsv"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """Characters `start` to `end` of a document's text: the `ordinal`-th chunk from 0, `tokens` of o200k_base long."""

    ordinal: int
    start: int
    end: int
    tokens: int


def chunk(document: Document, max_tokens: int = 800, overlap_tokens: int = 400) -> list[Chunk]:
    """Chunks of at most `max_tokens` that cover the text, each beginning about `overlap_tokens` before its forerunner ends.

    They begin and end at a paragraph, sentence, line or word where one is near; white space at the edges is left out.
    Raises ValueError for less than 16 tokens, or an overlap of more than half of them (OpenAI's own limit).
    """
    if max_tokens < MIN_TOKENS or not 0 <= overlap_tokens <= max_tokens // 2:
        raise ValueError(f"chunks of {max_tokens} tokens with an overlap of {overlap_tokens}")
    spans = _Cutter(document, max_tokens, overlap_tokens).spans()
    return [Chunk(ordinal, *span) for ordinal, span in enumerate(spans)]


class _Cutter:
    def __init__(self, document: Document, max_tokens: int, overlap_tokens: int) -> None:
        self._text = document.text
        self._starts = tokens.offsets(document.text)
        self._max = max_tokens
        self._overlap = overlap_tokens
        self._places = _LINES if document.kind in _LINE_KINDS else _PROSE

    def spans(self) -> Iterator[tuple[int, int, int]]:
        """Start, end and tokens of each chunk."""
        start, covered = self._next_letter(0), 0
        while start < len(self._text):
            end, count = self._end(start)
            if end > covered:
                yield start, end, count
                start, covered = self._next_start(start, end), end
            else:  # a long blank follows what is covered already
                start = self._next_letter(covered)
            if self._next_letter(covered) == len(self._text):
                return

    def _end(self, start: int) -> tuple[int, int]:
        """The end of the chunk that begins at `start`, and its tokens."""
        limit = bisect_left(self._starts, start) + self._max
        while True:
            end = self._snapped_end(start, limit)
            # Cut out of its surroundings, a text can have a token more than it had inside them.
            count = tokens.count(self._text[start:end])
            if count <= self._max:
                return end, count
            limit = min(limit, bisect_left(self._starts, end)) - (count - self._max)

    def _snapped_end(self, start: int, limit: int) -> int:
        end = self._position(limit)
        if end < len(self._text):
            lowest = max(start + 1, self._position(limit - int(self._max * SNAP_SHARE)))
            end = self._last_place(lowest, end) or end
        return start + len(self._text[start:end].rstrip())

    def _next_start(self, start: int, end: int) -> int:
        """Where the next chunk begins: after `start`, and no later than `end` but for white space."""
        wanted = max(bisect_left(self._starts, end) - self._overlap, bisect_right(self._starts, start))
        earliest = min(self._position(wanted), end)
        latest = min(self._position(wanted + int(self._overlap * SNAP_SHARE)), end)
        return self._next_letter(self._first_place(earliest, latest) or earliest)

    def _last_place(self, lowest: int, highest: int) -> int | None:
        for place in self._places:
            ends = [match.end() for match in place.finditer(self._text, lowest, highest)]
            if ends:
                return ends[-1]
        return None

    def _first_place(self, lowest: int, highest: int) -> int | None:
        for place in self._places:
            found = place.search(self._text, lowest - 1, highest)
            if found:
                return found.end()
        return None

    def _position(self, token: int) -> int:
        return self._starts[token] if token < len(self._starts) else len(self._text)

    def _next_letter(self, position: int) -> int:
        found = _NOT_SPACE.search(self._text, position)
        return found.start() if found else len(self._text)
