"""SQL completed from what is known of the tables and the question: a forgotten join, spellings counted together, all in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from services.tables import asked
from services.tables.doubts import TIMES, is_part_of_day
from services.tables.references import references
from services.tables.shapes import Column, Table
from services.tables.values import Vocabulary
from services.words import fold

if TYPE_CHECKING:
    from sqlglot import exp


def join_owner(query: exp.Query, tables: Sequence[Table]) -> None:
    """A query to one table with columns of another, to which a key of the one leads: the join is put in."""
    from sqlglot import exp

    table = _only_table(query, tables)
    if table is None or not isinstance(query, exp.Select):
        return
    aliases = {item.alias.lower() for item in query.expressions if item.alias}
    bare = [column for column in query.find_all(exp.Column) if not column.table]
    lacking = {c.name.lower() for c in bare} - _names(table) - aliases
    owners = [ref for ref in references(tables) if ref[0] is table and lacking <= _names(ref[2])]
    if not lacking or len(owners) != 1:
        return
    _, column, other, key = owners[0]
    for one in bare:
        if one.name.lower() in _names(table):
            one.set("table", exp.to_identifier(table.name))
    on = exp.EQ(
        this=exp.column(column.name, table=table.name), expression=exp.column(key.name, table=other.name)
    )
    query.join(other.name, on=on, copy=False)


def name_key(query: exp.Query, tables: Sequence[Table]) -> None:
    """A key called by the name that it has in another table: `customer_id` of a table where it is `id`."""
    from sqlglot import exp

    for select in query.find_all(exp.Select):
        table = _only_source(select, tables)
        if table is None:
            continue
        outer = _names_around(select, tables)
        known = _names(table) | outer | {item.alias.lower() for item in select.expressions if item.alias}
        for column in select.find_all(exp.Column):
            name = column.name.lower()
            if column.table or column.parent_select is not select or name in known:
                continue
            keys = {
                key.name for _, one, other, key in references(tables) if other is table and one.name == name
            }
            if len(keys) == 1:
                column.set("this", exp.to_identifier(keys.pop()))


def _only_source(select: exp.Select, tables: Sequence[Table]) -> Table | None:
    from sqlglot import exp

    source = select.args.get("from_") or select.args.get("from")
    if source is None or select.args.get("joins") or not isinstance(source.this, exp.Table):
        return None
    return next((table for table in tables if table.name == source.this.name.lower()), None)


def _names_around(select: exp.Select, tables: Sequence[Table]) -> set[str]:
    """Columns that a subquery may use of what it stands in."""
    from sqlglot import exp

    around, names = select.parent_select, set[str]()
    while isinstance(around, exp.Select):
        for read in around.find_all(exp.Table):
            names |= {n for table in tables if table.name == read.name.lower() for n in _names(table)}
        around = around.parent_select
    return names


def want_and_not(query: exp.Query) -> None:
    """A column that shall have a text, and another condition by which it shall not: the second is left out."""
    from sqlglot import exp

    for where in query.find_all(exp.Where):
        conditions = list(_joined_by_and(where.this))
        wanted = {text for one in conditions if not _is_not(one) for text in _texts(one)}
        kept = [one for one in conditions if not _is_not(one) or not _texts(one) or _texts(one) - wanted]
        if len(kept) < len(conditions):
            where.set("this", exp.and_(*kept, copy=False))


def _joined_by_and(condition: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    bare = condition.unnest()
    if isinstance(bare, exp.And):
        yield from _joined_by_and(bare.left)
        yield from _joined_by_and(bare.right)
    else:
        yield condition


def _is_not(condition: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(condition, (exp.Not, exp.NEQ))


def _texts(condition: exp.Expr) -> set[tuple[str, str]]:
    """The column of a comparison, and the texts that it is compared with."""
    from sqlglot import exp

    bare = condition.this.unnest() if isinstance(condition, exp.Not) else condition
    if not isinstance(bare, (exp.EQ, exp.NEQ, exp.In)) or not isinstance(bare.this, exp.Column):
        return set()
    return {(bare.this.name.lower(), fold(str(one.this))) for one in bare.find_all(exp.Literal)}


def take_median(query: exp.Query, question: str) -> None:
    """Where the value in the middle is asked for, the one average of a query becomes the median."""
    from sqlglot import exp

    averages = list(query.find_all(exp.Avg))
    if asked.for_median(question) and len(averages) == 1 and not asked.for_average(question):
        averages[0].replace(exp.Median(this=averages[0].this))


def all_in_order(query: exp.Query, question: str) -> None:
    """Where all of something is asked for, highest first, nothing is left out; “two decimals” do not mean two rows."""
    is_all = query.args.get("order") is not None and asked.for_all_in_order(question)
    limit = query.args.get("limit")
    if is_all or (limit is not None and limit.expression.name != "1" and asked.only_of_decimals(question)):
        query.set("limit", None)


def order_periods(query: exp.Query, tables: Sequence[Table]) -> None:
    """Months and years come in their order, where no other is asked for."""
    from sqlglot import exp

    group = query.args.get("group")
    if (
        not isinstance(query, exp.Select)
        or group is None
        or query.args.get("order")
        or query.args.get("limit")
    ):
        return
    days = {column.name for table in tables for column in table.columns if column.type in TIMES}
    grouped = {one.sql().lower() for one in group.expressions}
    for place, item in enumerate(query.expressions, 1):
        bare = item.unalias()
        is_grouped = bool({str(place), item.alias.lower(), bare.sql().lower()} & grouped)
        is_period = is_part_of_day(item, days) or (isinstance(bare, exp.Column) and bare.name in days)
        if is_grouped and is_period:
            by = exp.column(item.alias) if item.alias else bare.copy()
            query.order_by(by, copy=False)
            return


def group_spellings(query: exp.Query, tables: Sequence[Table], words: Vocabulary) -> tuple[str, ...]:
    """Group by a text in small letters where the same value is written in several ways; the notes that this calls for."""
    from sqlglot import exp

    table = _only_table(query, tables)
    group = query.args.get("group")
    if table is None or group is None or not query.find(exp.AggFunc):
        return ()
    mixed = {c.name: c for c in table.columns if _is_mixed(table, c, words)}
    notes = []
    for place, item in enumerate(query.expressions):
        bare = item.unalias()
        if isinstance(bare, exp.Column) and bare.name.lower() in mixed:
            column = bare.name.lower()
            query.expressions[place].replace(exp.alias_(exp.Lower(this=bare.copy()), item.alias or column))
            notes.append(f"Values of {column} that differ in capitals only were counted as one.")
    for clause in (group, query.args.get("order")):
        for found in list(clause.find_all(exp.Column)) if notes and clause is not None else ():
            if found.name.lower() in mixed and not found.find_ancestor(exp.Lower, exp.AggFunc):
                found.replace(exp.Lower(this=found.copy()))
    return tuple(notes)


def _only_table(query: exp.Query, tables: Sequence[Table]) -> Table | None:
    """The table that a plain query reads, where it is a single one and has no other name."""
    from sqlglot import exp

    named = list(query.find_all(exp.Table))
    if not isinstance(query, exp.Select) or len(named) != 1 or named[0].alias or query.find(exp.Subquery):
        return None
    return next((table for table in tables if table.name == named[0].name.lower()), None)


def _names(table: Table) -> set[str]:
    return {"_row", *(column.name for column in table.columns)}


def _is_mixed(table: Table, column: Column, words: Vocabulary) -> bool:
    """Whether values of a column are the same but for capitals."""
    if column.type != "text" or not words.is_whole(table.name, column.name):
        return False
    return max(Counter(map(str.casefold, words.of(table.name, column.name))).values(), default=1) > 1
