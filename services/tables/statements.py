"""SQL looked at before DuckDB gets it: one SELECT over the tables at hand; in the querying process only.

DuckDB is shut in as well and would refuse what is refused here. This is for the sentence, and a second wall.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.tables.names import ROW

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

MAX_SQL_CHARACTERS = 20_000
ONLY_SELECT = "Only SELECT can be run here: the tables are read-only. Begin the SQL with SELECT or WITH."

_USED = "_used_row"
_TABLE_FUNCTIONS = frozenset({"generate_series", "range", "unnest", "json_each", "json_tree"})
_NOT_FOR_QUESTIONS = re.compile(
    r"(read_|duckdb_|pragma_|parquet_|sniff_|pg_|sqlite_|postgres_|mysql_|iceberg_|delta_|st_read|write_|which_)\w*"
    r"|glob|query|query_table|current_setting|getenv|getvariable|nextval|currval|seq_scan|arrow_scan\w*|pandas_scan"
    r"|python_\w+|load_\w+|checkpoint|force_checkpoint|from_substrait\w*|get_substrait\w*|summary|test_\w+|repeat_row"
)


class RefusedSql(Exception):
    """SQL that is not run, and a sentence that says why."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


def checked(sql: str, tables: Collection[str]) -> exp.Query:
    """The one SELECT that `sql` is, over no other tables than these. RefusedSql for everything else."""
    from sqlglot import exp

    if len(sql) > MAX_SQL_CHARACTERS:
        raise RefusedSql(f"The SQL is longer than {MAX_SQL_CHARACTERS:,} characters. Write a shorter query.")
    statements = _parsed(sql)
    if len(statements) != 1:
        raise RefusedSql(
            "Write one SELECT statement." if not statements else "Write one statement at a time."
        )
    (tree,) = statements
    if not isinstance(tree, exp.Query):
        raise RefusedSql(ONLY_SELECT)
    _refuse_other_kinds(tree)
    _refuse_other_tables(tree, tables)
    _refuse_functions(tree)
    return tree


def _parsed(sql: str) -> list[exp.Expression]:
    import sqlglot
    from sqlglot.errors import ParseError, SqlglotError

    try:
        return [tree for tree in sqlglot.parse(sql, read="duckdb") if tree is not None]  # type: ignore[misc]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        near = str(first.get("highlight", ""))[:40]
        where = f" near “{near}” (line {first.get('line', 1)})" if near else ""
        raise RefusedSql(
            f"This is no SQL that can be read{where}: {first.get('description', 'syntax error')}."
        ) from None
    except (SqlglotError, RecursionError, ValueError):
        raise RefusedSql("This is no SQL that can be read. Write one plain SELECT statement.") from None


def _refuse_other_kinds(tree: exp.Query) -> None:
    from sqlglot import exp

    for node in tree.walk():
        is_query = isinstance(node, exp.Query)
        if (
            isinstance(node, exp.DML | exp.DDL | exp.Command | exp.Into | exp.Copy | exp.Attach | exp.Pragma)
            and not is_query
        ):
            raise RefusedSql(ONLY_SELECT)


