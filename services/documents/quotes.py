"""The words of a passage that support a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.documents.terms import question_terms, terms

LONGEST_QUOTE = 300
_WRAP = r"(?<=[^\n]{40})\n(?=[^\W\dA-Z_]|\()(?![^\n:,|]{1,60}[:,|])"
SENTENCE = re.compile(rf"(?:[^\n]|{_WRAP})+?(?:[.!?。]+(?=\s|$)|(?!{_WRAP})\n|$)")
"""A sentence or a row. A long line that goes on with a small letter is the same sentence, as PDFs end lines where the paper
does; one whose next line begins like a record, with a field and a colon or comma, is a row."""


def pages_of(
    page_starts: Sequence[tuple[int, int]], start: int, end: int, otherwise: int | None
) -> tuple[int | None, int | None]:
    """First and last page of some characters of a passage; `page_starts` are places in it where a page begins, with its number."""

    def page_at(place: int) -> int | None:
        return next((page for begin, page in reversed(page_starts) if begin <= place), otherwise)

    return page_at(start), page_at(max(start, end - 1))


def best_quote(passage: str, claim: str) -> str:
    """The sentence of the passage that shares most words with the claim, exactly as it stands there.

    At most 300 characters; the beginning of the passage when no sentence shares a word.
    """
    wanted = set(question_terms(claim))
    sentences = [match.group().strip() for match in SENTENCE.finditer(passage)]
    sentences = [sentence for sentence in sentences if sentence] or [passage.strip()]
    best = max(sentences, key=lambda sentence: shared(sentence, wanted))
    return best[:LONGEST_QUOTE].rstrip()


def shared(sentence: str, wanted: set[str]) -> float:
    """Words shared, the fewer others beside them the better."""
    own = set(terms(sentence))
    return len(wanted.intersection(own)) / (len(own) + 5) ** 0.5 if own else 0.0
