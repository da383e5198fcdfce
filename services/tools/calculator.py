"""The calculator tool."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any

from services.tools.base import Tool, flat_parameters
from services.tools.expression import DIGITS, evaluate

SHOWN_DIGITS = 15
LONGEST_EXACT_CHARS = DIGITS + 2
LONGEST_ROUNDED_CHARS = 30


def calculate(expression: str) -> str:
    """The value of an expression as text: all digits when exact, 15 when not. Raises InvalidInput."""
    value, is_exact = evaluate(expression)
    if is_exact:
        return _written(value.normalize(Context(DIGITS)), LONGEST_EXACT_CHARS)
    return _written(value.normalize(Context(SHOWN_DIGITS)), LONGEST_ROUNDED_CHARS)


def _written(value: Decimal, longest_chars: int) -> str:
    """Plain digits, or 1.5e+300 where those would be too many."""
    if not value:
        return "0"
    is_short = abs(value.adjusted()) < longest_chars
    plain = format(value, "f") if is_short else ""
    return plain if is_short and len(plain) <= longest_chars else format(value, "e")


def _run(arguments: dict[str, Any]) -> str:
    expression = arguments["expression"].strip()
    return f"{expression} = {calculate(expression)}"


CALCULATOR = Tool(
    name="calculator",
    title="Calculator",
    description=(
        "Compute arithmetic exactly: + - * / ^, brackets, percentages and functions such as sqrt, round, sin, log. "
        "Use it for every calculation with numbers, e.g. '15% of 80', '200 + 10%', '(3.5 + 2) * 4', 'sqrt(2)'."
    ),
    parameters=flat_parameters(expression="The expression to compute, e.g. '15% of 80' or '12 * (3 + 4)'"),
    icon=":material/calculate:",
    run=_run,
)