def _refuse_other_tables(tree: exp.Query, tables: Collection[str]) -> None:
    from sqlglot import exp

    known = {name.lower() for name in tables} | {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            if _name(table.this) not in _TABLE_FUNCTIONS:
                raise _no_function(table.this)
        elif table.args.get("db") or table.name.lower() not in known:
            listed = ", ".join(sorted(tables)[:20]) or "none"
            raise RefusedSql(f"There is no table “{table.sql('duckdb')[:60]}”. The tables are: {listed}.")


def _refuse_functions(tree: exp.Query) -> None:
    from sqlglot import exp

    for function in tree.find_all(exp.Func):
        if _NOT_FOR_QUESTIONS.fullmatch(_name(function)):
            raise _no_function(function)


def _name(function: exp.Func) -> str:
    from sqlglot import exp

    if isinstance(function, exp.Anonymous):
        return str(function.this).lower()
    return function.sql_name().lower()


def _no_function(function: exp.Func) -> RefusedSql:
    return RefusedSql(f"The function {_name(function)[:60]} cannot be used here. Ask the tables at hand.")


# --- record numbers -----------------------------------------------------------------------------


def with_row_numbers(sql: str, tree: exp.Query) -> str:
    """The SQL to run: as it was written, unless it names `_row`, which DuckDB has under another name."""
    if not any(column.name.lower() == ROW for column in _columns(tree)):
        return sql
    tree = tree.copy()
    for scope in _scopes(tree):
        for column in scope.columns:
            if column.name.lower() == ROW and (source := _source_of(column, scope)):
                _number(column, source)
    return tree.sql("duckdb")


def source_queries(tree: exp.Query, limit: int) -> Iterator[tuple[str, str]]:
    """For each table that the result rests on: its name, and SQL for how many of its records and the first of their numbers."""
    found: dict[str, list[_Records]] = {}
    for scope in _scopes(tree):
        for records in _records_of(scope, tree):
            found.setdefault(records.table, []).append(records)
    for table, parts in found.items():
        rows = " UNION ALL ".join(f"SELECT {_USED} FROM ({part.sql})" for part in parts)  # noqa: S608
        may_repeat = len(parts) > 1 or parts[0].may_repeat
        if may_repeat:
            rows = f"SELECT DISTINCT {_USED} FROM ({rows}) WHERE {_USED} IS NOT NULL"  # noqa: S608
        yield (
            table,
            (
                f"WITH used AS {'' if may_repeat else 'NOT '}MATERIALIZED ({rows})"  # noqa: S608
                f" SELECT (SELECT count(*) FROM used),"
                f" (SELECT list({_USED}) FROM (SELECT {_USED} FROM used ORDER BY {_USED} LIMIT {limit:d}))"
            ),
        )


@dataclass(frozen=True, slots=True)
class _Records:
    """SQL for the numbers of the records that one SELECT reads from a table, and whether one may come twice."""

    table: str
    sql: str
    may_repeat: bool


def _columns(tree: exp.Query) -> Iterator[exp.Column]:
    from sqlglot import exp

    return tree.find_all(exp.Column)


def _scopes(tree: exp.Query) -> Iterable[Scope]:
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.scope import traverse_scope

    try:
        return traverse_scope(tree)
    except SqlglotError:
        return []


def _source_of(column: exp.Column, scope: Scope | None) -> str | None:
    """The name under which the table of this `_row` is known; None where it comes from a query, not from a table."""
    while scope is not None:
        tables = _tables_of(scope)
        if column.table:
            if column.table in scope.sources:
                return column.table if column.table in tables else None
        elif len(tables) == 1:
            return tables[0]
        elif tables:
            raise RefusedSql(f"Say of which table {ROW} is meant, such as {tables[0]}.{ROW}.")
        scope = scope.parent
    return None


def _tables_of(scope: Scope) -> list[str]:
    from sqlglot import exp

    return [
        name
        for name, source in scope.sources.items()
        if name in scope.selected_sources
        and isinstance(source, exp.Table)
        and not isinstance(source.this, exp.Func)
    ]


def _number(column: exp.Column, source: str) -> None:
    from sqlglot import exp

    number: exp.Expression = exp.paren(_row_id(source))
    is_output = isinstance(column.parent, exp.Select) and column.arg_key == "expressions"
    column.replace(exp.alias_(number, ROW) if is_output else number)


def _row_id(source: str) -> exp.Expression:
    from sqlglot import exp

    return exp.Add(
        this=exp.column("rowid", table=exp.to_identifier(source, quoted=True)),
        expression=exp.Literal.number(1),
    )


def _records_of(scope: Scope, tree: exp.Query) -> Iterator[_Records]:
    """What one SELECT reads from each of its tables."""
    from sqlglot import exp

    select = scope.expression
    if not isinstance(select, exp.Select) or scope.is_subquery or scope.is_correlated_subquery:
        return
    for name in _tables_of(scope):
        source: Any = scope.sources[name]
        numbers = _grouped(select) if _is_grouped(select) else select.copy()
        numbers.select(exp.alias_(_row_id(name), _USED), append=True, copy=False)
        for cte in reversed(_known_to(select, tree)):
            numbers = numbers.with_(cte.args["alias"].copy(), cte.this.copy(), copy=False)
        may_repeat = bool(select.args.get("joins") or select.args.get("laterals"))
        yield _Records(source.name, with_row_numbers(numbers.sql("duckdb"), numbers), may_repeat)


def _known_to(select: exp.Select, tree: exp.Query) -> list[exp.CTE]:
    """The queries in the head of `tree` that stand before this one."""

    if select is tree:
        return []
    around = [place for place, cte in enumerate(tree.ctes) if any(node is select for node in cte.walk())]
    return tree.ctes[: around[0]] if around else list(tree.ctes)


def _is_grouped(select: exp.Select) -> bool:
    from sqlglot import exp

    if any(select.args.get(key) for key in ("group", "distinct", "having")):
        return True
    return any(
        not function.find_ancestor(exp.Window)
        for projection in select.expressions
        for function in projection.find_all(exp.AggFunc)
        if function.find_ancestor(exp.Select) is select
    )


def _grouped(select: exp.Select) -> exp.Select:
    """The records that go into groups: what filters or orders the groups is left out."""
    from sqlglot import exp

    kept = {"from_", "joins", "where", "with_", "laterals", "sample"}
    return exp.Select(**{key: _copied(value) for key, value in select.args.items() if key in kept and value})


def _copied(value: Any) -> Any:
    return [one.copy() for one in value] if isinstance(value, list) else value.copy()
