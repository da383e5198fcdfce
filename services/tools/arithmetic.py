"""The calculator's functions and constants, over decimals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, Inexact, getcontext

from services.errors import InvalidInput

MAX_FACTORIAL = 1_500
MAX_WHOLE = Decimal(10) ** 100
MAX_PLACES = 50
MAX_ARGUMENTS = 100

CONSTANTS = {
    "pi": Decimal("3.14159265358979323846264338327950288419716939937510"),
    "tau": Decimal("6.28318530717958647692528676655900576839433879875021"),
    "e": Decimal("2.71828182845904523536028747135266249775724709369995"),
}


@dataclass(frozen=True, slots=True)
class Function:
    """A named function and how many numbers it takes."""

    name: str
    compute: Callable[..., Decimal]
    least: int = 1
    most: int = 1

    def __call__(self, arguments: Sequence[Decimal]) -> Decimal:
        if not self.least <= len(arguments) <= self.most:
            wanted = str(self.least) if self.least == self.most else f"{self.least} to {self.most}"
            raise InvalidInput(f"{self.name} takes {wanted} numbers, not {len(arguments)}.")
        return self.compute(*arguments)


def of_float(value: float | Decimal) -> Decimal:
    """A value known to some digits only, marked as such."""
    getcontext().flags[Inexact] = True
    return value if isinstance(value, Decimal) else Decimal(repr(round(value, 15)))


def rounded_down(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_FLOOR)


def modulo(a: Decimal, b: Decimal) -> Decimal:
    """The remainder with the sign of `b`, so that -1 mod 7 is 6."""
    remainder = a % b
    return remainder + b if remainder and (remainder < 0) != (b < 0) else remainder


def factorial(value: Decimal) -> Decimal:
    if not 0 <= value <= MAX_FACTORIAL or value != value.to_integral_value():
        raise InvalidInput(f"A factorial needs a whole number from 0 to {MAX_FACTORIAL:,}.")
    return +Decimal(math.factorial(int(value)))


def _whole(value: Decimal) -> int:
    if value != value.to_integral_value() or abs(value) >= MAX_WHOLE:
        raise InvalidInput("gcd and lcm need whole numbers of at most 100 digits.")
    return int(value)


def _rounded(value: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    if abs(places) > MAX_PLACES or places != places.to_integral_value():
        raise InvalidInput(f"round takes a whole number of decimal places, at most {MAX_PLACES}.")
    digits = int(places)
    return value.scaleb(digits).to_integral_value(ROUND_HALF_UP).scaleb(-digits)


def _log(value: Decimal, base: Decimal | None = None) -> Decimal:
    return _of_positive(value).log10() if base is None else _ratio(value, base)


def _ratio(value: Decimal, base: Decimal) -> Decimal:
    """A logarithm to any base; whole results come out whole."""
    quotient = _of_positive(value).ln() / _of_positive(base).ln()
    nearest = quotient.to_integral_value()
    return nearest if abs(nearest) < 10_000 and base**nearest == value else quotient


def _of_positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise InvalidInput("A logarithm needs a number above zero.")
    return value


def _root(value: Decimal, degree: Decimal) -> Decimal:
    is_odd_root = value < 0 and degree % 2 == 1
    root = (abs(value) if is_odd_root else value) ** (1 / degree)
    nearest = root.to_integral_value()
    root = nearest if abs(degree) < 1_000 and nearest**degree == abs(value) else root
    return -root if is_odd_root else root


def _tangent(value: Decimal) -> Decimal:
    if abs(math.cos(value)) < 1e-15:
        raise InvalidInput("The tangent has no value here.")
    return of_float(math.tan(value))


def _median(*values: Decimal) -> Decimal:
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _of_many(name: str, compute: Callable[..., Decimal]) -> Function:
    return Function(name, compute, 1, MAX_ARGUMENTS)


def _by_float(name: str, compute: Callable[[Decimal], float]) -> Function:
    return Function(name, lambda value: of_float(compute(value)))


_ALL = (
    Function("sqrt", Decimal.sqrt),
    Function("cbrt", lambda value: _root(value, Decimal(3))),
    Function("root", _root, 2, 2),
    Function("abs", abs),
    Function("round", _rounded, 1, 2),
    Function("floor", rounded_down),
    Function("ceil", lambda value: value.to_integral_value(ROUND_CEILING)),
    Function("exp", Decimal.exp),
    Function("ln", lambda value: _of_positive(value).ln()),
    Function("log", _log, 1, 2),
    Function("log10", _log),
    Function("log2", lambda value: _ratio(value, Decimal(2))),
    Function("mod", modulo, 2, 2),
    Function("pow", lambda base, exponent: base**exponent, 2, 2),
    Function("gcd", lambda a, b: Decimal(math.gcd(_whole(a), _whole(b))), 2, 2),
    Function("lcm", lambda a, b: Decimal(math.lcm(_whole(a), _whole(b))), 2, 2),
    Function("factorial", factorial),
    Function("tan", _tangent),
    _by_float("sin", math.sin),
    _by_float("cos", math.cos),
    _by_float("asin", math.asin),
    _by_float("acos", math.acos),
    _by_float("atan", math.atan),
    _of_many("min", lambda *values: min(values)),
    _of_many("max", lambda *values: max(values)),
    _of_many("sum", lambda *values: sum(values, Decimal(0))),
    _of_many("mean", lambda *values: sum(values, Decimal(0)) / len(values)),
    _of_many("average", lambda *values: sum(values, Decimal(0)) / len(values)),
    _of_many("median", _median),
)
FUNCTIONS = {function.name: function for function in _ALL}
