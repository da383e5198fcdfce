"""The terms a text is searched by: its words without their endings, and a question without words that say nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.words import all_words

LANGUAGE = "english"
"""Other languages lose little by English endings: the same ones are cut off question and text."""

_SILENT = """
    a an and are as at be but by can could did do does for from had has have he her his how i if in into is it its may me
    my not of on or our out she should so some such than that the their them then there these they this those to up was
    we were what when where which who whom why will with would you your
"""
SILENT = frozenset(_SILENT.split())


def terms(text: str) -> list[str]:
    """Every term of a text, as often as it stands there."""
    return _stemmed(all_words(text))


def question_terms(question: str) -> list[str]:
    """The different terms of a question, without articles, pronouns and the like where anything else is left."""
    words = list(dict.fromkeys(all_words(question)))
    telling = [word for word in words if word not in SILENT] or words
    return list(dict.fromkeys(_stemmed(telling)))


def _stemmed(words: Sequence[str]) -> list[str]:
    from Stemmer import Stemmer

    stems: Iterable[str] = Stemmer(LANGUAGE).stemWords(words)
    return list(stems)
