"""Names that SQL takes without quotes, made from whatever a file calls its columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

MAX_NAME_CHARACTERS = 60
ROW = "_row"
"""The column that numbers the records of every table."""

# What DuckDB takes for no column, table or function name: duckdb_keywords() but for its unreserved ones.
_RESERVED = (
    "all analyse analyze and anti any array as asc asof asymmetric at authorization between bigint binary bit boolean"
    " both by case cast char character check coalesce collate collation column columns concurrently constraint create"
    " cross dec decimal default deferrable desc describe distinct do else end except exists extract false fetch float"
    " for foreign freeze from full generated glob group grouping grouping_id having ilike in initially inner inout int"
    " integer intersect interval into is isnull join lambda lateral leading left like limit map national natural nchar"
    " none not notnull null nullif numeric offset on only or order out outer overlaps overlay pivot pivot_longer"
    " pivot_wider placing position positional precision primary qualify real references returning right row rowid"
    " select semi setof show similar smallint some struct substring summarize symmetric table tablesample then time"
    " timestamp to trailing treat trim true try_cast tuple union unique unpack unpivot using values varchar variadic"
    " verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi"
    " xmlroot xmlserialize xmltable"
)
KEYWORDS = frozenset(_RESERVED.split())


def quoted(name: str) -> str:
    """A name as SQL takes it whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL takes it whatever is in it."""
    return "'" + text.replace("'", "''") + "'"


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_WORD = re.compile(r"[\W_]+")
_UNNAMED_SHEET = re.compile(r"(?:sheet|tabelle|blatt|feuil|hoja|foglio|planilha|blad|ark|arkusz)_?\d*")
_SPELLED = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "&": " and ", "%": " percent "}
)


def column_names(titles: Iterable[str]) -> list[str]:
    """A name for each title, in lower snake_case and each another; a column without title is named by its place."""
    taken: set[str] = set()
    names = []
    for place, title in enumerate(titles, 1):
        names.append(_free(sql_name(title, f"column_{place}", "c_"), taken))
        taken.add(names[-1])
    return names


def table_name(filename: str, taken: Collection[str], sheet: str | None = None) -> str:
    """A name for the table of a file that none of `taken` has: the sheet's where one is asked for that somebody has named."""
    of_file = sql_name(PurePosixPath(filename).stem, "table_1", "t_")
    return _free(sheet_name(sheet) or of_file, taken)


def sheet_name(sheet: str | None) -> str:
    """A sheet's name as SQL takes it; nothing for one that only has its number."""
    name = sql_name(sheet or "", "", "t_")
    return "" if _UNNAMED_SHEET.fullmatch(name) else name


def sql_name(title: str, otherwise: str, before_digit: str) -> str:
    """`title` as a name; `otherwise` where nothing of it can be kept."""
    text = unicodedata.normalize("NFKD", title.translate(_SPELLED))
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = unicodedata.normalize("NFC", text)
    name = _NO_WORD.sub("_", _CAMEL.sub("_", text)).strip("_").lower()[:MAX_NAME_CHARACTERS].strip("_")
    if not name:
        return otherwise
    if not name[0].isalpha():
        name = before_digit + name
    return f"{name}_" if name in KEYWORDS else name


def _free(name: str, taken: Collection[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name.rstrip('_')}_{number}"
    return free
