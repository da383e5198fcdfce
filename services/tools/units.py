"""Conversions between units of measurement."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from services.errors import InvalidInput
from services.tools.base import Tool, flat_parameters

if TYPE_CHECKING:
    from pint import Unit, UnitRegistry

SHOWN_DIGITS = 10
MAX_UNIT_CHARS = 60
MAX_EXPONENT = 300

# What people call units where pint has another name, or means something else by it.
_NAMES = {
    "celsius": "degC", "centigrade": "degC", "°c": "degC", "c": "degC", "degrees celsius": "degC",
    "fahrenheit": "degF", "°f": "degF", "f": "degF", "degrees fahrenheit": "degF", "k": "kelvin",
    "lbs": "pound", "sqm": "meter**2", "m2": "meter**2", "m²": "meter**2", "sq m": "meter**2", "sqft": "foot**2",
    "sq ft": "foot**2", "ft2": "foot**2", "ft²": "foot**2", "km2": "km**2", "km²": "km**2", "cm2": "cm**2",
    "cm²": "cm**2", "m3": "meter**3", "m³": "meter**3", "cm3": "cm**3", "cm³": "cm**3", "cc": "cm**3", "kph": "km/hour",
    "kmh": "km/hour", "km/h": "km/hour", "kmph": "km/hour", "mph": "mile/hour", "mpg": "mile/gallon",
    "us mpg": "mile/gallon", "uk mpg": "mile/imperial_gallon", "imperial mpg": "mile/imperial_gallon",
    "uk gallon": "imperial_gallon", "imperial gallon": "imperial_gallon", "us gallon": "gallon", "cal": "calorie",
    "b": "byte", "kb": "kilobyte", "mb": "megabyte", "gb": "gigabyte", "tb": "terabyte", "pb": "petabyte",
    "kib": "kibibyte", "mib": "mebibyte", "gib": "gibibyte", "tib": "tebibyte", "mbps": "megabit/second",
    "gbps": "gigabit/second", "mbit": "megabit", "l/100km": "liter_per_100_km", "litres per 100 km": "liter_per_100_km",
    "liters per 100 km": "liter_per_100_km", "l/100 km": "liter_per_100_km", "stone": "stone", "min": "minute",
    "sec": "second", "tbsp": "tablespoon", "tsp": "teaspoon", "fl oz": "fluid_ounce", "ton": "ton", "tonne": "metric_ton",
}  # fmt: skip
_POWERS = re.compile(r"\b(square|sq|cubic|cu)\.? +([a-z]+)", re.IGNORECASE)
_ALLOWED = re.compile(r"[A-Za-zµμΩåÅ°_%][\w\s*/^().°µμΩÅå²³%-]*")
_LARGE_EXPONENT = re.compile(r"(?:\*\*|\^)\s*\(*-?\d{2}|\d{4}|(?:\*\*|\^).*(?:\*\*|\^)")


def convert(amount: str, from_unit: str, to_unit: str) -> str:
    """`amount` in another unit, as a sentence. Raises InvalidInput, with near names for an unknown unit."""
    number = _number(amount)
    source, target = _unit(from_unit), _unit(to_unit)
    result = _converted(
        number, source, target, f"{from_unit.strip()} cannot be converted to {to_unit.strip()}"
    )
    return f"{_written(number)} {_label(source)} = {_written(result)} {_label(target)}"


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", "").replace(" ", "").replace("−", "-"))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or (number and abs(number.adjusted()) > MAX_EXPONENT):
        raise InvalidInput(
            f"“{text[:40]}” is not a number that can be converted. Give digits only, such as 98.6."
        )
    return number


def _unit(text: str) -> Unit:
    words = " ".join(text.split())
    if not 0 < len(words) <= MAX_UNIT_CHARS:
        raise InvalidInput("Name both units, such as mile and km.")
    name = _NAMES.get(words.lower().removesuffix("."), words)
    if not _ALLOWED.fullmatch(name) or _LARGE_EXPONENT.search(name):
        raise _unknown(words)
    name = _POWERS.sub(lambda m: f"{m[2]}**{2 if m[1].lower().startswith('sq') else 3}", name)
    name = re.sub(r"\s+per\s+", "/", name.replace("²", "**2").replace("³", "**3"))
    candidates = (name, name.lower(), name.replace(" ", "_"), name.lower().replace(" ", "_"))
    unit = next((unit for candidate in candidates if (unit := _parsed(candidate)) is not None), None)
    if unit is None:
        raise _unknown(words)
    return unit


def _parsed(name: str) -> Unit | None:
    try:
        return _registry().Unit(name)
    # pint reads units through a small parser of its own and fails in many ways on what is none.
    except Exception:
        return None


def _unknown(text: str) -> InvalidInput:
    near = get_close_matches(text.lower().replace(" ", "_"), _known_names(), n=3, cutoff=0.7)
    hint = (
        f"Did you mean {' or '.join(near)}?"
        if near
        else "Use a common name, such as kilometer, pound or celsius."
    )
    return InvalidInput(f"The unit “{text[:MAX_UNIT_CHARS]}” is not known. {hint}")


def _converted(number: Decimal, source: Unit, target: Unit, problem: str) -> Decimal:
    from pint import DimensionalityError

    registry = _registry()
    try:
        quantity = registry.Quantity(number, source)
        if source.dimensionality == 1 / target.dimensionality and "[length]" in source.dimensionality:
            quantity = 1 / quantity
        return Decimal(quantity.to(target).magnitude)
    except DimensionalityError:
        raise InvalidInput(f"{problem}: one measures {_kind(source)}, the other {_kind(target)}.") from None
    except ArithmeticError:
        raise InvalidInput(f"{problem}: the result is not a number.") from None


def _kind(unit: Unit) -> str:
    return str(unit.dimensionality).replace("[", "").replace("]", "")


def _label(unit: Unit) -> str:
    short = {"degree_Celsius": "°C", "degree_Fahrenheit": "°F"}
    label = str(unit).replace(" ** 2", "²").replace(" ** 3", "³").replace(" ", "").replace("_", " ")
    return short.get(str(unit), label)


def _written(value: Decimal) -> str:
    """At most ten digits, without zeros at the end, and without an exponent where that is short."""
    rounded = Decimal(f"{value:.{SHOWN_DIGITS}g}").normalize()
    return f"{rounded:f}" if -10 <= rounded.adjusted() <= 20 else f"{rounded:e}"


@cache
def _registry() -> UnitRegistry[Decimal]:
    import pint

    registry: UnitRegistry[Decimal] = pint.UnitRegistry(
        non_int_type=Decimal, autoconvert_offset_to_baseunit=True
    )
    registry.define("liter_per_100_km = 0.01 * liter / kilometer")
    return registry


@cache
def _known_names() -> tuple[str, ...]:
    return (*_NAMES, *(name for name in _registry() if len(name) > 2))


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
