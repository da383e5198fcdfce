"""What the answers of one turn do not share: sentences only one lane has, and words that differ between sentences alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Mark = Literal["same", "changed", "some", "only"]
# Two sentences are about the same thing when they share this much of their words (Dice, 0 to 1).
ALIKE = 0.5
LONGEST_CHARS = 16_000

_SENTENCE = re.compile(r"[^\n]*?(?:[.!?…](?=[\s\"')\]]|$)[\"')\]]*|[。！？]|$)[^\S\n]*|\n+", re.MULTILINE)
_WORD = re.compile(r"\w+(?:[.,'’]\w+)*|[^\w\s]|\s+")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w])")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of an answer. `same` is in all answers, `changed` are words the others have otherwise, `some` is a sentence
    that not all have, `only` one that no other has."""

    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Marked:
    """One answer cut into spans that together are the answer. `shared` is the part of its words the others have too, 0 to 1.

    `own_numbers` are numbers that stand in no other answer.
    """

    spans: tuple[Span, ...]
    shared: float
    own_numbers: tuple[str, ...]

    def count(self, mark: Mark) -> int:
        """How many spans have this mark."""
        return sum(1 for span in self.spans if span.mark == mark)


def differences(answers: Sequence[str]) -> tuple[Marked, ...]:
    """Each answer with what it does not share with the others marked. Answers are cut at 16,000 characters."""
    texts = [answer[:LONGEST_CHARS] for answer in answers]
    cut = [[_Sentence(piece) for piece in _sentences(text)] for text in texts]
    return tuple(_marked(texts, cut, index) for index in range(len(texts)))


class _Sentence:
    """A sentence, its words, and how often each occurs, small letters and capitals alike."""

    __slots__ = ("bag", "pieces", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces = _WORD.findall(text)
        self.words = [piece.casefold() for piece in self.pieces if not piece.isspace()]
        self.bag = Counter(word for word in self.words if word[0].isalnum())

    def likeness(self, other: _Sentence) -> float:
        """Dice's coefficient of the words: 1 for the same words, 0 for none in common."""
        size = self.bag.total() + other.bag.total()
        return 2 * (self.bag & other.bag).total() / size if size else 0.0


def _sentences(text: str) -> Iterator[str]:
    yield from (match[0] for match in _SENTENCE.finditer(text) if match[0])


def _marked(texts: Sequence[str], cut: Sequence[Sequence[_Sentence]], index: int) -> Marked:
    others = [sentences for place, sentences in enumerate(cut) if place != index]
    spans = [span for sentence in cut[index] for span in _spans(sentence, others)]
    words = Counter(word for sentence in cut[index] for word in sentence.bag.elements())
    elsewhere: Counter[str] = Counter()
    for sentences in others:
        elsewhere |= Counter(word for sentence in sentences for word in sentence.bag.elements())
    numbers = {n for place, text in enumerate(texts) if place != index for n in _NUMBER.findall(text)}
    own = [number for number in dict.fromkeys(_NUMBER.findall(texts[index])) if number not in numbers]
    shared = (words & elsewhere).total() / words.total() if words else 0.0
    return Marked(tuple(_joined(spans)), shared, tuple(own))


def _spans(sentence: _Sentence, others: Sequence[Sequence[_Sentence]]) -> Iterator[Span]:
    if not sentence.bag:
        yield Span(sentence.text, "same")
        return
    nearest = [_nearest(sentence, sentences) for sentences in others]
    found = [other for other in nearest if other is not None]
    if not found:
        yield Span(sentence.text, "only")
    elif len(found) < len(others):
        yield Span(sentence.text, "some")
    else:
        yield from _by_word(sentence, found)


def _nearest(sentence: _Sentence, sentences: Sequence[_Sentence]) -> _Sentence | None:
    best = max(sentences, key=sentence.likeness, default=None)
    return best if best is not None and sentence.likeness(best) >= ALIKE else None


def _by_word(sentence: _Sentence, found: Sequence[_Sentence]) -> Iterator[Span]:
    """The sentence with those words marked that at least one of the sentences like it has otherwise."""
    changed: set[int] = set()
    for other in found:
        matcher = SequenceMatcher(None, other.words, sentence.words, autojunk=False)
        for kind, _, _, start, end in matcher.get_opcodes():
            if kind != "equal":
                changed.update(range(start, end))
    place = 0
    for piece in sentence.pieces:
        if piece.isspace():
            yield Span(piece, "same")
            continue
        yield Span(piece, "changed" if place in changed and piece[0].isalnum() else "same")
        place += 1


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    """Neighbours of the same mark as one span; a space between two changed words joins them."""
    held: list[Span] = []
    for index, span in enumerate(spans):
        after = spans[index + 1].mark if index + 1 < len(spans) else "same"
        is_gap = (
            span.text.isspace() and "\n" not in span.text and held and held[-1].mark == after == "changed"
        )
        mark: Mark = "changed" if is_gap else span.mark
        if held and held[-1].mark == mark and mark in ("same", "changed"):
            held[-1] = Span(held[-1].text + span.text, mark)
        else:
            held.append(Span(span.text, mark))
    yield from held
