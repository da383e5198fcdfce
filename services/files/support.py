"""Is what a model says in the documents? A quote is found again, word for word, or it counts for nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from services.documents.quotes import SENTENCE, best_quote
from services.documents.terms import question_terms, terms
from services.documents.views.passages import find
from services.files.passages import Passage

FEWEST_LETTERS = 3
MAX_QUOTE_CHARACTERS = 600
NEARLY = 0.85
"""So much of a quote must agree, word by word, with a sentence that is then quoted as the document has it."""
_NUMBER = re.compile(r"\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?")
TRACED = 0.6
"""So many of a sentence's telling words must stand in a passage that is to bear it out."""
PLAINLY, MUCH_SAID = 0.85, 6
"""A sentence of so many telling words, nearly all of them in one passage, is that passage's own."""
MUCH_ASKED, ON_TOPIC, AROUND = 4, 0.34, 400
"""A third of a question's telling words stand within so many characters of the words that answer it."""
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


def support(statement: str, quote: str, named: int, passages: Sequence[Passage]) -> Support | None:
    """What bears `statement` out; None when its quote is in none of the passages, or its numbers are not in the passage.

    `named` is the passage the model named, counted from 1; where its quote stands in another one, that one is cited.
    """
    order = sorted(range(len(passages)), key=lambda index: index != named - 1)
    for index in order:
        passage = passages[index]
        span = _place(passage.text, quote)
        if span is not None and _numbers(statement) <= _numbers(passage.text):
            page, last_page = passage.pages_of(span)
            return Support(passage, passage.text[slice(*span)].strip(), page, last_page)
    return None


def trace(sentence: str, question: str, passages: Sequence[Passage]) -> Support | None:
    """What bears a sentence out that came without a quote: the passage with most of its telling words and all of its numbers.

    The quote is the sentence or row there that shares most with what was asked and answered.
    """
    wanted = set(question_terms(sentence))
    if not wanted:
        return None
    best, chosen = 0.0, None
    for passage in passages:
        share = len(wanted.intersection(terms(passage.text))) / len(wanted)
        if share > best and _numbers(sentence) <= _numbers(passage.text) | _numbers(question):
            best, chosen = share, passage
    if chosen is None or best < TRACED:
        return None
    quote = best_quote(chosen.text, f"{question} {sentence}")
    start = max(0, chosen.text.find(quote))
    end = start + len(quote)
    is_plain = best >= PLAINLY and len(wanted) >= MUCH_SAID
    if not is_plain and not _speaks_of(question, chosen.text[max(0, start - AROUND) : end + AROUND]):
        return None
    return Support(chosen, quote, *chosen.pages_of((start, end)))


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
    if marks := [mark for mark in re.findall(r"[.,]", number) if mark]:
        last = marks[-1]
        head, _, tail = number.rpartition(last)
        if len(tail) != 3 or len(set(marks)) > 1:  # not a mark between thousands
            whole, sign, fraction = head, ".", tail.rstrip("0")
    return re.sub(r"\D", "", whole).lstrip("0") + (sign + fraction if fraction else "")


def nearest(question: str, passages: Sequence[Passage], most: int = 3) -> list[Support]:
    """The sentences that come nearest to a question which the documents do not answer."""
    found = []
    for passage in passages[:most]:
        quote = best_quote(passage.text, question)
        start = max(0, passage.text.find(quote))
        found.append(Support(passage, quote, *passage.pages_of((start, start + len(quote)))))
    return found
