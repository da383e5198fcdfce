"""Is what a model says in the documents? A quote is found again, word for word, or it counts for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from services.documents.quotes import LONGEST_QUOTE, SENTENCE, best_quote, shared
from services.documents.terms import question_terms, terms
from services.documents.views.passages import find
from services.files.passages import Passage

FEWEST_LETTERS = 3
MAX_QUOTE_CHARACTERS = 600
NEARLY = 0.85
"""So much of a quote must agree, word by word, with a sentence that is then quoted as the document has it."""
_NUMBER = re.compile(r"\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?")
TRACED, AROUND = 0.6, 250
"""So many of a sentence's telling words, and all of its numbers, stand within so many characters of the words that bear it out."""
PLAINLY, MUCH_SAID = 0.85, 6
"""A sentence of so many telling words, nearly all of them in one place, is that passage's own."""
MUCH_ASKED, ON_TOPIC = 4, 0.34
"""A third of a question's telling words stand there, too."""
BETTER_RANKED = 0.1
"""So much better must a place fit that is in the next passage: what was found first is likelier meant."""
_PRICE = re.compile(
    r"\b(?:costs?|prices?|priced|fees?|kosten|kostet|preis|gebühr|coûte(?:nt)?|prix|tarif|cuestan?|precio|costo|costa(?:no)?|prezzo)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[$€£¥₹]|\b(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?|pence|franken|rappen|francs?|free of charge|gratis|kostenlos|kostenfrei)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?=\w*[A-Z])(?=\w*\d)[A-Z0-9-]{2,}\b|\b[A-Z]\w+ \d{1,4}\b")
_FRAME = re.compile(r"^[\s\"'“”„«»…]+|^\.{3}|(?:\.{3}|[\s\"'“”„«»…])+$")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Support:
    """The passage that bears a statement out, and the words of it that do, exactly as they stand there."""

    passage: Passage
    quote: str
    page: int | None
    last_page: int | None
    is_plain: bool = False
    """Whether the statement has hardly a word that is not there."""


def support(statement: str, quote: str, named: int, passages: Sequence[Passage]) -> Support | None:
    """What bears `statement` out; None when its quote is in none of the passages, or its numbers are not in the passage.

    `named` is the passage the model named, counted from 1; where its quote stands in another one, that one is cited.
    """
    order = sorted(range(len(passages)), key=lambda index: index != named - 1)
    for index in order:
        passage = passages[index]
        span = _place(passage.text, quote)
        if span is not None and _numbers(statement) <= _numbers(passage.text):
            return _at(passage, _with_its_numbers(statement, passage.text, span))
    return None


def _with_its_numbers(statement: str, text: str, span: tuple[int, int]) -> tuple[int, int]:
    """The quote, or the row of the same passage that has all numbers of the statement where the quote lacks one.

    A small model tells of one row of a table and copies another.
    """
    numbers, said = _numbers(statement), set(terms(statement))
    quote = text[slice(*span)]
    if numbers <= _numbers(quote):
        return span
    rows = [row for row in SENTENCE.finditer(text) if numbers <= _numbers(row.group())]
    best = max(rows, key=lambda row: shared(row.group(), said), default=None)
    if best is None or shared(best.group(), said) <= shared(quote, said):
        return span
    return _shortened(text, *best.span())


def trace(sentence: str, question: str, passages: Sequence[Passage]) -> Support | None:
    """What bears a sentence out that came without a quote: words near each other that have most of its telling words and its numbers.

    The quote is the sentence or row among them that shares most with what was asked and answered.
    """
    claim = _Claim.of(sentence, question)
    if not claim.said or (_PRICE.search(question) and not any(_MONEY.search(one.text) for one in passages)):
        return None
    best: tuple[float, _Place] | None = None
    for rank, passage in enumerate(passages):
        for place in _places(passage, claim):
            fits = place.fit - BETTER_RANKED * rank
            if best is None or fits > best[0]:
                best = fits, place
    if best is None:
        return None
    place = best[1]
    if not place.is_plain and not _speaks_of(question, place.around):
        return None
    return replace(_at(place.passage, place.span), is_plain=place.is_plain)


@dataclass(frozen=True, slots=True)
class _Claim:
    """The telling words of a sentence and of its question, and the numbers that only the sentence has."""

    said: frozenset[str]
    asked: frozenset[str]
    numbers: frozenset[str]

    @classmethod
    def of(cls, sentence: str, question: str) -> _Claim:
        said, asked = frozenset(question_terms(sentence)), frozenset(question_terms(question))
        return cls(said, asked, frozenset(_numbers(sentence) - _numbers(question)))


