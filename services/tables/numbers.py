"""Numbers as people write them: with either mark, thousands parted, a currency or percent sign beside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from services.tables.names import literal

EMPTY_WORDS = frozenset(
    {"", "-", "--", "—", "–", ".", "..", "?", "null", "none", "nil", "nan", "na", "n/a", "n.a.", "#n/a", "k.a.", "#div/0!",
     "#value!", "#ref!", "#name?", "#num!", "#null!"}
)  # fmt: skip
"""What people write into a column of numbers or dates where there is nothing to write, in lower case."""

THOUSANDS = (",", ".", " ", "\u00a0", "\u202f", "’", "'")
MAX_DIGITS = 18

_UNIT = r"(?:[€$£¥₹₽₩]|(?:EUR|USD|GBP|CHF|JPY|US\$))"
_POINT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+\.\d+|\d*\.\d{1,2}|\d*\.\d{4,}|0\.\d+|\d{1,3}(,\d{3}){2,})")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+,\d+|\d*,\d{1,2}|\d*,\d{4,}|0,\d+|\d{1,3}(\.\d{3}){2,})")
_THREE = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}")
_PARTED = re.compile(r"[+-]?\d{1,3}([ \u00a0\u202f’'])\d{3}(\1\d{3})*([.,]\d+)?")
_UNITS = re.compile(rf"^{_UNIT}\s*|\s*(?:{_UNIT}|%)$")
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_CODE = re.compile(r"-?0\d+|\+\d{6,}|\d{19,}")


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands before the fraction of a number, and between its thousands ("" where nothing does)."""

    decimal: str = "."
    thousands: str = ""


def marks_in(values: Iterable[str], otherwise: Marks | None = None, *, prefers_comma: bool = False) -> Marks:
    """The marks in these numbers; where none of them tells, `otherwise`, or else English ones unless `prefers_comma`."""
    points = commas = 0
    three, parted = Counter[str](), Counter[str]()
    for raw in values:
        value = _UNITS.sub("", raw.strip())
        if not value or not value[-1].isdigit():
            continue
        if found := _PARTED.fullmatch(value):
            parted[found[1]] += 1
            value = value.replace(found[1], "")
        points += bool(_POINT.fullmatch(value))
        commas += bool(_COMMA.fullmatch(value))
        if found := _THREE.fullmatch(value):
            three[found[1]] += 1
    if points == commas == 0 and not parted:
        has_points_alone = three["."] > 2 and not three[","]
        return otherwise or (Marks(",", ".") if prefers_comma and has_points_alone else Marks(".", ","))
    decimal = "," if commas > points or (commas == points and otherwise and otherwise.decimal == ",") else "."
    if parted:
        return Marks(decimal, max(parted, key=lambda mark: parted[mark]))
    return Marks(decimal, "." if decimal == "," else ",")


def parsed(value: str, marks: Marks) -> str | None:
    """A number in plain digits with a point; None for what is none, or a code such as 007."""
    text = _UNITS.sub("", value.strip())
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    elif text.endswith("-"):
        text = "-" + text[:-1]
    if marks.thousands and marks.thousands in text:
        if not re.fullmatch(_parted(marks), text):
            return None
        text = text.replace(marks.thousands, "")
    if marks.decimal == ",":
        text = text.replace(".", "x").replace(",", ".")
    return text if _PLAIN.fullmatch(text) and not _CODE.fullmatch(text) else None


def _parted(marks: Marks) -> str:
    """A pattern for a number whose thousands are parted."""
    return rf"[+-]?\d{{1,3}}({re.escape(marks.thousands)}\d{{3}})+({re.escape(marks.decimal)}\d*)?"


def plain_sql(column: str, marks: Marks) -> str:
    """SQL for the text of a column as a number in plain digits with a point; NULL for what is none.

    What needs no change is not looked at twice: most columns are plain, and there may be millions of values.
    """
    unusual = _unusual_sql(column, marks)
    if marks.decimal == ".":
        return f"CASE WHEN TRY_CAST({column} AS DOUBLE) IS NOT NULL THEN trim({column}) ELSE {unusual} END"
    simple = f"replace({column}, ',', '.')"
    return (
        f"CASE WHEN NOT contains({column}, '.') AND TRY_CAST({simple} AS DOUBLE) IS NOT NULL"
        f" THEN trim({simple}) ELSE {unusual} END"
    )


def _unusual_sql(column: str, marks: Marks) -> str:
    bare = f"regexp_replace(trim({column}), {literal(_UNITS.pattern)}, '', 'g')"
    signed = rf"regexp_replace(regexp_replace({bare}, '^\((.*)\)$', '-\1'), '^(.*)-$', '-\1')"
    text = signed
    whole = r"[+-]?\d*"
    if marks.thousands:
        whole = rf"(?:[+-]?\d+|[+-]?\d{{1,3}}(?:{re.escape(marks.thousands)}\d{{3}})+|[+-]?)"
        text = f"replace({text}, {literal(marks.thousands)}, '')"
    if marks.decimal == ",":
        text = f"replace({text}, ',', '.')"
    pattern = rf"{whole}(?:{re.escape(marks.decimal)}\d*)?(?:[eE][+-]?\d{{1,3}})?"
    return f"CASE WHEN regexp_full_match({signed}, {literal(pattern)}) AND TRY_CAST({text} AS DOUBLE) IS NOT NULL THEN {text} END"
