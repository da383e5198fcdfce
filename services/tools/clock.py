"""Clock and calendar: the time elsewhere, the same moment elsewhere, and reckoning with dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from services.errors import InvalidInput
from services.tools.base import Tool, flat_parameters
from services.tools.dates import parse_date, parse_period, parse_time, shift, workdays_between
from services.tools.zones import find_zone, zone_name

Now = Callable[[], datetime]


def local_now() -> datetime:
    """This moment in this machine's time zone."""
    return datetime.now(UTC).astimezone()


def clock_tools(now: Now = local_now) -> tuple[Tool, Tool, Tool]:
    """The three tools over a source of the present moment, which must know its zone."""
    return _current_time(now), _convert_time(now), _date_calculator(now)


def _current_time(now: Now) -> Tool:
    return Tool(
        name="current_time",
        title="Clock",
        description="The current date, time and weekday in a place. Use it whenever the answer depends on today or now.",
        parameters=flat_parameters(
            place="A city, country or time zone, e.g. 'Tokyo' or 'UTC'; 'local' if none was named"
        ),
        icon=":material/schedule:",
        run=lambda arguments: _described(now().astimezone(_zone(arguments["place"], now))),
    )


def _convert_time(now: Now) -> Tool:
    return Tool(
        name="convert_time",
        title="Time zones",
        description="What a time in one place is in another place, with daylight saving time, e.g. 3 pm New York in Berlin.",
        parameters=flat_parameters(
            time="The time, e.g. '15:30', '3 pm tomorrow' or '2026-07-01 09:00'",
            from_place="Where that time is, e.g. 'New York'",
            to_place="Where to, e.g. 'Berlin'",
        ),
        icon=":material/public:",
        run=lambda arguments: _converted(arguments, now),
    )


def _date_calculator(now: Now) -> Tool:
    return Tool(
        name="date_calculator",
        title="Calendar",
        description=(
            "Reckon with dates: days between two dates, a date some days, weeks, months or years away, "
            "the weekday of a date."
        ),
        parameters=flat_parameters(
            start="The date to start from, e.g. '2026-12-25' or 'today'",
            end_or_period="A second date to count to, or a period to add, e.g. '2027-01-31', '90 days', '-2 weeks'",
        ),
        icon=":material/calendar_month:",
        run=lambda arguments: _reckoned(arguments, now().date()),
    )


def _zone(place: str, now: Now) -> tzinfo:
    is_here = place.strip().lower() in ("", "local", "here", "local time", "my time", "now")
    local = now().tzinfo
    return local if is_here and local is not None else find_zone(place)


def _described(moment: datetime) -> str:
    offset = moment.strftime("%z")
    zone = zone_name(moment.tzinfo) if moment.tzinfo else ""
    return f"{moment:%A, %Y-%m-%d, %H:%M} ({zone}, UTC{offset[:3]}:{offset[3:5]})"


def _converted(arguments: dict[str, Any], now: Now) -> str:
    source, target = _zone(arguments["from_place"], now), _zone(arguments["to_place"], now)
    wall = parse_time(arguments["time"], now().astimezone(source))
    try:
        moment = wall.replace(tzinfo=source)
        there = moment.astimezone(UTC).astimezone(target)
        is_real = moment.astimezone(UTC).astimezone(source).replace(tzinfo=None) == wall
    except OverflowError as error:
        raise InvalidInput("That leads out of the calendar, which goes from year 1 to 9999.") from error
    if not is_real:
        raise InvalidInput(
            f"{wall:%H:%M} does not exist there on {wall.date()}: the clocks go forward. Choose another time."
        )
    second = moment.replace(fold=1)
    note = ""
    if second.utcoffset() != moment.utcoffset():
        note = f" The clocks go back then, so it can also be {_described(second.astimezone(UTC).astimezone(target))}."
    return f"{_described(moment)} is {_described(there)}.{note}"


def _reckoned(arguments: dict[str, Any], today: date) -> str:
    start = parse_date(arguments["start"], today)
    wanted = arguments["end_or_period"]
    if not wanted.strip():
        return f"{_day(start)}."
    period = parse_period(wanted)
    end = parse_date(wanted, today) if period is None else shift(start, period)
    return f"From {_day(start)} to {_day(end)}: {_distance(start, end)}."


def _day(day: date) -> str:
    return f"{day:%A}, {day.isoformat()}"


def _distance(start: date, end: date) -> str:
    days = (end - start).days
    weeks, rest = divmod(abs(days), 7)
    parts = f" ({_counted(weeks, 'week')} and {_counted(rest, 'day')})" if weeks and rest else ""
    parts = parts or (f" ({_counted(weeks, 'week')})" if weeks else "")
    first, last = min(start, end), max(start, end)
    back = " back" if days < 0 else ""
    return (
        f"{_counted(abs(days), 'day')}{back}{parts}, {_counted(workdays_between(first, last), 'working day')}"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
