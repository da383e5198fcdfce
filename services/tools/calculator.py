"""Arithmetic as people write it."""

from __future__ import annotations

from typing import Any

from services.tools.base import Tool, flat_parameters


def calculate(expression: str) -> str:
    """The value of `expression` as text. Raises InvalidInput."""
    raise NotImplementedError


def _run(arguments: dict[str, Any]) -> str:
    return calculate(arguments["expression"])


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
