import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import InvalidInput
from services.tools.base import call
from services.tools.clock import clock_tools
from services.tools.dates import Period, parse_date, parse_period, parse_time, shift, workdays_between
from services.tools.zones import find_zone, zone_name

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=ZoneInfo("Europe/Berlin"))
TODAY = NOW.date()  # a Sunday
CLOCK, ZONES, CALENDAR = clock_tools(lambda: NOW)


def ask(tool, **arguments):
    return call(tool, json.dumps(arguments)).text


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        ("Tokyo", "Monday, 2026-11-23, 07:30 (Asia/Tokyo, UTC+09:00)"),
        ("local", "Sunday, 2026-11-22, 23:30 (Europe/Berlin, UTC+01:00)"),
        ("UTC", "Sunday, 2026-11-22, 22:30 (UTC, UTC+00:00)"),
        ("Mumbai", "Monday, 2026-11-23, 04:00 (Asia/Kolkata, UTC+05:30)"),
        ("utc-3:30", "Sunday, 2026-11-22, 19:00 (UTC-03:30, UTC-03:30)"),
    ],
)
def test_the_time_in_a_place(place, answer):
    assert ask(CLOCK, place=place) == answer


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("new york", "America/New_York"),
        ("New York, USA", "America/New_York"),
        ("America/New_York", "America/New_York"),
        ("San Francisco", "America/Los_Angeles"),
        ("PST", "America/Los_Angeles"),
        ("EST", "America/New_York"),
        ("in Munich", "Europe/Berlin"),
        ("Germany", "Europe/Berlin"),
        ("India", "Asia/Kolkata"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Beijing time", "Asia/Shanghai"),
        ("Kiev", "Europe/Kyiv"),
        ("GMT", "UTC"),
        ("UTC+2", "UTC+02:00"),
        ("+0530", "UTC+05:30"),
    ],
)
def test_places_as_people_name_them(place, zone):
    assert zone_name(find_zone(place)) == zone


def test_an_unknown_place_gets_near_ones():
    assert "Did you mean berlin" in ask(CLOCK, place="Berlinn")
    assert "large city nearby" in ask(CLOCK, place="Atlantis under the sea")
    assert "between -12 and +14" in ask(CLOCK, place="UTC+99")


@pytest.mark.parametrize(
    ("time", "source", "target", "answer"),
    [
        # Between the two changes in March New York is on summer time and Berlin is not yet.
        ("2026-03-15 09:00", "New York", "Berlin", "14:00 (Europe/Berlin, UTC+01:00)"),
        ("2026-07-01 09:00", "New York", "Berlin", "15:00 (Europe/Berlin, UTC+02:00)"),
        ("2026-07-01T09:00:00", "New York", "London", "14:00 (Europe/London, UTC+01:00)"),
        ("3 pm tomorrow", "Berlin", "Tokyo", "Monday, 2026-11-23, 23:00"),
        ("tomorrow at 3:30pm", "Berlin", "Tokyo", "Monday, 2026-11-23, 23:30"),
        ("noon", "Sydney", "UTC", "01:00 (UTC"),
        ("12 am", "UTC", "UTC", "00:00"),
        ("9:00 on 25 December 2026", "UTC", "Tokyo", "Friday, 2026-12-25, 18:00"),
        ("now", "local", "Honolulu", "Sunday, 2026-11-22, 12:30"),
    ],
)
def test_a_time_elsewhere_with_daylight_saving(time, source, target, answer):
    assert answer in ask(ZONES, time=time, from_place=source, to_place=target).partition(" is ")[2]


def test_an_hour_that_is_skipped_or_happens_twice_is_pointed_out():
    skipped = ask(ZONES, time="2026-03-29 02:30", from_place="Berlin", to_place="UTC")
    twice = ask(ZONES, time="2026-10-25 02:30", from_place="Berlin", to_place="UTC")
    assert skipped.startswith("Error: 02:30 does not exist")
    assert "00:30 (UTC" in twice
    assert "01:30 (UTC" in twice


@pytest.mark.parametrize(
    ("start", "wanted", "answer"),
    [
        ("2026-12-25", "", "Friday, 2026-12-25."),
        ("today", "2026-12-25", "to Friday, 2026-12-25: 33 days (4 weeks and 5 days), 25 working days."),
        ("today", "90 days", "to Saturday, 2027-02-20: 90 days (12 weeks and 6 days), 65 working days."),
        ("2026-01-31", "1 month", "to Saturday, 2026-02-28:"),
        ("2024-02-29", "1 year", "to Friday, 2025-02-28:"),
        ("today", "-2 weeks", "to Sunday, 2026-11-08: 14 days back (2 weeks)"),
        ("today", "two weeks ago", "to Sunday, 2026-11-08:"),
        ("today", "1 year and 3 months", "to Tuesday, 2028-02-22:"),
        ("2026-11-20", "3 business days", "to Wednesday, 2026-11-25:"),
        ("tomorrow", "next friday", "to Friday, 2026-11-27: 4 days, 4 working days."),
        ("2026-11-22", "0 days", "to Sunday, 2026-11-22: 0 days"),
        ("2026-11-22", "2026-11-22", "0 days, 0 working days."),
    ],
)
def test_reckoning_with_dates(start, wanted, answer):
    assert answer in ask(CALENDAR, start=start, end_or_period=wanted)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("25 December 2026", date(2026, 12, 25)),
        ("Dec 25th, 2026", date(2026, 12, 25)),
        ("the 25th of December", date(2026, 12, 25)),
        ("25.12.2026", date(2026, 12, 25)),
        ("12/25/2026", date(2026, 12, 25)),
        ("25/12/2026", date(2026, 12, 25)),
        ("February 29 2028", date(2028, 2, 29)),
        ("yesterday", date(2026, 11, 21)),
        ("sunday", date(2026, 11, 29)),
    ],
)
def test_dates_as_people_write_them(text, day):
    assert parse_date(text, TODAY) == day


@pytest.mark.parametrize(
    ("text", "hint"),
    [("3/4/2026", "two ways"), ("2026-02-30", "no date"), ("someday", "no date"), ("x" * 100, "at most 80")],
)
def test_dates_that_cannot_be_read_get_a_sentence(text, hint):
    with pytest.raises(InvalidInput, match=hint):
        parse_date(text, TODAY)


def test_the_calendar_ends_at_the_year_9999():
    assert "year 1 to 9999" in ask(CALENDAR, start="today", end_or_period="9999999 years")
    assert "year 1 to 9999" in ask(CALENDAR, start="today", end_or_period="9999999 business days")


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-300, 300))
def test_working_days_added_are_working_days_counted(start, count):
    moved = shift(start, Period(workdays=count))
    assert count == 0 or moved.weekday() < 5
    if count > 0:
        assert workdays_between(start, moved) == count


@given(st.text(max_size=40) | st.text("0123456789:/-. apmdaysweekto", max_size=25))
def test_any_text_is_a_date_a_time_a_period_or_a_sentence(text):
    for parse in (lambda: parse_date(text, TODAY), lambda: parse_time(text, NOW), lambda: parse_period(text)):
        try:
            parse()
        except InvalidInput as error:
            assert error.user_message.endswith(".")


@given(st.text(max_size=40))
def test_any_place_is_a_zone_or_a_sentence(text):
    try:
        assert zone_name(find_zone(text))
    except InvalidInput as error:
        assert error.user_message.endswith((".", "?"))
