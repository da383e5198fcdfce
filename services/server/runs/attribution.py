"""Citations for a model too small to repeat markers: each sentence is traced to the passage that has its words.

Only what a passage plainly supports is cited: most of a sentence's telling words have to stand in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.documents.terms import question_terms, terms
from services.server.runs.citations import Citer, Passage, Piece
from services.server.runs.file_paths import link_to

FEWEST_TERMS = 3
SUPPORT = 0.6
"""The share of a sentence's telling words that a passage must have."""

SENTENCE_END = re.compile(r"[.!?。](?=\s)|(?<=\S)(?=\n)")
FENCE = "```"


@dataclass(slots=True)
class AttributingCiter(Citer):
    """Follows a message, and puts markers where its sentences end."""

    _sentence: str = ""
    _waiting: str = ""
    _last: Passage | None = None

    def feed(self, piece: str) -> list[Piece]:
        """What can go out after this piece."""
        if not self.passages:
            return Citer.feed(self, piece)
        pieces: list[Piece] = []
        text, self._waiting = self._waiting + piece, ""
        if text and text[-1] in ".!?。":  # whether a sentence ends here, the next piece tells
            text, self._waiting = text[:-1], text[-1]
        while (end := self._end_in(text)) is not None:
            pieces += self._write(text[:end])
            pieces += self._end_sentence()
            text = text[end:]
        return pieces + self._write(text)

    def flush(self) -> list[Piece]:
        """The rest, and the citation of the last sentence."""
        if not self.passages:
            return Citer.flush(self)
        waiting, self._waiting = self._waiting, ""
        return [*self._write(waiting), *Citer.flush(self), *self._end_sentence()]

    def hand_over(self) -> list[Piece]:
        """A link to each file that was written for this answer: a small model seldom repeats one."""
        pieces: list[Piece] = []
        for path in self.links.fresh:
            if self.links.files[path] not in self._linked():
                name = path.rpartition("/")[2]
                gap = "\n\n" if self.text else ""
                pieces += [
                    *Citer.feed(self, f"{gap}[{name}]("),
                    self.link(link_to(path)),
                    *Citer.feed(self, ")"),
                ]
        return pieces

    def _linked(self) -> set[str]:
        return {found["file_path"]["file_id"] for found in self.annotations if found["type"] == "file_path"}

    def _end_in(self, text: str) -> int | None:
        """Where the sentence ends in what comes next of it; its last character decides whether a line break is an end."""
        before = self._sentence[-1:]
        match = SENTENCE_END.search(before + text, len(before))
        return match.end() - len(before) if match else None

    def _write(self, text: str) -> list[Piece]:
        self._sentence += text
        if self._sentence.startswith("\n\n"):
            self._last = None  # a new paragraph is cited anew
        return Citer.feed(self, text)

    def _end_sentence(self) -> list[Piece]:
        sentence, self._sentence = self._sentence, ""
        if "【" in sentence or self._held or self.text.count(FENCE) % 2:
            return []
        passage = self._support(sentence)
        if passage is None or passage == self._last:
            return []
        self._last = passage
        return [*Citer.flush(self), self.cite(passage)]

    def _support(self, sentence: str) -> Passage | None:
        wanted = set(question_terms(sentence))
        if len(wanted) < FEWEST_TERMS:
            return None
        shares = {
            passage: len(wanted.intersection(terms(passage.text))) / len(wanted) for passage in self.passages
        }
        best = max(shares, key=lambda passage: shares[passage])
        return best if shares[best] >= SUPPORT else None
