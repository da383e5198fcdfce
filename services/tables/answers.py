"""A question about tables and its answer, as a page draws it and as a stored turn remembers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

from services.tables.charts import Chart
from services.tables.number_check import Unsupported
from services.tables.shapes import ColumnType, Result, Source, Table
from services.turns import Usage

MAX_KEPT_ROWS = 1_000
TOOL = "query_tables"
"""The name of the tool step that carries an answer."""

Query = Callable[[str], Result]
FindSources = Callable[[str], tuple[Source, ...]]
Stage = Literal["writing", "running", "result", "done"]
SentenceBy = Literal["model", "result"]


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """A question over tables. `sql` is SQL that the person wrote or edited: it runs as it is.

    `earlier` are the questions and SQL before this one, oldest first, so that "and in France?" is understood.
    """

    question: str
    tables: tuple[Table, ...]
    model: str
    sql: str | None = None
    earlier: tuple[tuple[str, str], ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableAnswer:
    """What is known of an answer so far: the SQL first, then the result, the sentence last.

    `sentence_by` says whether the model wrote the sentence or it was made from the result. `numbers_checked` is true
    when every number in it is in the result; `rejected` is a sentence of the model with `unsupported` numbers, or
    without the value that was asked for, which was set aside for one made from the result. `is_answerable` is false
    when the tables do not have what was asked. `notes` are sentences for the person.
    """

    question: str
    sql: str = ""
    stage: Stage = "writing"
    result: Result | None = None
    sentence: str = ""
    sentence_by: SentenceBy = "result"
    numbers_checked: bool = False
    rejected: str | None = None
    unsupported: tuple[Unsupported, ...] = ()
    notes: tuple[str, ...] = ()
    chart: Chart | None = None
    sources: tuple[Source, ...] = ()
    usage: Usage | None = None
    is_answerable: bool = True
    error: str | None = None


def as_details(answer: TableAnswer) -> dict[str, Any]:
    """The answer as JSON, for a stored turn; of a long result only the first rows."""
    details = asdict(answer)
    if answer.result is not None:
        kept = answer.result.rows[:MAX_KEPT_ROWS]
        details["result"] |= {
            "rows": [[_as_json(value) for value in row] for row in kept],
            "is_cut": answer.result.is_cut or len(kept) < answer.result.row_count,
        }
    return details


def from_details(details: Mapping[str, Any]) -> TableAnswer:
    """The answer that `as_details` wrote."""
    kept = dict(details)
    if kept["result"] is not None:
        kept["result"] = _result(kept["result"])
    if kept["chart"] is not None:
        kept["chart"] = Chart(**{**kept["chart"], "y": tuple(kept["chart"]["y"])})
    if kept["usage"] is not None:
        kept["usage"] = Usage(**kept["usage"])
    kept["notes"] = tuple(kept["notes"])
    kept["unsupported"] = tuple(Unsupported(**number) for number in kept["unsupported"])
    kept["sources"] = tuple(Source(**{**s, "rows": tuple(s["rows"])}) for s in kept["sources"])
    return TableAnswer(**kept)


def _result(kept: Mapping[str, Any]) -> Result:
    types = tuple(kept["types"])
    rows = tuple(tuple(_from_json(v, t) for v, t in zip(row, types, strict=True)) for row in kept["rows"])
    return Result(tuple(kept["columns"]), types, rows, kept["duration_s"], kept["is_cut"])


def _as_json(value: Any) -> Any:
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, float) and value - value != 0:  # infinite, or no number: JSON knows neither
        return str(value)
    return str(value) if isinstance(value, Decimal) else value


def _from_json(value: Any, kind: ColumnType) -> Any:
    if not isinstance(value, str):
        return value
    match kind:
        case "date":
            return date.fromisoformat(value)
        case "timestamp":
            return datetime.fromisoformat(value)
        case "time":
            return time.fromisoformat(value)
        case "decimal":
            return float(value) if value in ("inf", "-inf", "nan") else Decimal(value)
        case "integer":
            return int(Decimal(value))
    return value


def columns_there_are(tables: Sequence[Table]) -> str:
    """What can be asked about, in words: `sales (order_date, country …)`."""
    return "; ".join(
        f"{t.name} ({', '.join(c.name for c in t.columns[:30])}{' …' if len(t.columns) > 30 else ''})"
        for t in tables[:10]
    )
