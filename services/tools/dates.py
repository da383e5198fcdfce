"""Dates, times and periods as people write them."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.errors import InvalidInput

MAX_CHARS = 80

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%Y %B %d",
)  # fmt: skip
_NUMBERS = {
    "a": "1", "an": "1", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_PERIOD_WORDS = {"and", "ago", "before", "earlier", "from", "now", "later", "after", "in", "plus"}
_PERIOD = re.compile(
    r"([+-]?)\s*(\d{1,7})\s*(business days?|workdays?|working days?|days?|weeks?|months?|years?|d|w|y)\b"
)
_TIME = re.compile(
    r"(?:(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s*(am|pm|a\.m\.|p\.m\.)?|(noon|midday|midnight))(?!\d)"
)
_ISO_T = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](?=\d)")
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?|\d{1,2}\s*[ap]\.?m\.?|noon|midday|midnight"
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of calendar time; negative numbers lead back."""

    months: int = 0
    days: int = 0
    workdays: int = 0


def parse_date(text: str, today: date) -> date:
    """A date such as 2026-12-25, 25 December 2026, tomorrow or next friday. Raises InvalidInput."""
    words = _simplified(text)
    relative = {"": 0, "today": 0, "now": 0, "tomorrow": 1, "yesterday": -1}.get(words)
    if relative is not None:
        return today + timedelta(days=relative)
    weekday = words.removeprefix("next ").removeprefix("this ").removeprefix("on ")
    if weekday in _WEEKDAYS:
        return today + timedelta(days=(_WEEKDAYS.index(weekday) - today.weekday() - 1) % 7 + 1)
    if slashed := _SLASHED.fullmatch(words):
        return _american_or_not(text, *map(int, slashed.groups()))
    for form in _FORMATS:
        for candidate in (words, f"{words} {today.year}"):
            try:
                return datetime.strptime(candidate, form).date()
            except ValueError:
                continue
    raise InvalidInput(
        f"“{text.strip()[:MAX_CHARS]}” is no date. Write it as year-month-day, such as {today}."
    )


def parse_time(text: str, now: datetime) -> datetime:
    """A day and time without a zone: `15:30`, `3 pm tomorrow`, `2026-07-01 09:00`, `now`. Raises InvalidInput."""
    words = _simplified(_ISO_T.sub(r"\1 ", text.strip()))
    if words in ("", "now"):
        return now.replace(tzinfo=None, second=0, microsecond=0)
    day, rest = _split_day(words)
    found = _TIME.fullmatch(rest)
    if found is None:
        raise InvalidInput(f"“{text.strip()[:MAX_CHARS]}” is no time. Write it as 15:30 or 2026-07-01 15:30.")
    return datetime.combine(parse_date(day, now.date()), _clock_time(found, text))


def parse_period(text: str) -> Period | None:
    """A period such as `90 days`, `-2 weeks` or `1 year and 3 months ago`; None when the text is none."""
    words = " ".join(_NUMBERS.get(word, word) for word in _simplified(text).split())
    is_back = words.endswith((" ago", " before", " earlier"))
    if re.fullmatch(r"[+-]?\d{1,7}", words):
        words += " days"
    total = Period()
    rest = words
    for match in _PERIOD.finditer(words):
        count = -int(match[2]) if (match[1] == "-") != is_back else int(match[2])
        total = _added(total, match[3], count)
        rest = rest.replace(match[0], "", 1)
    is_whole = bool(_PERIOD.search(words)) and not set(rest.split()) - _PERIOD_WORDS
    return total if is_whole else None


def shift(start: date, period: Period) -> date:
    """`start` moved by a period; the 31st becomes the last day of a shorter month. Raises InvalidInput past year 9999."""
    try:
        year, month = divmod(start.year * 12 + start.month - 1 + period.months, 12)
        day = min(start.day, calendar.monthrange(year, month + 1)[1])
        moved = date(year, month + 1, day) + timedelta(days=period.days)
        return _by_workdays(moved, period.workdays)
    except (OverflowError, ValueError, calendar.IllegalMonthError) as error:
        raise InvalidInput("That leads out of the calendar, which goes from year 1 to 9999.") from error


def workdays_between(start: date, end: date) -> int:
    """Mondays to Fridays after `start` up to and with `end`; holidays are not known."""
    weeks, rest = divmod((end - start).days, 7)
    return weeks * 5 + sum((start.weekday() + 1 + n) % 7 < 5 for n in range(rest))


def _simplified(text: str) -> str:
    if len(text) > MAX_CHARS:
        raise InvalidInput(f"A date or time has at most {MAX_CHARS} characters.")
    words = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text.lower().replace("−", "-"))
    return " ".join(re.sub(r",|\bof\b|\bthe\b", " ", words).split())


def _american_or_not(text: str, first: int, second: int, year: int) -> date:
    if first <= 12 and second <= 12 and first != second:
        raise InvalidInput(f"“{text.strip()}” can be read in two ways. Write it as year-month-day.")
    month, day = (first, second) if second > 12 else (second, first)
    try:
        return date(year, month, day)
    except ValueError as error:
        raise InvalidInput(f"“{text.strip()}” is not in the calendar. Write it as year-month-day.") from error


def _split_day(words: str) -> tuple[str, str]:
    """The day and the time of day, whichever comes first."""
    if at_end := re.fullmatch(rf"(.*?)\s*(?:\bat\s+)?\b({_CLOCK})", words):
        return at_end[1], at_end[2]
    if at_start := re.fullmatch(rf"(?:at\s+)?({_CLOCK})\s+(?:on\s+)?(.+)", words):
        return at_start[2], at_start[1]
    return "", words


def _clock_time(found: re.Match[str], text: str) -> time:
    if found[4]:
        return time(0 if found[4] == "midnight" else 12)
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "")[:1]
    if minute > 59 or hour > (12 if half else 23) or (half and hour == 0):
        raise InvalidInput(f"“{text.strip()}” is not a time of day. Write it as 15:30 or 3:30 pm.")
    return time(hour % 12 + (12 if half == "p" else 0) if half else hour, minute)


def _added(period: Period, unit: str, count: int) -> Period:
    if unit.startswith(("business", "work")):
        return Period(period.months, period.days, period.workdays + count)
    months = {"m": 1, "y": 12}.get(unit[0], 0)
    days = {"d": 1, "w": 7}.get(unit[0], 0)
    return Period(period.months + months * count, period.days + days * count, period.workdays)


def _by_workdays(start: date, count: int) -> date:
    step = timedelta(days=1 if count > 0 else -1)
    day = start
    while count and day.weekday() >= 5:
        day -= step
    weeks, rest = divmod(abs(count), 5)
    day += step * 7 * weeks
    while rest:
        day += step
        rest -= day.weekday() < 5
    return day
