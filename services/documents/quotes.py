"""The words of a passage that support a sentence."""

from __future__ import annotations

import re

from services.documents.terms import question_terms, terms

LONGEST_QUOTE = 300
SENTENCE = re.compile(r"[^\n]+?(?:[.!?。]+(?=\s|$)|\n|$)")


def best_quote(passage: str, claim: str) -> str:
    """The sentence of the passage that shares most words with the claim, exactly as it stands there.

    At most 300 characters; the beginning of the passage when no sentence shares a word.
    """
    wanted = set(question_terms(claim))
    sentences = [match.group().strip() for match in SENTENCE.finditer(passage)]
    sentences = [sentence for sentence in sentences if sentence] or [passage.strip()]
    best = max(sentences, key=lambda sentence: _shared(sentence, wanted))
    return best[:LONGEST_QUOTE].rstrip()


def _shared(sentence: str, wanted: set[str]) -> float:
    """Words shared, the fewer others beside them the better."""
    own = set(terms(sentence))
    return len(wanted.intersection(own)) / (len(own) + 5) ** 0.5 if own else 0.0
