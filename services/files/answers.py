"""An answer on its way to the page: text, and behind each statement its source or a doubt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.files.passages import Passage
from services.files.support import Support, nearest
from services.turns import Citation, Event, TextDelta, Unsupported

ABSENT = "Not in these documents."
NEAREST = " The nearest passages speak of something else:"
NONE_FOUND = "None of this was found in the documents, so do not rely on it."


class Writing:
    """Knows where in the answer it is, and what was supported so far."""

    def __init__(self, question: str, passages: Sequence[Passage]) -> None:
        self.question, self.passages = question, tuple(passages)
        self._length = 0
        self._supported = 0
        self._doubted = 0

    def say(self, text: str) -> TextDelta:
        """The next words."""
        self._length += len(text)
        return TextDelta(text)

    def doubt(self, characters: int) -> Unsupported:
        """Nothing bears the last so many characters out."""
        self._doubted += 1
        return Unsupported(self._length - characters, self._length)

    def cite(self, found: Support) -> Iterator[Event]:
        """The source of what was just said."""
        self._supported += 1
        yield from self._mark(found)

    def verdict(self) -> Iterator[Event]:
        """The last word, when nothing that was said is supported: it is not there, and what comes nearest."""
        if self._supported:
            return
        if self._doubted:
            yield self.say(f"\n\n{NONE_FOUND}")
            return
        yield self.say(ABSENT)
        close = nearest(self.question, self.passages)
        if close:
            yield self.say(NEAREST)
        for one in close:
            yield from self._mark(one)

    def _mark(self, found: Support) -> Iterator[Event]:
        passage = found.passage
        marker = f"【{self.passages.index(passage) + 1}†{passage.filename}】"
        start = self._length
        yield self.say(marker)
        place = found.page, found.last_page, passage.rows
        yield Citation(marker, start, self._length, passage.file_id, passage.filename, found.quote, *place)
