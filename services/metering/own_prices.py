"""Prices a person sets: `prices.toml` in the data folder. They come before every other, also for models nobody else prices."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from services.errors import InvalidInput, StorageFailed
from services.settings import get_settings

FILE_NAME = "prices.toml"
MAX_FILE_BYTES = 100_000
MAX_PRICES = 500
MAX_CHARS = 200
MAX_USD_PER_MILLION = Decimal(100_000)
MAX_DECIMALS = 12
HEAD = """\
# USD per million tokens, standard tier. cached and cache_write may be left out:
# then they cost what input costs. source and date may be left out too.
"""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FIELDS = ("model", "input", "cached", "cache_write", "output", "source", "date")


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """USD per million tokens of one model. None: cached and written tokens cost what all others sent cost."""

    model: str
    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    cache_write: Decimal | None = None
    source: str = "set by you"
    date: date | None = None


def own_prices() -> tuple[OwnPrice, ...]:
    """The prices that are set. A file that cannot be read counts for nothing; `problem` says what is wrong with it."""
    try:
        return _read()
    except (InvalidInput, StorageFailed):
        return ()


def problem() -> str | None:
    """What is wrong with the price file, in a sentence; None when it is fine or not there."""
    try:
        _read()
    except (InvalidInput, StorageFailed) as error:
        return error.user_message
    return None


def save_own_prices(prices: Iterable[OwnPrice]) -> None:
    """Keep these prices and no others. Raises InvalidInput for what is no price, StorageFailed where the disk cannot."""
    text = to_toml(tuple(prices))
    parse(text.encode())
    path = _path()
    draft = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise StorageFailed(
            f"The prices could not be written to {path.parent}: {error.strerror}. Free some space or mend its rights."
        ) from error


def to_toml(prices: Sequence[OwnPrice]) -> str:
    """The prices as a file, to be read by `parse`."""
    return HEAD + "".join(f"\n[[price]]\n{_entry(price)}" for price in prices)


def parse(data: bytes) -> tuple[OwnPrice, ...]:
    """The prices in a file. Raises InvalidInput with a sentence that says what in it is wrong."""
    if len(data) > MAX_FILE_BYTES:
        raise InvalidInput(f"A price file has at most {MAX_FILE_BYTES // 1000} kB. This one is larger.")
    try:
        entries = tomllib.loads(data.decode("utf-8-sig")).get("price", [])
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it is no text in UTF-8"
        raise InvalidInput(f"The price file is no TOML: {what}. Nothing of it was taken.") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidInput("A price file lists its prices under [[price]]. Nothing of it was taken.")
    if len(entries) > MAX_PRICES:
        raise InvalidInput(f"A price file has at most {MAX_PRICES} prices. Nothing of it was taken.")
    prices = tuple(as_price(entry, place) for place, entry in enumerate(entries, 1))
    _check_once_each(prices)
    return prices


def as_price(entry: dict[str, Any], place: int) -> OwnPrice:
    """One entry, the `place`th of its file or table. Raises InvalidInput."""
    model = _text(entry.get("model"))
    if not model:
        raise InvalidInput(
            f"Price {place} names no model. Give the id that you send, such as gpt-6-luna or llama3."
        )
    if strange := sorted(set(entry) - set(_FIELDS)):
        raise InvalidInput(
            f"The price of {model} has an entry {strange[0]!r}. Known are {', '.join(_FIELDS)}."
        )
    sent, written = _usd(entry, "input", model), _usd(entry, "output", model)
    if sent is None or written is None:
        raise InvalidInput(f"The price of {model} needs input and output, in USD per million tokens.")
    day = entry.get("date")
    if day is not None and type(day) is not date:
        raise InvalidInput(f"The date of {model}'s price is written as 2026-11-25, without quotes.")
    source = _text(entry.get("source")) or "set by you"
    return OwnPrice(
        model, sent, written, _usd(entry, "cached", model), _usd(entry, "cache_write", model), source, day
    )


def _check_once_each(prices: Sequence[OwnPrice]) -> None:
    seen: set[str] = set()
    for price in prices:
        if price.model in seen:
            raise InvalidInput(f"{price.model} is priced twice. Keep one of the two.")
        seen.add(price.model)


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_CHARS or _CONTROL.search(value):
        raise InvalidInput(
            f"Models and sources are names on one line, of at most {MAX_CHARS} characters, in quotes."
        )
    return value.strip()


def _usd(entry: dict[str, Any], name: str, model: str) -> Decimal | None:
    value = entry.get(name)
    if value is None:
        return None
    wrong = InvalidInput(
        f"The price of {model}: {name} is {str(value)[:40]!r}, but should be a number from 0 to {MAX_USD_PER_MILLION:,}, "
        "in USD per million tokens."
    )
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise wrong
    try:
        usd = Decimal(str(value)).normalize()
    except InvalidOperation:
        raise wrong from None
    if not usd.is_finite() or not 0 <= usd <= MAX_USD_PER_MILLION:
        raise wrong
    if int(usd.as_tuple().exponent) < -MAX_DECIMALS:
        raise wrong
    return usd


def _entry(price: OwnPrice) -> str:
    lines = [f"model = {_quoted(price.model)}"]
    for name in ("input", "cached", "cache_write", "output"):
        usd: Decimal | None = getattr(price, name)
        if usd is not None:
            lines.append(f'{name} = "{usd:f}"')
    lines.append(f"source = {_quoted(price.source)}")
    if price.date is not None:
        lines.append(f"date = {price.date.isoformat()}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's.
    return json.dumps(text, ensure_ascii=False)


def _path() -> Path:
    return get_settings().home / FILE_NAME


def _read() -> tuple[OwnPrice, ...]:
    path = _path()
    try:
        stat = path.stat()
        return _parsed(path, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StorageFailed(f"{path} cannot be read: {error.strerror}. Mend its rights.") from error


@lru_cache(maxsize=8)
def _parsed(path: Path, _changed_ns: int, _size: int) -> tuple[OwnPrice, ...]:
    with path.open("rb") as file:
        return parse(file.read(MAX_FILE_BYTES + 1))
