"""Text as the words that search compares: folded here, so that SQLite and PostgreSQL find the same turns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MAX_INDEXED_CHARS = 200_000
MAX_WORD_CHARS = 64
SNIPPET_CHARS = 160

ACCENTS = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
# Chinese and Japanese put no spaces between words, so each of their characters counts as one.
IDEOGRAPH = r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
WORD = re.compile(rf"{IDEOGRAPH}|(?:(?!{IDEOGRAPH})[^\W_])+")


def fold(text: str) -> str:
    """The text without capitals and accents: `Café` becomes `cafe`."""
    return ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def words(text: str) -> list[str]:
    """The different words of a text, folded, in the order they first appear."""
    return list(dict.fromkeys(all_words(text[:MAX_INDEXED_CHARS])))


def all_words(text: str) -> list[str]:
    """Every word of a text, folded, as often as it stands there."""
    return [word[:MAX_WORD_CHARS] for word in WORD.findall(fold(text))]


def snippet(texts: Iterable[str], wanted: list[str]) -> str:
    """The part of the first text around the first wanted word, on one line."""
    flat = [" ".join(text[:MAX_INDEXED_CHARS].split()) for text in texts]
    for text in flat:
        if (at := _position(text, wanted)) is not None:
            return _cut(text, at)
    return _cut(flat[0], 0) if flat else ""


def _position(text: str, wanted: list[str]) -> int | None:
    plain = "|".join(re.escape(word) for word in wanted)
    if match := re.search(rf"\b(?:{plain})", text, re.IGNORECASE):
        return match.start()
    for token in re.finditer(r"\w+", text):
        if any(word.startswith(tuple(wanted)) for word in words(token.group())):
            return token.start()
    return None


def _cut(text: str, at: int) -> str:
    start = max(at - SNIPPET_CHARS // 3, 0)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = start + SNIPPET_CHARS
    return ("… " if start else "") + text[start:end].strip() + (" …" if end < len(text) else "")
