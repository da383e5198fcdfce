"""Conversions between units of measurement."""

from __future__ import annotations

from typing import Any

from services.tools.base import Tool, flat_parameters


def convert(amount: str, from_unit: str, to_unit: str) -> str:
    """`amount` in another unit, as a sentence. Raises InvalidInput."""
    raise NotImplementedError


def _run(arguments: dict[str, Any]) -> str:
    return convert(arguments["amount"], arguments["from_unit"], arguments["to_unit"])


UNITS = Tool(
    name="convert_units",
    title="Unit conversion",
    description=(
        "Convert an amount from one unit of measurement to another: length, weight, temperature, area, volume, "
        "speed, data size, energy, fuel consumption. E.g. 5 miles to km, 72 fahrenheit to celsius."
    ),
    parameters=flat_parameters(
        amount="The number to convert, e.g. '5' or '98.6'",
        from_unit="The unit it is in, e.g. 'mile', 'kg', 'fahrenheit', 'GB'",
        to_unit="The unit wanted, e.g. 'km', 'pound', 'celsius', 'MiB'",
    ),
    icon=":material/straighten:",
    run=_run,
)
