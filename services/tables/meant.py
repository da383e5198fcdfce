"""SQL put right where it says one thing and plainly means another: the row of the highest, a share of some, all in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from services.documents.terms import SILENT, terms
from services.tables import asked
from services.tables.doubts import FIRST_DAY, LAST_DAY, TIMES, is_part_of_day
from services.tables.shapes import Table
from services.words import fold

if TYPE_CHECKING:
    from sqlglot import exp

AND = {"and", "und", "et", "y", "e", "en"}


def restate(query: exp.Query, question: str, tables: Sequence[Table]) -> None:
    """Everything below, in the query given."""
    want_and_not(query)
    row_of_extreme(query)
    share_of_some(query, question)
    take_median(query, question)
    within(query, question)
    by_day(query, question, tables)
    days_of_rows(query, question, tables)
    all_in_order(query, question)
    order_periods(query, tables)


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


def row_of_extreme(query: exp.Query) -> None:
    """The highest of all beside columns that it is not grouped by: the row that has it is meant."""
    from sqlglot import exp

    extremes = list(query.find_all(exp.AggFunc))
    order, limit, group = (query.args.get(name) for name in ("order", "limit", "group"))
    if not isinstance(query, exp.Select) or len({one.sql() for one in extremes}) != 1:
        return
    extreme = extremes[0]
    if not isinstance(extreme, (exp.Max, exp.Min)) or not isinstance(extreme.this, exp.Column):
        return
    if not _is_of_all(query, extreme) or not _are_loose(query, group):
        return
    is_first = order is not None and limit is not None and limit.expression.name == "1"
    if not is_first and (order is not None or group is not None):
        return
    column = extreme.this.copy()
    for one in extremes:
        one.replace(column.copy())
    query.set("group", None)
    if order is None:
        query.order_by(exp.Ordered(this=column, desc=isinstance(extreme, exp.Max)), copy=False)
        query.limit(1, copy=False)


def _is_of_all(query: exp.Select, extreme: exp.AggFunc) -> bool:
    """Whether what comes first is the highest, or the lowest, that was asked for."""
    from sqlglot import exp

    if query.args.get("having") or query.find(exp.Subquery, exp.Window):
        return False
    order = query.args.get("order")
    if order is None:
        return True
    first, called = order.expressions[0], {item.alias for item in query.expressions if item.find(exp.AggFunc)}
    is_rank = bool(first.find(exp.AggFunc)) or first.this.name in called
    return is_rank and bool(first.args.get("desc")) is isinstance(extreme, exp.Max)


def _are_loose(query: exp.Select, group: exp.Group | None) -> bool:
    """Whether plain columns are shown that the query does not group by."""
    from sqlglot import exp

    return any(
        not item.find(exp.AggFunc) and not _is_grouped(item, place, group)
        for place, item in enumerate(query.expressions, 1)
    )


def _is_grouped(item: exp.Expr, place: int, group: exp.Group | None) -> bool:
    """Whether a query groups by what it shows at a place, counted from 1: by its words, its alias or its number."""
    grouped = {one.sql().lower() for one in (group.expressions if group else ())}
    return bool({str(place), item.alias.lower(), item.unalias().sql().lower()} & grouped)


def share_of_some(query: exp.Query, question: str) -> None:
    """Rows with two properties counted against all rows: those with the one named first are the whole."""
    from sqlglot import exp

    for share in list(query.find_all(exp.Div)):
        counted, select = share.left.find(exp.Filter), share.parent_select
        is_of_all = isinstance(share.right, exp.Count) and isinstance(share.right.this, exp.Star)
        if counted is None or not is_of_all or select is None or select.args.get("where"):
            continue
        both = counted.expression.this
        if not isinstance(both, exp.And) or asked.for_share_of_all(question):
            continue
        if sum(1 for item in select.expressions if item.find(exp.AggFunc)) != 1:
            continue
        first, then = sorted((both.left, both.right), key=lambda one: _place(one, question))
        between = terms(question)[_place(first, question) : _place(then, question)]
        if between and not set(between) & AND:
            counted.expression.set("this", then.copy())
            select.where(first.copy(), copy=False)


def _place(condition: exp.Expr, question: str) -> int:
    """Where in a question a condition is spoken of; behind its end where it is not."""
    from sqlglot import exp

    texts = [str(one.this) for one in condition.find_all(exp.Literal)]
    names = [one.name.replace("_", " ") for one in condition.find_all(exp.Column)]
    meant = {term for text in (*texts, *names) for term in terms(text)} - SILENT
    said = terms(question)
    return next((place for place, term in enumerate(said) if term in meant), len(said))


def days_of_rows(query: exp.Query, question: str, tables: Sequence[Table]) -> None:
    """Days are asked for, and rows that last from one day to another are counted: each row has its days."""
    from sqlglot import exp

    if not asked.for_so_many_days(question) or query.find(exp.Sub, exp.DateDiff):
        return
    called = {table.name.lower(): table.alias_or_name for table in query.find_all(exp.Table)}
    pairs = [
        (called[table.name], *pair) for table in tables if table.name in called and (pair := _span(table))
    ]
    if len(pairs) != 1:
        return
    name, first, last = pairs[0]
    days = exp.DateDiff(
        this=exp.column(last, table=name), expression=exp.column(first, table=name), unit=exp.var("day")
    )
    each = exp.Add(this=days, expression=exp.Literal.number(1))
    for count in list(query.find_all(exp.Count)):
        if not isinstance(count.this, exp.Distinct):
            count.replace(exp.Sum(this=each.copy()))
    for case in [case for total in query.find_all(exp.Sum) for case in total.find_all(exp.If)]:
        if case.args["true"] == exp.Literal.number(1):
            case.set("true", each.copy())


def _span(table: Table) -> tuple[str, str] | None:
    """The columns with the first and the last day of what a row stands for."""
    days = [column.name for column in table.columns if column.type == "date"]
    first = next((name for name in days if FIRST_DAY.match(name)), None)
    last = next((name for name in days if LAST_DAY.match(name)), None)
    return (first, last) if first and last else None


def take_median(query: exp.Query, question: str) -> None:
    """Where the value in the middle is asked for and no average, an average becomes the median."""
    from sqlglot import exp

    if asked.for_median(question) and not asked.for_average(question):
        for average in list(query.find_all(exp.Avg)):
            average.replace(exp.Median(this=average.this))


def within(query: exp.Query, question: str) -> None:
    """Within a day is not later than a day after, where the one comparison with a span of time says the opposite."""
    from sqlglot import exp

    spans = [one for one in query.find_all(exp.GT, exp.GTE) if one.expression.find(exp.Interval)]
    if asked.for_within(question) and len(spans) == 1 and isinstance(spans[0].expression, exp.Add):
        spans[0].replace(exp.LTE(this=spans[0].this, expression=spans[0].expression))


def by_day(query: exp.Query, question: str, tables: Sequence[Table]) -> None:
    """Grouped by moments, no two of which are alike: days are meant, unless the question speaks of a time of day."""
    from sqlglot import exp

    group = query.args.get("group")
    if not isinstance(query, exp.Select) or group is None or asked.of_time_of_day(question):
        return
    moments = {column.name for table in tables for column in table.columns if column.type == "timestamp"}
    grouped = {
        one.name for one in group.expressions if isinstance(one, exp.Column) and one.name.lower() in moments
    }
    for clause in (*query.expressions, group, query.args.get("order")):
        for column in list(clause.find_all(exp.Column)) if clause is not None and grouped else ():
            if column.name not in grouped or column.find_ancestor(exp.AggFunc, exp.Func):
                continue
            day = exp.cast(column.copy(), "date")
            is_shown = column.parent is query
            column.replace(exp.alias_(day, column.name) if is_shown else day)


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
    for place, item in enumerate(query.expressions, 1):
        bare = item.unalias()
        is_period = is_part_of_day(item, days) or (isinstance(bare, exp.Column) and bare.name in days)
        if is_period and _is_grouped(item, place, group):
            by = exp.column(item.alias) if item.alias else bare.copy()
            query.order_by(by, copy=False)
            return
