"""SQL that a model wrote: held to one question over known tables, and put right where the slip is plain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.errors import InvalidInput
from services.tables.references import label, references
from services.tables.shapes import Column, Table
from services.tables.values import same_word

if TYPE_CHECKING:
    from sqlglot import exp

DIALECT = "duckdb"
MAX_SQL_CHARACTERS = 20_000
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column compared with a text: `country = 'germany'`. `literal` is the node of the text in its query."""

    table: Table
    column: Column
    text: str
    literal: exp.Literal


def parse(sql: str) -> exp.Query:
    """The one question in `sql`. Raises InvalidInput for anything else, with the parser's words where it has some."""
    from sqlglot import exp, parse
    from sqlglot.errors import SqlglotError

    if len(sql) > MAX_SQL_CHARACTERS:
        raise InvalidInput(f"The SQL is longer than {MAX_SQL_CHARACTERS:,} characters. Ask for less at once.")
    try:
        statements = [statement for statement in parse(sql, read=DIALECT) if statement is not None]
    except (SqlglotError, RecursionError) as error:
        raise InvalidInput(f"This is no SQL that can be read: {_first_line(error)}") from error
    if len(statements) != 1:
        raise InvalidInput("Write one SELECT statement, no more and no less.")
    if not isinstance(statements[0], exp.Query):
        raise InvalidInput("Only SELECT is possible here: tables are read, never changed.")
    return statements[0]


def _first_line(error: Exception) -> str:
    details: list[dict[str, Any]] = getattr(error, "errors", None) or []
    if details and details[0].get("description"):
        return f"{details[0]['description']} (line {details[0]['line']}, near “{details[0]['highlight']}”)"
    return str(error).split("\n", 1)[0][:200] or "it is nested too deeply"


def as_text(query: exp.Query) -> str:
    """The query as people read it, over several lines."""
    return query.sql(dialect=DIALECT, pretty=True, normalize_functions=False)


def put_right(query: exp.Query, tables: Sequence[Table]) -> exp.Query:
    """The query with slips mended that have one meaning only: text patterns on dates, a forgotten GROUP BY."""
    from sqlglot import exp

    mended = query.copy()
    _order_by_what_is_shown(mended)
    for select in mended.find_all(exp.Select):
        sources = _sources(select, tables)
        _compare_bare(select, sources)
        _match_dates_as_text(select, sources)
        _compare_days(select, sources)
        _name_tables(select, sources)
        _group(select)
        if select.parent is None:
            _name_keys(select, sources, tables)
            _show_rank(select)
            _show_groups(select)
    return mended


def unknown_columns(query: exp.Query, tables: Sequence[Table]) -> tuple[str, ...]:
    """Names in the query that no table has as a column, nor the query itself as an alias."""
    from sqlglot import exp

    known = {column.name for table in tables for column in table.columns} | {"_row", "rowid"}
    known |= {alias.alias.lower() for alias in query.find_all(exp.Alias, exp.TableAlias) if alias.alias}
    known |= {table.alias_or_name.lower() for table in query.find_all(exp.Table)}
    known |= {
        str(i.this).lower()
        for alias in query.find_all(exp.TableAlias)
        for i in alias.args.get("columns") or ()
    }
    names = [column.name for column in query.find_all(exp.Column) if isinstance(column.this, exp.Identifier)]
    return tuple(dict.fromkeys(name for name in names if name.lower() not in known))


def name_columns(query: exp.Query, tables: Sequence[Table]) -> exp.Query:
    """The query with columns that nobody has called by the name that is meant: `Umsätze` for umsatz, `day` for the one date."""
    from sqlglot import exp

    wrong = {name: _meant(name, query, tables) for name in unknown_columns(query, tables)}
    mended = query.copy()
    for column in mended.find_all(exp.Column):
        meant = wrong.get(column.name)
        if meant is not None:
            column.set("this", exp.to_identifier(meant))
    return mended


def _meant(name: str, query: exp.Query, tables: Sequence[Table]) -> str | None:
    from sqlglot import exp

    named = {table.name.lower() for table in query.find_all(exp.Table)}
    columns = [column for table in tables if table.name in named for column in table.columns]
    if name.lower() in ("day", "date", "datum", "fecha", "jour"):
        dates = {column.name for column in columns if column.type in ("date", "timestamp")}
        return dates.pop() if len(dates) == 1 else None
    return same_word(name, sorted({column.name for column in columns}))


def comparisons(query: exp.Query, tables: Sequence[Table]) -> list[Comparison]:
    """Where text columns are held to be equal to a text: by `=`, `IN`, or `LIKE` without a wildcard."""
    return [found for select in _selects(query) for found in _compared(select, _sources(select, tables))]