@dataclass(frozen=True, slots=True)
class _Place:
    """A sentence or row of a passage, with what stands around it; `fit` tells how well it bears a claim out."""

    passage: Passage
    span: tuple[int, int]
    around: str
    fit: float
    is_plain: bool


def _places(passage: Passage, claim: _Claim) -> Iterator[_Place]:
    """Where in a passage enough of a claim stands together."""
    for match in SENTENCE.finditer(passage.text):
        start, end = match.span()
        around = passage.text[max(0, start - AROUND) : end + AROUND]
        share = len(claim.said.intersection(terms(around))) / len(claim.said)
        if share < TRACED or not claim.numbers <= _numbers(around) or not match.group().strip():
            continue
        own, new = set(terms(match.group())), claim.said - claim.asked
        fit = len(own & (claim.said | claim.asked)) / (len(own) + 5) ** 0.5 + share / 2
        fit += len(own & new) / len(new) / 2 if new else 0.0
        is_plain = share >= PLAINLY and len(claim.said) >= MUCH_SAID
        yield _Place(passage, _shortened(passage.text, start, end), around, fit, is_plain)


def _shortened(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space around it, and no longer than a quote may be."""
    start += len(text[start:end]) - len(text[start:end].lstrip())
    return start, start + len(text[start:end].rstrip()[:LONGEST_QUOTE].rstrip())


def _speaks_of(question: str, text: str) -> bool:
    """Whether the place that an answer comes from has something of a question that names much."""
    asked = set(question_terms(question))
    return len(asked) < MUCH_ASKED or len(asked.intersection(terms(text))) >= ON_TOPIC * len(asked)


def strangers(question: str, passages: Sequence[Passage]) -> list[str]:
    """Codes and models that a question names and no passage has, such as `E27` or `Aro 20`: what is said is not of them."""
    there = {re.sub(r"\W", "", passage.text).casefold() for passage in passages}
    named = (match.group() for match in _NAMED.finditer(question))
    return [name for name in named if not any(re.sub(r"\W", "", name).casefold() in text for text in there)]


def _place(text: str, quote: str) -> tuple[int, int] | None:
    quote = _FRAME.sub("", quote)[:MAX_QUOTE_CHARACTERS]
    if sum(map(str.isalnum, quote)) < FEWEST_LETTERS:
        return None
    return find(text, quote) or _nearly(text, quote)


def _nearly(text: str, quote: str) -> tuple[int, int] | None:
    """The sentence that the quote repeats but for a word or a sign; numbers must be the same."""
    wanted = _WORD.findall(quote.casefold())
    if len(wanted) < FEWEST_LETTERS:
        return None
    best, place = 0.0, None
    for match in SENTENCE.finditer(text):
        words = _WORD.findall(match.group().casefold())
        alike = SequenceMatcher(None, wanted, words, autojunk=False)
        same = sum(block.size for block in alike.get_matching_blocks()) / len(wanted)
        if same > best and _numbers(quote) <= _numbers(match.group()):
            best, place = same, match.span()
    return place if best >= NEARLY else None


def _numbers(text: str) -> set[str]:
    """The numbers of a text, without the marks between thousands and with one decimal sign."""
    return {_plain_number(match) for match in _NUMBER.findall(text)}


def _plain_number(number: str) -> str:
    whole, sign, fraction = number, "", ""
    if marks := re.findall(r"[.,]", number):
        last = marks[-1]
        head, _, tail = number.rpartition(last)
        if len(tail) != 3 or len(set(marks)) > 1:  # not a mark between thousands
            whole, sign, fraction = head, ".", tail.rstrip("0")
    return re.sub(r"\D", "", whole).lstrip("0") + (sign + fraction if fraction else "")


def nearest(question: str, passages: Sequence[Passage], most: int = 3) -> list[Support]:
    """The sentences that come nearest to a question which the documents do not answer."""
    return [_at(passage, _best_place(passage, question)) for passage in passages[:most]]


def _best_place(passage: Passage, claim: str) -> tuple[int, int]:
    """Where in a passage the sentence stands that shares most with a claim."""
    quote = best_quote(passage.text, claim)
    start = max(0, passage.text.find(quote))
    return start, start + len(quote)


def _at(passage: Passage, span: tuple[int, int]) -> Support:
    return Support(passage, passage.text[slice(*span)].strip(), *passage.pages_of(span))
