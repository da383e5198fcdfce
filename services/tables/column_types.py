"""The type of each column: guessed from the first records, then held against all of them; in the reading process only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.tables import dates, numbers
from services.tables.guesses import Guess, Run, Typed, is_twin, number_sql
from services.tables.names import literal
from services.tables.numbers import EMPTY_WORDS, MAX_DIGITS, Marks
from services.tables.plain_columns import plain_types
from services.tables.shapes import ColumnType, ReadOptions

MISFITS_SHARE = 0.01
COLUMNS_AT_ONCE = 25
"""The work of planning a query grows with the square of its columns."""
PROBED_VALUES = 60

_BOOLEANS = frozenset({"true", "false"})


@dataclass(slots=True)
class Reading:
    """How a table's values are read as a whole."""

    marks: Marks
    day_first: bool
    typed: list[Typed] = field(default_factory=list)


def type_columns(
    source: str,
    columns: Sequence[str],
    sample: Sequence[Sequence[str | None]],
    *,
    options: ReadOptions,
    wanted: Mapping[str, ColumnType],
    prefers_comma: bool,
    is_staged: bool,
    run: Run,
) -> Reading:
    """The types of the text columns of `source`, which is SQL for a table; `sample` are its first rows.

    `wanted` are types that a person chose; a source that `is_staged` is read in no time. `run` gives the rows of a query.
    """
    by_column = [[cell for row in sample if (cell := row[n]) is not None] for n in range(len(columns))]
    filled = [_filled(cells) for cells in by_column]
    marks = _marks(filled, options, prefers_comma)
    reading = Reading(marks, day_first=prefers_comma or marks.decimal == ",")
    guesses = [
        _guess(column, cells, reading, options, wanted.get(column))
        for column, cells in zip(columns, filled, strict=True)
    ]
    at_once = COLUMNS_AT_ONCE if is_staged else len(columns)
    for start in range(0, len(columns), at_once):
        some = guesses[start : start + at_once]
        plain = plain_types(run, source, some)
        others = [guess for guess in some if guess.column not in plain]
        checked = plain | {typed.column: typed for typed in _checked(run, source, others)}
        reading.typed += [checked[guess.column] for guess in some]
    return reading


def _filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell.strip().lower() not in EMPTY_WORDS]


def _marks(filled: Sequence[Sequence[str]], options: ReadOptions, prefers_comma: bool) -> Marks:
    if options.decimal:
        other = "." if options.decimal == "," else ","
        return Marks(options.decimal, other if options.thousands is None else options.thousands)
    marks = numbers.marks_in((cell for cells in filled for cell in cells), prefers_comma=prefers_comma)
    if options.thousands:
        decimal = "," if options.thousands == "." else "." if options.thousands == "," else marks.decimal
        return Marks(decimal, options.thousands)
    return marks


def _guess(
    column: str, cells: Sequence[str], reading: Reading, options: ReadOptions, wanted: ColumnType | None
) -> Guess:
    own = reading.marks if options.decimal or options.thousands else numbers.marks_in(cells, reading.marks)
    if wanted in ("integer", "decimal"):
        return Guess(column, own, wanted=wanted)
    if wanted == "boolean":
        return Guess(column, is_boolean=True, wanted=wanted)
    if wanted == "text":
        return Guess(column, wanted=wanted)
    if not cells and wanted is None:
        return Guess(column, own, (dates.ISO,), is_boolean=True)
    formats = dates.formats_of(cells[:PROBED_VALUES], options.date_format, day_first=reading.day_first)
    if wanted is not None:
        fitting = [f for f in formats if _can_be(f, wanted)] or [f for f in dates.DATES if _can_be(f, wanted)]
        return Guess(column, formats=tuple(fitting[:4] or [dates.ISO]), wanted=wanted)
    if formats:
        return Guess(column, formats=tuple(formats[:3]))
    if all(cell.strip().lower() in _BOOLEANS for cell in cells):
        return Guess(column, is_boolean=True)
    misfits = sum(numbers.parsed(cell, own) is None for cell in cells)
    return Guess(column, own) if misfits <= len(cells) * MISFITS_SHARE else Guess(column)


def _can_be(format_: str, wanted: ColumnType) -> bool:
    kind = dates.type_of(format_)
    return kind == wanted or (kind, wanted) in (("date", "timestamp"), ("timestamp", "date"))


def _checked(run: Run, source: str, guesses: Sequence[Guess]) -> Iterator[Typed]:
    """One pass over all records, counting for each column what would not fit."""
    if not guesses:
        return
    terms = [term for guess in guesses for term in _terms(guess)]
    values = iter(run(f"SELECT {', '.join(terms)} FROM {source}")[0])  # noqa: S608
    for guess in guesses:
        counts = [next(values) for _ in _terms(guess)]
        yield _decided(guess, counts)