def _selects(query: exp.Query) -> Iterator[exp.Select]:
    from sqlglot import exp

    yield from query.find_all(exp.Select)


def _sources(select: exp.Select, tables: Sequence[Table]) -> dict[str, Table]:
    """The uploaded tables a SELECT reads, by the name it calls them."""
    from sqlglot import exp

    by_name = {table.name: table for table in tables}
    clauses = [select.args.get("from_") or select.args.get("from"), *(select.args.get("joins") or ())]
    named = [c.this for c in clauses if c is not None and isinstance(c.this, exp.Table)]
    return {t.alias_or_name.lower(): by_name[t.name.lower()] for t in named if t.name.lower() in by_name}


def _resolve(column: exp.Expression, sources: dict[str, Table]) -> tuple[Table, Column] | None:
    """The uploaded column that an expression names; lower() and the like around it do not hide it."""
    from sqlglot import exp

    while isinstance(column, (exp.Lower, exp.Upper, exp.Trim, exp.Paren)):
        column = column.this
    if not isinstance(column, exp.Column):
        return None
    owner, name = column.table.lower(), column.name.lower()
    found = [
        (table, known)
        for called, table in sources.items()
        for known in table.columns
        if known.name == name and owner in ("", called)
    ]
    return found[0] if len(found) == 1 else None


def _compared(select: exp.Select, sources: dict[str, Table]) -> Iterator[Comparison]:
    from sqlglot import exp

    for node in select.find_all(exp.EQ, exp.NEQ, exp.In, exp.Like, exp.ILike):
        if node.parent_select is not select:
            continue
        for column, literal in _sides(node):
            found = _resolve(column, sources)
            text = literal.this
            if isinstance(node, (exp.Like, exp.ILike)) and ("%" in text or "_" in text):
                continue
            if found and found[1].type == "text":
                yield Comparison(*found, text, literal)


def _sides(node: exp.Condition) -> Iterator[tuple[exp.Expression, exp.Literal]]:
    """The column and each literal that a comparison holds against it."""
    from sqlglot import exp

    others = list(node.expressions) if isinstance(node, exp.In) else [node.expression]
    left = node.this
    if isinstance(left, exp.Literal) and not isinstance(node, exp.In):
        left, others = node.expression, [node.this]
    for other in others:
        plain = other.this if isinstance(other, (exp.Lower, exp.Upper)) else other
        if isinstance(plain, exp.Literal) and plain.is_string:
            yield left, plain


def widen(compared: Comparison, spellings: Sequence[str]) -> None:
    """Let a comparison with a text hold for other spellings of it too. Changes the query that it is in."""
    from sqlglot import exp

    node, more = compared.literal.parent, [exp.Literal.string(spelling) for spelling in spellings]
    if isinstance(node, exp.In):
        node.set("expressions", [*node.expressions, *more])
    elif isinstance(node, (exp.EQ, exp.NEQ)) and node.expression is compared.literal:
        either = exp.In(this=node.this, expressions=[compared.literal, *more])
        node.replace(either if isinstance(node, exp.EQ) else exp.Not(this=either))


def _compare_bare(select: exp.Select, sources: dict[str, Table]) -> None:
    """`lower(x) = lower('A')` as `x = 'A'`: values are looked up, and found in whatever case they are written."""
    from sqlglot import exp

    for node in select.find_all(exp.EQ, exp.NEQ):
        found = _resolve(node.this, sources)
        text = (
            node.expression.this if isinstance(node.expression, (exp.Lower, exp.Upper)) else node.expression
        )
        is_text = isinstance(text, exp.Literal) and text.is_string and found and found[1].type == "text"
        if is_text and not isinstance(node.this, exp.Column):
            node.set("this", next(node.this.find_all(exp.Column)).copy())
            node.set("expression", text.copy())


def _match_dates_as_text(select: exp.Select, sources: dict[str, Table]) -> None:
    """`day LIKE '2024%'` is meant of the date as it is written."""
    from sqlglot import exp

    for node in select.find_all(exp.Like, exp.ILike):
        found = _resolve(node.this, sources)
        if found and found[1].type != "text":
            node.set("this", exp.cast(node.this.copy(), "VARCHAR"))


def _compare_days(select: exp.Select, sources: dict[str, Table]) -> None:
    """A moment compared with a day is meant as the day it lies in: after 15 April begins on the 16th."""
    from sqlglot import exp

    for node in select.find_all(exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between):
        others = [node.args["low"], node.args["high"]] if isinstance(node, exp.Between) else [node.expression]
        found = _resolve(node.this, sources)
        if found and found[1].type == "timestamp" and all(map(_is_day, others)):
            node.set("this", exp.cast(node.this.copy(), "DATE"))


