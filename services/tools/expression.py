"""Arithmetic as people write it, read and computed in one pass, in decimals.

A hand-written parser, because a percent sign means three things: `15% of 80`, `200 + 10%` and `10 % 3`.
Precedence, loosest first: + -, then * / % mod of, then the sign, then ^, then the endings % ! °.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, localcontext

from services.errors import InvalidInput
from services.tools.arithmetic import CONSTANTS, FUNCTIONS, factorial, modulo, of_float, rounded_down

MAX_CHARS = 1_000
MAX_DEPTH = 50
DIGITS = 100
MAX_EXPONENT = 5_000

_SPELLINGS = str.maketrans({"×": "*", "·": "*", "∗": "*", "÷": "/", "⁄": "/", "−": "-", "–": "-", "π": "pi"})
_CURRENCY_SIGNS = re.compile(r"[$€£¥]")
_GROUPED = r"\d{1,3}(?:,\d{3})+(?!\d)"
_NUMBER = r"(?:\d[\d_\u00a0\u202f']*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(
    rf"\s*(?:(?P<grouped>{_GROUPED}(?:\.\d+)?)|(?P<number>{_NUMBER})"
    r"|(?P<name>[A-Za-z]\w*)|(?P<sign>\*\*|//|[-+*/^%!°²³√(),;]))",
    re.ASCII,
)
_GAPS = re.compile(r"[_\u00a0\u202f']")


@dataclass(frozen=True, slots=True)
class Percent:
    """A number with a percent sign after it; what it is worth depends on what stands before it."""

    share: Decimal


Value = Decimal | Percent


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


END = Token("end", "the end")


def evaluate(text: str) -> tuple[Decimal, bool]:
    """The value of an expression, and whether it is exact. Raises InvalidInput for anything else."""
    if len(text) > MAX_CHARS:
        raise InvalidInput(f"The expression is longer than {MAX_CHARS:,} characters. Compute it in parts.")
    context = Context(DIGITS, Emin=-MAX_EXPONENT, Emax=MAX_EXPONENT)
    context.traps = dict.fromkeys(context.traps, False) | {
        InvalidOperation: True,
        DivisionByZero: True,
        Overflow: True,
    }
    try:
        with localcontext(context) as used:
            value = _Parser(_tokens(text)).whole()
            return value, not used.flags[Inexact]
    except DivisionByZero:
        raise InvalidInput("Division by zero has no result.") from None
    except (Overflow, OverflowError):
        raise InvalidInput("The result is too large to compute.") from None
    except (InvalidOperation, ValueError):
        raise InvalidInput("This has no result among the real numbers.") from None


def _tokens(text: str) -> list[Token]:
    rest = _CURRENCY_SIGNS.sub("", text.translate(_SPELLINGS)).strip().rstrip("=? ").rstrip()
    tokens: list[Token] = []
    several: list[bool] = []
    position = 0
    while position < len(rest):
        match = _TOKEN.match(rest, position)
        if match is None:
            raise InvalidInput(
                f"“{rest[position:].split()[0][:20]}” cannot be computed. Use numbers, + - * / ^ % and brackets."
            )
        token, position = _token(match, arguments_follow=bool(several and several[-1]))
        if token.text == "(":
            several.append(bool(tokens) and _takes_several(tokens[-1].text))
        elif token.text == ")" and several:
            several.pop()
        tokens.append(token)
    return tokens


def _token(match: re.Match[str], arguments_follow: bool) -> tuple[Token, int]:
    """The token and where it ends. In `max(1,234)` the comma parts arguments, elsewhere thousands."""
    kind, text = str(match.lastgroup), match[str(match.lastgroup)]
    if kind != "grouped":
        return Token(kind, _GAPS.sub("", text) if kind == "number" else text), match.end()
    if not arguments_follow:
        return Token("number", text.replace(",", "")), match.end()
    first = text.partition(",")[0]
    return Token("number", first), match.start("grouped") + len(first)


def _takes_several(name: str) -> bool:
    function = FUNCTIONS.get(name.lower())
    return function is not None and function.most > 1


class _Parser:
    """Recursive descent over the tokens; each method reads one level of precedence."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = [*tokens, END]
        self._at = 0
        self._depth = 0

    def whole(self) -> Decimal:
        if self._next is END:
            raise InvalidInput("The expression is empty. Write something like 15% of 80.")
        value = _plain(self._sum())
        if self._next is not END:
            raise self._unexpected()
        return value

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> str | None:
        """The next token's text when it is one of these, and step over it."""
        text = self._next.text.lower()
        if self._next is END or text not in texts:
            return None
        self._at += 1
        return text

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise InvalidInput(f"“{text}” is missing before {_quoted(self._next)}.")

    def _unexpected(self) -> InvalidInput:
        previous = self._tokens[self._at - 1] if self._at else None
        if self._next.text == "," and previous is not None and previous.kind == "number":
            return InvalidInput("Write decimals with a point (3.5) and thousands as 1,234,567.")
        return InvalidInput(
            f"The expression cannot be read at {_quoted(self._next)}. Check brackets and operators."
        )

    def _sum(self) -> Value:
        value = self._product()
        while sign := self._take("+", "-"):
            right = self._product()
            if isinstance(right, Percent) and isinstance(value, Decimal):
                right = value * right.share
            number = _plain(right)
            value = _plain(value) + (number if sign == "+" else -number)
        return value

    def _product(self) -> Value:
        value = self._signed()
        while operator := self._product_operator():
            value = _OPERATORS[operator](_plain(value), _plain(self._signed()))
        return value

    def _product_operator(self) -> str | None:
        if operator := self._take("*", "/", "//", "%", "mod", "of", "off", "x"):
            return operator
        starts_operand = self._next.text == "(" or self._next.kind == "name"
        return "*" if starts_operand else None

    def _signed(self) -> Value:
        sign = self._take("+", "-")
        if sign is None:
            return self._power()
        value = self._nested(self._signed)
        if sign == "+":
            return value
        return Percent(-value.share) if isinstance(value, Percent) else -value

    def _power(self) -> Value:
        base = self._ending()
        if not self._take("^", "**"):
            return base
        exponent = _plain(self._nested(self._signed))
        return _plain(base) ** exponent

    def _ending(self) -> Value:
        value = self._operand()
        while True:
            if self._next.text == "%" and not self._percent_is_modulo():
                self._at += 1
                value = Percent(_plain(value) / 100)
            elif self._take("!"):
                value = factorial(_plain(value))
            elif self._take("°", "deg", "degrees"):
                value = _plain(value) * CONSTANTS["pi"] / 180
            elif power := self._take("²", "³"):
                value = _plain(value) ** (2 if power == "²" else 3)
            else:
                return value

    def _percent_is_modulo(self) -> bool:
        after = self._tokens[self._at + 1]
        is_word = after.text.lower() in ("of", "off", "x", "mod")
        return after.text in ("(", "√") or (after.kind in ("number", "name") and not is_word)

    def _operand(self) -> Value:
        token = self._next
        self._at += 1
        if token.kind == "number":
            return +Decimal(token.text)
        if token.kind == "name":
            return self._named(token.text.lower())
        if token.text == "√":
            return _plain(self._nested(self._operand)).sqrt()
        if token.text == "(":
            value = self._nested(self._sum)
            self._expect(")")
            return value
        self._at -= 1
        raise self._unexpected()

    def _named(self, name: str) -> Decimal:
        if name in CONSTANTS:
            return of_float(CONSTANTS[name])
        if name not in FUNCTIONS:
            known = ", ".join(sorted(FUNCTIONS))
            raise InvalidInput(
                f"“{name[:20]}” is not known. Use numbers, + - * / ^ %, pi, e and these functions: {known}."
            )
        self._expect("(")
        arguments = [_plain(self._nested(self._sum))]
        while self._take(",", ";"):
            arguments.append(_plain(self._nested(self._sum)))
        self._expect(")")
        return FUNCTIONS[name](arguments)

    def _nested(self, read: Callable[[], Value]) -> Value:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidInput(
                f"More than {MAX_DEPTH} brackets or signs inside one another. Compute it in parts."
            )
        value = read()
        self._depth -= 1
        return value


def _plain(value: Value) -> Decimal:
    return value.share if isinstance(value, Percent) else value


def _quoted(token: Token) -> str:
    return token.text if token is END else f"“{token.text[:20]}”"


_OPERATORS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "*": lambda a, b: a * b,
    "x": lambda a, b: a * b,
    "of": lambda a, b: a * b,
    "off": lambda a, b: b - a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: rounded_down(a / b),
    "%": modulo,
    "mod": modulo,
}
