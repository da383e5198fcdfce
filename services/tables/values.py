"""What stands in text columns: the values a question speaks of, and the nearest ones to a text that is in none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.errors import AppError
from services.tables.names import literal, quoted
from services.tables.shapes import Column, Result, Table
from services.words import fold

Query = Callable[[str], Result]

FEW_VALUES = 12
"""Columns with no more different values are told whole."""
SEARCHED_COLUMNS = 40
SEARCHED_VALUES = 20_000
"""Among more different values, only those are found that stand in the question as they are."""
FOUND_VALUES = 5
MOST_WORDS = 4
ALIKE = 0.86
NEAREST = 12

_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Values of text columns, by (table, column): all of them where they are few, else those the question resembles."""

    values: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    whole: frozenset[tuple[str, str]] = frozenset()

    def of(self, table: str, column: str) -> tuple[str, ...]:
        return self.values.get((table, column), ())

    def is_whole(self, table: str, column: str) -> bool:
        """Whether `of` has every value there is."""
        return (table, column) in self.whole


def vocabulary(tables: Sequence[Table], question: str, query: Query) -> Vocabulary:
    """What the tables' text columns say about `question`: one query for each table. A table that fails has no say."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    whole: set[tuple[str, str]] = set()
    for table in tables:
        texts = [column for column in table.columns if column.type == "text"][:SEARCHED_COLUMNS]
        few = [column for column in texts if _is_few(column)]
        many = [column for column in texts if not _is_few(column)]
        for name, values in _looked_up(table, few, many, question, query).items():
            found[table.name, name] = values
        whole |= {(table.name, column.name) for column in few if (table.name, column.name) in found}
    return Vocabulary(found, frozenset(whole))


def _is_few(column: Column) -> bool:
    return column.distinct_count is not None and column.distinct_count <= FEW_VALUES


def _looked_up(
    table: Table, few: Sequence[Column], many: Sequence[Column], question: str, query: Query
) -> dict[str, tuple[str, ...]]:
    phrases = _phrases(question)
    parts = [_all_values(table, column) for column in few]
    parts += [_resembling(table, column, phrases) for column in many if phrases]
    if not parts:
        return {}
    try:
        rows = query(" UNION ALL ".join(f"({part})" for part in parts)).rows
    except AppError:
        return {}
    values: dict[str, list[str]] = {}
    for name, value in rows:
        values.setdefault(name, []).append(str(value))
    return {name: tuple(sorted(found)) for name, found in values.items()}


def _phrases(question: str) -> list[str]:
    """The question's words, folded, alone and up to four together."""
    words = [word for word in re.split(r"[^\w.&'/-]+", fold(question)) if word.strip(".'-/&")]
    words = [word.strip(".'") for word in words][:60]
    runs = (" ".join(words[i : i + n]) for n in range(1, MOST_WORDS + 1) for i in range(len(words) - n + 1))
    return list(dict.fromkeys(run for run in runs if len(run) > 2))


def _all_values(table: Table, column: Column) -> str:
    name = quoted(column.name)
    return (
        f"SELECT {literal(column.name)} AS name, {name} AS value FROM {quoted(table.name)} "  # noqa: S608
        f"WHERE {name} IS NOT NULL GROUP BY {name} LIMIT {FEW_VALUES + 1}"
    )


def _resembling(table: Table, column: Column, phrases: Sequence[str]) -> str:
    """The values that the question has in it; where there are not too many, also those with a similar spelling."""
    name, folded = quoted(column.name), f"strip_accents(lower({quoted(column.name)}))"
    several = f"[{', '.join(map(literal, phrases))}]"
    values = f"SELECT DISTINCT {name} AS value, {folded} AS folded FROM {quoted(table.name)}"  # noqa: S608
    if (column.distinct_count or 0) > SEARCHED_VALUES:
        wanted = ", ".join(map(literal, phrases))
        return f"SELECT {literal(column.name)}, value FROM ({values} WHERE {folded} IN ({wanted})) LIMIT {FOUND_VALUES}"  # noqa: S608
    similar = f"list_max(list_transform({several}, lambda p: jaro_winkler_similarity(folded, p)))"
    return (
        f"SELECT {literal(column.name)}, value FROM ({values} WHERE length({name}) BETWEEN 2 AND 80) "  # noqa: S608
        f"WHERE {similar} >= {ALIKE + 0.06} ORDER BY {similar} DESC LIMIT {FOUND_VALUES}"
    )


def holds(table: Table, column: Column, value: str, query: Query) -> bool:
    """Whether a column has this value, letter for letter. Raises InvalidInput when the table cannot be read."""
    where = f"{quoted(column.name)} = {literal(value)}"
    return bool(query(f"SELECT 1 FROM {quoted(table.name)} WHERE {where} LIMIT 1").rows)  # noqa: S608


def spellings(table: Table, column: Column, value: str, query: Query) -> tuple[str, ...]:
    """Other values of a column that are `value` but for capitals, accents, and white space around it."""
    name = quoted(column.name)
    rows = query(
        f"SELECT DISTINCT {name} FROM {quoted(table.name)} WHERE {name} <> {literal(value)} "  # noqa: S608
        f"AND strip_accents(lower(trim({name}))) = strip_accents(lower(trim({literal(value)}))) ORDER BY 1 LIMIT {NEAREST}"
    ).rows
    return tuple(str(row[0]) for row in rows)


def nearest(table: Table, column: Column, value: str, query: Query) -> tuple[str, ...]:
    """The values of a column that look most like `value`, best first; all of them where they are few."""
    name = quoted(column.name)
    near = (
        f"greatest(jaro_winkler_similarity(strip_accents(lower({name})), {literal(fold(value))}), "
        f"CASE WHEN contains(strip_accents(lower({name})), {literal(fold(value))}) THEN 0.9 ELSE 0 END)"
    )
    rows = query(
        f"SELECT {name} FROM {quoted(table.name)} WHERE {name} IS NOT NULL GROUP BY {name} "  # noqa: S608
        f"ORDER BY {near} DESC, count(*) DESC LIMIT {NEAREST}"
    ).rows
    return tuple(str(row[0]) for row in rows)


def same_word(value: str, candidates: Iterable[str]) -> str | None:
    """The one candidate that is `value` but for capitals, accents, marks, a plural, a slip of the pen, or its initials."""
    known = list(candidates)
    for alike in (_spelled_alike, _same_stem, _mistyped, _shortened):
        found = [candidate for candidate in known if alike(value, candidate)]
        if len(found) == 1:
            return found[0]
        if found:
            return None
    return None


def plain(value: str) -> str:
    """A value without capitals, accents, spaces and marks."""
    return _NO_LETTER.sub("", fold(value))


def _spelled_alike(one: str, other: str) -> bool:
    return plain(one) == plain(other)


def _same_stem(one: str, other: str) -> bool:
    short, long = sorted((plain(one), plain(other)), key=len)
    return len(short) > 2 and long in (
        short + "s",
        short + "es",
        short + "n",
        short + "en",
        short[:-1] + "ies",
    )


def _mistyped(one: str, other: str) -> bool:
    one, other = plain(one), plain(other)
    if min(len(one), len(other)) < 5 or any(c.isdigit() for c in one + other):
        return False
    return difflib.SequenceMatcher(None, one, other).ratio() >= ALIKE


def _shortened(one: str, other: str) -> bool:
    """Initials: HR for Human Resources, USA for United States."""
    initials = "".join(word[0] for word in re.findall(r"[^\W_]+", fold(other)))
    short = fold(one).replace(".", "")
    return len(initials) > 1 and short in (initials, initials + "a") and one[:2].isupper()