def _is_day(value: exp.Expression) -> bool:
    from sqlglot import exp

    plain = value.this if isinstance(value, exp.Cast) else value
    return isinstance(plain, exp.Literal) and plain.is_string and bool(_DAY.fullmatch(plain.this))


def _name_tables(select: exp.Select, sources: dict[str, Table]) -> None:
    """A column called by a table that lacks it, where exactly one other table has it."""
    from sqlglot import exp

    for column in select.find_all(exp.Column):
        table = sources.get(column.table.lower())
        if table is None or column.parent_select is not select or _has(table, column.name):
            continue
        owners = [called for called, other in sources.items() if _has(other, column.name)]
        if len(owners) == 1:
            column.set("table", exp.to_identifier(owners[0]))


def _has(table: Table, name: str) -> bool:
    return name.lower() == "_row" or any(column.name == name.lower() for column in table.columns)


def _group(select: exp.Select) -> None:
    """Plain columns beside an aggregate in ORDER BY or HAVING alone: they are what it is grouped by."""
    from sqlglot import exp

    order, having = select.args.get("order"), select.args.get("having")
    aggregated = [part for part in (order, having) if part is not None and part.find(exp.AggFunc)]
    plain = [_bare(item) for item in select.expressions]
    if not aggregated or select.args.get("group") or not plain:
        return
    if all(isinstance(item, exp.Column) and not isinstance(item.this, exp.Star) for item in plain):
        select.set("group", exp.Group(expressions=[item.copy() for item in plain]))
        select.set("distinct", None)


def _name_keys(select: exp.Select, sources: dict[str, Table], tables: Sequence[Table]) -> None:
    """A key of another table is told with the name it stands for: people know departments by their names."""
    from sqlglot import exp

    known = {(one.name, column.name): (other, key) for one, column, other, key in references(tables)}
    if len(sources) != 1 or select.args.get("distinct"):
        return
    (called, table), names = next(iter(sources.items())), []
    for item in select.expressions:
        other, key = known.get((table.name, item.name.lower()), (None, None))
        named = label(other, key) if other is not None and key is not None else None
        if isinstance(item, exp.Column) and other is not None and key is not None and named is not None:
            owner = exp.column(item.this.copy(), table=called)
            found = exp.select(exp.Min(this=exp.column(named.name, table=other.name))).from_(other.name)
            found = found.where(exp.EQ(this=exp.column(key.name, table=other.name), expression=owner))
            alias = named.name if named.name != item.name else f"{other.name}_{named.name}"
            names.append(exp.alias_(found.subquery(), alias))
    select.set("expressions", [*select.expressions, *names])  # last: ORDER BY 2 must mean what it meant


def _show_rank(select: exp.Select) -> None:
    """What the first or the last ones are chosen by is shown with them: who bought most, and how much that was."""
    from sqlglot import exp

    order = select.args.get("order")
    if order is None or not select.args.get("limit") or select.args.get("distinct"):
        return
    rank, shown = order.expressions[0].this, list(select.expressions)
    known = {item.alias_or_name.lower() for item in shown}
    is_told = isinstance(rank, exp.Literal) or any(_bare(item) == rank or item.is_star for item in shown)
    is_told = is_told or (isinstance(rank, exp.Column) and rank.name.lower() in known)
    aggregates = any(_bare(item).find(exp.AggFunc) for item in shown) or select.args.get("group")
    if not is_told and (rank.find(exp.AggFunc) or not aggregates):
        select.append("expressions", rank.copy())


def _order_by_what_is_shown(query: exp.Query) -> None:
    """Results put one after the other have no columns but those shown: an order by another one is left out."""
    from sqlglot import exp

    order = query.args.get("order")
    if not isinstance(query, exp.SetOperation) or order is None:
        return
    shown = {name.lower() for name in query.named_selects}
    if not {column.name.lower() for column in order.find_all(exp.Column)} <= shown:
        query.set("order", None)
        query.set("limit", None)


def _show_groups(select: exp.Select) -> None:
    """Figures by group, and nothing beside them that tells the groups apart: what it is grouped by is shown first."""
    from sqlglot import exp

    group, order = select.args.get("group"), select.args.get("order")
    if group is None or any(not _bare(item).find(exp.AggFunc) for item in select.expressions):
        return
    telling = [one.copy() for one in group.expressions if not isinstance(one, exp.Literal)]
    counted = [one for one in (order.expressions if order else ()) if isinstance(one.this, exp.Literal)]
    shown = list(select.expressions)  # behind them where ORDER BY 2 must mean what it meant
    select.set("expressions", [*shown, *telling] if counted else [*telling, *shown])


def _bare(item: exp.Expression) -> exp.Expression:
    return item.this if item.key == "alias" else item
