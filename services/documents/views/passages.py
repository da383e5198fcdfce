"""A quoted passage found again in a text that breaks lines and divides words elsewhere.

Letters must agree; white space, hyphens and dashes need not. A ligature is its letters, an accent is written as one
character or two, and every quotation mark is as good as another.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator

MAX_QUOTE_CHARACTERS = 2_000
FEWEST_LETTERS = 4  # of a passage on either side of a page's end; fewer would be there by chance

Span = tuple[int, int]

# Control characters are here too: with them PDFium marks where a word was divided.
_GAP = r"[\s\x00-\x1f\x7f\u00ad\u200b-\u200d\u2060\ufeff\ufffe\u2010-\u2015\u2212-]"
_GAPS = re.compile(_GAP)
_BETWEEN = f"{_GAP}*+"
_UNIT = re.compile(r"ffi|ffl|ff|fi|fl|st|\.\.\.|.[\u0300-\u036f]*", re.DOTALL)
_LIGATURES = {
    "ffi": ("ﬃ", "ﬀ i", "f ﬁ", "f f i"),
    "ffl": ("ﬄ", "ﬀ l", "f ﬂ", "f f l"),
    "ff": ("ﬀ", "f f"),
    "fi": ("ﬁ", "f i"),
    "fl": ("ﬂ", "f l"),
    "st": ("ﬆ", "ﬅ", "s t"),
    "...": ("…", ". . ."),
}
_LETTERS_OF = str.maketrans({signs[0]: letters for letters, signs in _LIGATURES.items()} | {"ﬅ": "st"})
_ALIKE = ('"“”„‟«»″', "'’‘‚‛‹›′`´")


def find(text: str, quote: str, start: int = 0) -> Span | None:
    """The first place of `quote` in `text` from `start` on; capitals matter only where both are there."""
    return next(_places(text, quote, start), None)


def split(text: str, following: str, quote: str) -> tuple[Span, Span] | None:
    """The place of the beginning of `quote` in `text` and of the rest in `following`, when it runs over from one to the other."""
    letters = _letters(quote)
    if find(text, quote) or find(following, quote):
        return None
    longest = bisect_left(range(1, len(letters)), True, key=lambda n: find(text, letters[:n]) is None)
    if not FEWEST_LETTERS <= longest <= len(letters) - FEWEST_LETTERS:
        return None
    *_, head = _places(text, letters[:longest])
    tail = find(following, letters[longest:])
    return (head, tail) if tail else None


def _places(text: str, quote: str, start: int = 0) -> Iterator[Span]:
    letters = _letters(quote)
    if not letters:
        return
    pattern = _BETWEEN.join(_spellings(unit) for unit in _UNIT.findall(letters))
    for flags in (re.NOFLAG, re.IGNORECASE):
        found = False
        for match in re.compile(pattern, flags).finditer(text, start):
            found = True
            yield match.span()
        if found:
            return


def _letters(quote: str) -> str:
    """What of a quote must agree."""
    return _GAPS.sub("", quote[:MAX_QUOTE_CHARACTERS]).translate(_LETTERS_OF)


def _spellings(unit: str) -> str:
    """A pattern for the ways to write a letter or ligature."""
    if unit in _LIGATURES:
        return _one_of(_BETWEEN.join(map(re.escape, way.split(" "))) for way in _LIGATURES[unit])
    alike = next((signs for signs in _ALIKE if unit in signs), None)
    if alike:
        return f"[{alike}]"
    forms: tuple[Callable[[str], str], ...] = (
        str,
        lambda c: unicodedata.normalize("NFC", c),
        lambda c: unicodedata.normalize("NFD", c),
    )
    return _one_of(re.escape(way) for way in dict.fromkeys(form(unit) for form in forms))


def _one_of(patterns: Iterator[str]) -> str:
    ways = list(patterns)
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
