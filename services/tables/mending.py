"""SQL completed from what is known of the tables: a forgotten join, a key by its name there, spellings counted together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.tables.references import references
from services.tables.shapes import Column, Table
from services.tables.values import Vocabulary

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


def group_by_key(query: exp.Query, tables: Sequence[Table]) -> None:
    """Records told by their names, which two of them may share: those of a joined table are told apart by its key."""
    from sqlglot import exp

    group = query.args.get("group")
    if not isinstance(query, exp.Select) or group is None or query.find(exp.Subquery):
        return
    called = {one.name.lower(): one.alias_or_name for one in query.find_all(exp.Table)}
    joined = [
        (other, key) for one, _, other, key in references(tables) if {one.name, other.name} <= called.keys()
    ]
    for table, key in joined:
        name = next((one for one in table.columns if _is_shared_name(table, one)), None)
        owned = {
            (column.table or called[table.name], column.name)
            for column in group.expressions
            if isinstance(column, exp.Column)
        }
        if name and (called[table.name], name.name) in owned and (called[table.name], key.name) not in owned:
            group.append("expressions", exp.column(key.name, table=called[table.name]))


def _is_shared_name(table: Table, column: Column) -> bool:
    """Whether a column names the records of a table, and some of them alike."""
    distinct = column.distinct_count or 0
    is_name = column.type == "text" and column.name.endswith(("name", "title", "label"))
    return is_name and table.row_count / 2 <= distinct < table.row_count


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
