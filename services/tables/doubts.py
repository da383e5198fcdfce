"""What speaks against SQL that runs: signs, seen without a model, that it answers another question than the one asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from services.documents.terms import terms
from services.tables import asked
from services.tables.shapes import Table
from services.tables.values import Vocabulary
from services.words import fold

if TYPE_CHECKING:
    from sqlglot import exp

FEWEST_LETTERS = 4
"""Shorter values, such as yes and new, stand in questions that do not mean them."""
TIMES = ("date", "timestamp")
_TIME = re.compile(r"(?:19|20)\d\d(?:-\d\d.*)?")
_MEDIAN = re.compile(r"\b(?:median|quantile|percentile)", re.IGNORECASE)
FIRST_DAY, LAST_DAY = re.compile(r"(?:from|first|von)_?"), re.compile(r"(?:to|until|till|last|bis)_?")


def about(query: exp.Query, question: str, tables: Sequence[Table], words: Vocabulary) -> str | None:
    """The first objection to a query, as its writer is told it; None when there is none."""
    days = {column.name for table in tables for column in table.columns if column.type in TIMES}
    return next(
        (
            objection
            for objection in (
                _value_left_out(query, question, tables, words),
                _share_not_asked(query, question),
                _median_not_taken(query, question),
                _time_not_asked(query, question),
                _wrong_end(query, question, days),
                _periods_not_grouped(query, days),
                _ranked_by_another(query, question),
                _last_day_left_out(query, question, days),
                _same_twice(query),
            )
            if objection
        ),
        None,
    )


# --- what is looked for -----------------------------------------------------------------------


def _value_left_out(
    query: exp.Query, question: str, tables: Sequence[Table], words: Vocabulary
) -> str | None:
    """The question names a value, and the query uses neither it nor its column."""
    from sqlglot import exp

    columns = {column.name.lower() for column in query.find_all(exp.Column)}
    named = {name.lower() for table in tables for name in (table.name, *(c.name for c in table.columns))}
    texts = fold(" ".join(str(one.this) for one in query.find_all(exp.Literal)))
    said = terms(question)
    places: dict[str, list[tuple[str, str]]] = {}
    for table, column, value in _values(tables, words):
        is_name = any(fold(value) in fold(name) for name in named)
        if len(value) >= FEWEST_LETTERS and not is_name and _stands_in(terms(value), said):
            places.setdefault(value, []).append((table, column))
    for value, found in places.items():
        if fold(value) not in texts and not any(column.lower() in columns for _, column in found):
            table, column = found[0]
            return (
                f"The question says “{value}”, which is a value of {table}.{column}. The SQL does not use it."
            )
    return None


def _values(tables: Sequence[Table], words: Vocabulary) -> Iterator[tuple[str, str, str]]:
    for table in tables:
        for column in table.columns:
            for value in words.of(table.name, column.name):
                yield table.name, column.name, value


def _stands_in(value: Sequence[str], said: Sequence[str]) -> bool:
    """Whether the words of a value stand in a question one after the other, endings aside."""
    size = len(value)
    return size > 0 and any(list(said[i : i + size]) == list(value) for i in range(len(said) - size + 1))


def _time_not_asked(query: exp.Query, question: str) -> str | None:
    """Only a year or a month counts, and the question speaks of none."""
    from sqlglot import exp

    if asked.of_time(question):
        return None
    conditions = (one for where in query.find_all(exp.Where) for one in where.find_all(exp.Literal))
    time = next((str(one.this) for one in conditions if _TIME.fullmatch(str(one.this))), None)
    return f"The question names no time: leave out the condition with {time}." if time else None


# --- what is worked out -----------------------------------------------------------------------


def _share_not_asked(query: exp.Query, question: str) -> str | None:
    """A factor of 100 makes a percentage; nobody asked for one."""
    from sqlglot import exp

    hundreds = (
        one
        for product in query.find_all(exp.Mul)
        for one in (product.left, product.right)
        if isinstance(one, exp.Literal) and not one.is_string and float(one.this) == 100
    )
    if next(hundreds, None) is None or asked.for_share(question):
        return None
    return "The question does not ask for a percentage: nothing is to be multiplied by 100."


def _said(one: exp.Expr) -> str:
    return one.unalias().sql(dialect="duckdb", normalize_functions=False)


def _median_not_taken(query: exp.Query, question: str) -> str | None:
    if not asked.for_median(question) or _MEDIAN.search(query.sql(dialect="duckdb")):
        return None
    return "The question asks for the median: SELECT median(x)."


def _last_day_left_out(query: exp.Query, question: str, days: set[str]) -> str | None:
    """Days from one to another are counted, and one of them is not."""
    from sqlglot import exp

    if not asked.for_days(question):
        return None
    for lasts in query.find_all(exp.Sub, exp.DateDiff):
        last, first = lasts.this, lasts.expression
        is_pair = all(isinstance(one, exp.Column) and one.name in days for one in (first, last))
        if not is_pair or not (FIRST_DAY.match(first.name) and LAST_DAY.match(last.name)):
            continue
        around = lasts.find_ancestor(exp.Add, exp.AggFunc, exp.Select)
        if not isinstance(around, exp.Add):
            days_each = f"date_diff('day', {first.sql()}, {last.sql()}) + 1"
            is_added = isinstance(around, exp.Sum)
            return f"Both days of each row count: {f'sum({days_each})' if is_added else days_each}."
    return None


def _same_twice(query: exp.Query) -> str | None:
    """Two figures under different names are worked out alike."""
    from sqlglot import exp

    seen: dict[str, str] = {}
    for item in query.expressions if isinstance(query, exp.Select) else ():
        said = _said(item)
        if item.find(exp.AggFunc) and seen.setdefault(said, item.alias_or_name) != item.alias_or_name:
            return (
                f"{seen[said]} and {item.alias_or_name} are the same figure. Group by what tells them apart, or give "
                f"each its own condition: {said} FILTER (WHERE …)."
            )
    return None


# --- what comes first -------------------------------------------------------------------------


def _wrong_end(query: exp.Query, question: str, days: set[str]) -> str | None:
    """The newest is found where the oldest is sought, or the other way round."""
    wanted = asked.for_end(question)
    found = _end(query, days)
    if wanted is None or found is None or wanted == found[0]:
        return None
    column = found[1]
    if wanted == "oldest":
        return f"What is oldest, or has lasted longest, has the earliest {column}: ORDER BY {column} ASC, or min({column})."
    return f"What is newest has the latest {column}: ORDER BY {column} DESC, or max({column})."


def _end(query: exp.Query, days: set[str]) -> tuple[asked.End, str] | None:
    """Which end of time a query finds, and by which column."""
    from sqlglot import exp

    order = query.args.get("order")
    if order is not None and query.args.get("limit"):
        first = order.expressions[0]
        is_day = isinstance(first.this, exp.Column) and first.this.name in days
        return ("newest" if first.args.get("desc") else "oldest", first.this.name) if is_day else None
    extremes = [one for one in query.find_all(exp.Max, exp.Min) if isinstance(one.this, exp.Column)]
    if len(extremes) != 1 or extremes[0].this.name not in days:
        return None
    return "newest" if isinstance(extremes[0], exp.Max) else "oldest", extremes[0].this.name


def _periods_not_grouped(query: exp.Query, days: set[str]) -> str | None:
    """Months or years are ranked by a figure of single records."""
    from sqlglot import exp

    if not isinstance(query, exp.Select) or query.args.get("group"):
        return None
    periods = [item for item in query.expressions if is_part_of_day(item, days)]
    rank = _highest_record(query)
    if not periods or rank is None or rank.name in {period.alias_or_name for period in periods}:
        return None
    said = _said(periods[0])
    return (
        f"Each row is a single record, so this finds one record and not a whole period. "
        f"To compare periods: GROUP BY {said} ORDER BY sum({rank.name}), or avg({rank.name})."
    )


def _highest_record(query: exp.Select) -> exp.Column | None:
    """The column by which a query finds a single record: ordered by it, or where it is the highest of all."""
    from sqlglot import exp

    order, where = query.args.get("order"), query.args.get("where")
    if order is not None and query.args.get("limit") and not query.find(exp.AggFunc, exp.Window):
        rank = order.expressions[0].this
        return rank if isinstance(rank, exp.Column) else None
    for equal in where.find_all(exp.EQ) if where is not None else ():
        extreme = (
            equal.expression.find(exp.Max, exp.Min) if isinstance(equal.expression, exp.Subquery) else None
        )
        if extreme is not None and isinstance(equal.this, exp.Column) and extreme.this == equal.this:
            return equal.this
    return None


def is_part_of_day(item: exp.Expression, days: set[str]) -> bool:
    """Whether something is worked out from a date, such as its month."""
    from sqlglot import exp

    bare = item.unalias()
    is_worked_out = isinstance(bare, exp.Func) and not isinstance(bare, exp.Cast)
    return is_worked_out and any(column.name in days for column in bare.find_all(exp.Column))


def _ranked_by_another(query: exp.Query, question: str) -> str | None:
    """A figure is worked out, and what comes first is chosen by something else."""
    from sqlglot import exp

    order = query.args.get("order")
    if not isinstance(query, exp.Select) or order is None or not query.args.get("limit"):
        return None
    figures = [item for item in query.expressions if item.find(exp.AggFunc)]
    rank = order.expressions[0].this
    is_figure = rank.find(exp.AggFunc) or not isinstance(rank, exp.Column)
    if not figures or is_figure or asked.for_end(question) or asked.of_last_ones(question):
        return None
    if rank.name in {item.alias_or_name for item in figures}:
        return None
    figure = _said(figures[0])
    return f"It is ordered by {rank.name}. What has the highest or lowest {figure} is found by ORDER BY {figure}."
