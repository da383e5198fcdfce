"""What speaks against SQL that runs: signs, seen without a model, that it answers another question than the one asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from services.documents.terms import terms
from services.tables.shapes import Table
from services.tables.values import Vocabulary
from services.words import fold

if TYPE_CHECKING:
    from sqlglot import exp

FEWEST_LETTERS = 4
"""Shorter values, such as yes and new, stand in questions that do not mean them."""
TIMES = ("date", "timestamp")
_SHARE = re.compile(
    r"%|\b(?:per ?cent|percentage|share|proportion|rate|ratio|fraction|prozent|prozentual\w*|anteil\w*|quote"
    r"|pour ?cent|pourcentage|proportion|taux|por ?ciento|porcentaje|proporción|tasa|percentuale|quota)\b",
    re.IGNORECASE,
)


def about(query: exp.Query, question: str, tables: Sequence[Table], words: Vocabulary) -> str | None:
    """The first objection to a query, as its writer is told it; None when there is none."""
    return next(
        (
            objection
            for objection in (
                _value_left_out(query, question, tables, words),
                _share_not_asked(query, question),
                _periods_not_grouped(query, tables),
            )
            if objection
        ),
        None,
    )


def _value_left_out(
    query: exp.Query, question: str, tables: Sequence[Table], words: Vocabulary
) -> str | None:
    """The question names a value, and the query uses neither it nor its column."""
    from sqlglot import exp

    columns = {column.name.lower() for column in query.find_all(exp.Column)}
    named = {name.lower() for table in tables for name in (table.name, *(c.name for c in table.columns))}
    texts = fold(" ".join(str(one.this) for one in query.find_all(exp.Literal)))
    asked = terms(question)
    places: dict[str, list[tuple[str, str]]] = {}
    for table, column, value in _values(tables, words):
        is_name = any(fold(value) in fold(name) for name in named)
        if len(value) >= FEWEST_LETTERS and not is_name and _stands_in(terms(value), asked):
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


def _stands_in(value: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether the words of a value stand in a question one after the other, endings aside."""
    size = len(value)
    return size > 0 and any(list(asked[i : i + size]) == list(value) for i in range(len(asked) - size + 1))


def _share_not_asked(query: exp.Query, question: str) -> str | None:
    """A factor of 100 makes a percentage; nobody asked for one."""
    from sqlglot import exp

    hundreds = (
        one
        for product in query.find_all(exp.Mul)
        for one in (product.left, product.right)
        if isinstance(one, exp.Literal) and not one.is_string and float(one.this) == 100
    )
    if next(hundreds, None) is None or _SHARE.search(question):
        return None
    return "The question does not ask for a percentage: nothing is to be multiplied by 100."


def _periods_not_grouped(query: exp.Query, tables: Sequence[Table]) -> str | None:
    """Months or years are ranked by a figure of single records."""
    from sqlglot import exp

    order = query.args.get("order")
    if not isinstance(query, exp.Select) or order is None or not query.args.get("limit"):
        return None
    if query.args.get("group") or query.find(exp.AggFunc, exp.Window):
        return None
    days = {column.name for table in tables for column in table.columns if column.type in TIMES}
    periods = [item for item in query.expressions if _is_part_of_day(item, days)]
    rank = order.expressions[0].this
    if not periods or not isinstance(rank, exp.Column) or rank.name in {p.alias_or_name for p in periods}:
        return None
    said = periods[0].unalias().sql(dialect="duckdb", normalize_functions=False)
    return (
        f"Each row is a single record, so this finds one record and not a whole period. "
        f"To compare periods: GROUP BY {said} ORDER BY sum({rank.name}), or avg({rank.name})."
    )


def _is_part_of_day(item: exp.Expression, days: set[str]) -> bool:
    """Whether something is worked out from a date, such as its month."""
    from sqlglot import exp

    bare = item.unalias()
    is_worked_out = isinstance(bare, exp.Func) and not isinstance(bare, exp.Cast)
    return is_worked_out and any(column.name in days for column in bare.find_all(exp.Column))