def _terms(guess: Guess) -> list[str]:
    """Aggregates: values, misfits and some of them for each reading, and for numbers what their digits ask for."""
    column = guess.column
    terms = [f"count(nullif(trim({column}), ''))"]
    for sql in _readings(guess):
        missed = f"{sql} IS NULL AND {column} IS NOT NULL AND lower(trim({column})) NOT IN ({_EMPTY_SQL})"
        terms += [f"count(*) FILTER ({missed})", f"any_value({column}) FILTER ({missed})"]
    if guess.marks:
        plain = numbers.plain_sql(column, guess.marks)
        number = f"TRY_CAST({plain} AS DOUBLE)"
        terms += [
            f"max(abs({number})) FILTER (isfinite({number}))",
            f"max(CASE WHEN contains({plain}, '.') THEN length({plain}) - strpos({plain}, '.') ELSE 0 END)",
            f"count(*) FILTER (contains({plain}, 'e') OR contains({plain}, 'E') OR NOT isfinite({number}))",
            f"count(*) FILTER (regexp_full_match({plain}, '-?0\\d+|\\+\\d{{6,}}|\\d{{{MAX_DIGITS + 1},}}'))",
        ]
    return terms


def _readings(guess: Guess) -> list[str]:
    readings = []
    if guess.marks:
        readings.append(f"TRY_CAST({numbers.plain_sql(guess.column, guess.marks)} AS DOUBLE)")
    readings += [_date_sql(guess, f) for f in guess.formats]
    if guess.is_boolean:
        readings.append(_boolean_sql(guess.column))
    return readings


def _date_sql(guess: Guess, format_: str) -> str:
    sql = dates.value_sql(guess.column, format_)
    return f"CAST({sql} AS {guess.wanted.upper()})" if guess.wanted else sql


def _boolean_sql(column: str) -> str:
    """A person who says that a column is boolean may have other words in it than DuckDB has."""
    return (
        f"CASE WHEN lower(trim({column})) IN ('true','t','yes','y','1','ja','oui','si','sí','x','on') THEN true"
        f" WHEN lower(trim({column})) IN ('false','f','no','n','0','nein','non','off') THEN false END"
    )


def _decided(guess: Guess, counts: Sequence[Any]) -> Typed:
    text = Typed(guess.column, "text", f"nullif(trim({guess.column}), '')")
    filled, rest = counts[0], list(counts[1:])
    if not filled:
        return Typed(guess.column, guess.wanted or "text", _typed_null(guess), is_empty=True)
    readings = _readings(guess)
    missed = [(rest[2 * n], rest[2 * n + 1]) for n in range(len(readings))]
    digits = rest[2 * len(readings) :]
    if not readings:
        return text
    best = min(range(len(readings)), key=lambda n: (missed[n][0], n))
    misfits, example = missed[best]
    if guess.wanted is None and (misfits > filled * MISFITS_SHARE or misfits >= filled):
        return text
    examples = (str(example)[:40],) if misfits else ()
    if guess.marks and best == 0:
        return _number(guess, digits, misfits, examples) or text
    place = best - bool(guess.marks)
    if place < len(guess.formats):
        return _date(guess, place, [count for count, _ in missed[bool(guess.marks) :]], misfits, examples)
    return Typed(guess.column, "boolean", readings[best], misfits=misfits, misfit_examples=examples)


def _typed_null(guess: Guess) -> str:
    names = {"integer": "BIGINT", "decimal": "DECIMAL(18,2)", "text": "VARCHAR"}
    return f"CAST(NULL AS {names.get(guess.wanted or 'text', (guess.wanted or 'text').upper())})"


def _number(guess: Guess, digits: Sequence[Any], misfits: int, examples: tuple[str, ...]) -> Typed | None:
    assert guess.marks is not None
    largest, scale, exponents, codes = digits
    if guess.wanted is None and (codes or largest is None):
        return None
    plain = numbers.plain_sql(guess.column, guess.marks)
    kind, sql = number_sql(plain, float(largest or 0), scale or 0, bool(exponents), guess.wanted)
    return Typed(guess.column, kind, sql, "", guess.marks, False, misfits, examples)


def _date(guess: Guess, place: int, missed: Sequence[int], misfits: int, examples: tuple[str, ...]) -> Typed:
    format_ = guess.formats[place]
    kind: Any = guess.wanted or dates.type_of(format_)
    is_open = any(
        count == misfits and is_twin(format_, other)
        for other, count in zip(guess.formats, missed, strict=False)
    )
    return Typed(
        guess.column, kind, _date_sql(guess, format_), format_, None, False, misfits, examples, is_open
    )


_EMPTY_SQL = ", ".join(map(literal, sorted(EMPTY_WORDS)))
