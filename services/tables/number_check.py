"""Whether the numbers of a sentence are those of a result: read as people write them, rounding allowed for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from services.tables.shapes import Result

_MARKS = " \u00a0\u202f\u2009,.'’"
_NUMBER = re.compile(
    r"(?P<short>(?<!\w)[-−–+]?[$€£¥]?\d+(?:[.,]\d+)?(?:[kKMB]|bn|mn|Mio|Mrd)\b)"
    r"|(?P<sign>(?<![\w.,)])[-−–+])?[$€£¥]?\s?"
    rf"(?P<digits>\d(?:[{_MARKS}]?\d)*)(?P<exponent>[eE][+-]?\d{{1,3}}\b)?"
    r"(?P<ordinal>st|nd|rd|th|º|ª|ème|er|re|e)?(?![^\W\d_])"
)
_SCALE = re.compile(
    r"[\s\u00a0\u202f-]?(?P<word>thousand|tausend|mille|million(?:s|en|es)?|mill[oó]n(?:es)?|mio|mn|millones"
    r"|milliard(?:s|e|en)?|mrd|billion(?:s|en)?|bn|trillion(?:s|en)?|lakhs?|crores?)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    r"\s?(?:%|٪|percent|per cent|prozent|pour cent|por ciento|per cento|por cento|procent)", re.I
)
_SCALES = {
    "k": 3, "m": 6, "b": 9, "thousand": 3, "tausend": 3, "mille": 3, "mio": 6, "mn": 6, "mrd": 9, "bn": 9, "lakh": 5, "lakhs": 5,
    "crore": 7, "crores": 7,
}  # fmt: skip
# "one", "eins" and what has other meanings in a neighbouring language are left out.
_WORDS = {
    **{
        word: n
        for n, word in enumerate(
            ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 2
        )
    },
    **{
        word: n
        for n, word in enumerate(
            ["zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"], 2
        )
    },
}
_WORD = re.compile(rf"(?<![\w-])(?:{'|'.join(_WORDS)})(?![\w-])", re.IGNORECASE)
_GROUPS = re.compile(r"\d{1,3}(?:\D\d{3})+|\d{1,2}(?:\D\d{2})+\D\d{3}")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)?")
_HALF = Decimal("0.5")
_CLOSE = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A number of a sentence that its result does not have, and where it stands."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """A number a text may mean, and the unit of its last digit: 3.2 million is 3,200,000 by 100,000."""

    value: Decimal
    unit: Decimal

    def fits(self, known: Decimal) -> bool:
        """Whether `known`, rounded as this number is, is this number; a fall of 3 may be told of -3."""
        slack = self.unit * _HALF + abs(known) * _CLOSE
        return abs(self.value - known) <= slack or (
            self.value > 0 > known and abs(self.value + known) <= slack
        )


@dataclass(frozen=True, slots=True)
class _Stated:
    """A number as it stands in a sentence."""

    text: str
    start: int
    end: int
    readings: tuple[_Reading, ...]
    is_ordinal: bool = False


def unsupported_numbers(sentence: str, result: Result, also: str = "") -> tuple[Unsupported, ...]:
    """The numbers in `sentence` that neither `result` has, nor its count of rows, nor the text `also` (the question).

    Thousands marks, decimal commas, percent, "million" and rounding are allowed for; where a number can be read in two
    ways (1.234) one of them is enough. Parts of dates count, and numbers inside text.
    """
    known = _Known(result, also)
    return tuple(
        Unsupported(stated.text, stated.start, stated.end)
        for stated in _stated(sentence)
        if not known.has(stated)
    )


def states(sentence: str, value: Any) -> bool:
    """Whether a sentence tells this value of a result: the number in it somewhere, or the words of a text."""
    if value is None:
        return True
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return not isinstance(value, str) or value.casefold() in sentence.casefold()
    numbers = list(_numbers_of(value))
    return any(reading.fits(n) for s in _stated(sentence) for reading in s.readings for n in numbers)


class _Known:
    """The numbers that a sentence may have."""

    def __init__(self, result: Result, also: str) -> None:
        cells = [cell for row in result.rows for cell in row]
        self._values = {n for cell in cells for n in _numbers_of(cell)} | {Decimal(result.row_count)}
        self._ordinals = {
            n for cell in cells if isinstance(cell, (date, datetime)) for n in _numbers_of(cell)
        }
        self._row_count = result.row_count
        texts = [also, *result.columns, *(cell for cell in cells if isinstance(cell, str))]
        self._words = {word for text in texts for word in _digit_words(text)}
        self._values |= {reading.value for s in _stated(also) for reading in s.readings}

    def has(self, stated: _Stated) -> bool:
        if stated.text.casefold() in self._words:
            return True
        if stated.is_ordinal and any(1 <= r.value <= self._row_count for r in stated.readings):
            return True
        return any(reading.fits(value) for reading in stated.readings for value in self._values)


def _numbers_of(cell: Any) -> Iterator[Decimal]:
    """What numbers a cell may be told by: its own, or the parts of a date or time."""
    if isinstance(cell, (bool, str)) or cell is None:
        return
    if isinstance(cell, date):
        yield from (Decimal(part) for part in (cell.year, cell.month, cell.day, cell.year % 100))
    if isinstance(cell, (datetime, time)):
        yield from (Decimal(part) for part in (cell.hour, cell.minute, cell.second, cell.hour % 12 or 12))
    if isinstance(cell, (int, float, Decimal)):
        number = Decimal(str(cell))
        if number.is_finite():
            yield number


def _digit_words(text: str) -> Iterator[str]:
    """Numbers in a text of the result, as they stand there: of `Model 18-24b` 18, 24 and 24b."""
    for word in re.findall(r"[^\W_]*\d[^\W_]*", text):
        yield word.casefold()
    yield from (number for number in _DIGITS.findall(text))


def _stated(sentence: str) -> Iterator[_Stated]:
    for found in _NUMBER.finditer(sentence):
        yield from _pieces(sentence, found)
    for word in _WORD.finditer(sentence):
        reading = _Reading(Decimal(_WORDS[word.group().lower()]), Decimal(0))
        if not _SCALE.match(sentence, word.end()):
            yield _Stated(word.group(), *word.span(), (reading,))


def _pieces(sentence: str, found: re.Match[str]) -> Iterator[_Stated]:
    """One number, or several where the marks between digits part no thousands (a date, or a list)."""
    if found["short"]:
        yield _short(found)
        return
    start = found.start("digits")
    digits, sign = found["digits"], -1 if found["sign"] in ("-", "−", "–") else 1
    readings = tuple(_readings(digits))
    if not readings:
        for piece in re.finditer(r"\d+", digits):
            whole = _Reading(Decimal(piece.group()), Decimal(1))
            yield _Stated(piece.group(), start + piece.start(), start + piece.end(), (whole,))
        return
    power = int(found["exponent"][1:]) if found["exponent"] else 0
    scale, end = _scale_after(sentence, found.end())
    shifted = tuple(_shift(r, sign, power + scale) for r in readings)
    if percent := _PERCENT.match(sentence, end):
        shifted += tuple(_shift(r, 1, -2) for r in shifted)
        end = percent.end()
    first = found.start("sign") if found["sign"] else start
    yield _Stated(sentence[first:end].strip(), first, end, shifted, bool(found["ordinal"]))


def _short(found: re.Match[str]) -> _Stated:
    """A number with its scale attached: 1.2M."""
    text = found["short"]
    number, scale = re.fullmatch(r"([-−–+]?)[$€£¥]?([\d.,]+)(\w+)", text).groups()[1:]  # type: ignore[union-attr]
    power = _SCALES.get(scale.lower(), 6)
    sign = -1 if text[0] in "-−–" else 1
    readings = tuple(_shift(r, sign, power) for r in _readings(number))
    return _Stated(text, *found.span("short"), readings)


def _scale_after(sentence: str, at: int) -> tuple[int, int]:
    """The power of ten that a word after a number means, and where the word ends."""
    found = _SCALE.match(sentence, at)
    if found is None:
        return 0, at
    return _power(found["word"].lower()), found.end()


def _power(word: str) -> int:
    if word in _SCALES:
        return _SCALES[word]
    # The English billion; a German or French one is a thousand times as much, and hardly ever in a table.
    return next(
        p for start, p in (("millia", 9), ("mil", 6), ("bil", 9), ("tri", 12)) if word.startswith(start)
    )


def _shift(reading: _Reading, sign: int, power: int) -> _Reading:
    return _Reading((reading.value * sign).scaleb(power), reading.unit.scaleb(power))


def _readings(digits: str) -> Iterator[_Reading]:
    """What digits with marks between them may mean, in English, in German, and in Swiss or Indian writing."""
    marks = [c for c in digits if not c.isdigit()]
    if not marks:
        yield _reading(digits, "")
        return
    last = marks[-1]
    head, _, tail = digits.rpartition(last)
    if last in ".," and last not in head and _is_whole(head, last):
        yield _reading(re.sub(r"\D", "", head), tail)
    if len(set(marks)) == 1 and _GROUPS.fullmatch(digits):
        yield _reading(re.sub(r"\D", "", digits), "")


def _is_whole(head: str, decimal_mark: str) -> bool:
    marks = {c for c in head if not c.isdigit()}
    return not marks or (len(marks) == 1 and decimal_mark not in marks and bool(_GROUPS.fullmatch(head)))


def _reading(whole: str, fraction: str) -> _Reading:
    try:
        value = Decimal(f"{whole}.{fraction}" if fraction else whole)
    except InvalidOperation:
        value = Decimal("NaN")
    return _Reading(value, Decimal(1).scaleb(-len(fraction)))
