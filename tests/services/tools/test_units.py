import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import InvalidInput
from services.tools.units import convert


@pytest.mark.parametrize(
    ("amount", "source", "target", "result"),
    [
        ("5", "miles", "km", "8.04672 kilometer"),
        ("72", "fahrenheit", "celsius", "22.22222222 °C"),
        ("-40", "°C", "°F", "-40 °F"),
        ("0", "celsius", "kelvin", "273.15 kelvin"),
        ("1,000", "sq ft", "m2", "92.90304 meter²"),
        ("2", "square meters", "square feet", "21.52782083 foot²"),
        ("1", "GB", "MiB", "953.6743164 mebibyte"),
        ("100", "Mbps", "MB/s", "12.5 megabyte/second"),
        ("30", "mpg", "L/100km", "7.840486111 liter per 100 km"),
        ("7.84", "l/100 km", "mpg", "30.00"),
        ("180", "lbs", "kg", "81.6466266 kilogram"),
        ("1", "cup", "ml", "236.5882365 milliliter"),
        ("100", "km/h", "mph", "62.13711922 mile/hour"),
        ("90", "km per hour", "m/s", "25 meter/second"),
        ("0.1", "m", "cm", "10 centimeter"),
        ("1", "Kilogram", "Pound", "2.204622622 pound"),
        ("500", "kcal", "kJ", "2092 kilojoule"),
        ("1", "week", "hours", "168 hour"),
        ("1", "acre", "hectare", "0.404687261 hectare|0.4046856422 hectare"),
    ],
)
def test_conversions_people_ask_for(amount, source, target, result):
    answer = convert(amount, source, target)
    assert any(answer.partition(" = ")[2].startswith(r) for r in result.split("|")), answer


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("5", "kilometre2r", "mile"), "not known"),
        (("5", "killometer", "mile"), "Did you mean kilometer|Did you mean"),
        (("5", "kg", "meter"), "one measures mass, the other length"),
        (("five", "kg", "pound"), "not a number"),
        (("nan", "kg", "pound"), "not a number"),
        (("1e999", "kg", "pound"), "not a number"),
        (("5", "", "pound"), "Name both units"),
        (("5", "__import__('os')", "pound"), "not known"),
        (("5", "meter**99999999", "pound"), "not known"),
        (("5", "9**9**9", "pound"), "not known"),
        (("0", "mpg", "l/100km"), "not a number"),
    ],
)
def test_what_cannot_be_converted_gets_a_sentence(arguments, hint):
    with pytest.raises(InvalidInput, match=hint):
        convert(*arguments)


UNITS = st.text(max_size=15) | st.text("kmegrt*/^()12 ", max_size=15)


@given(st.text(max_size=10) | st.just("1"), UNITS, UNITS)
def test_any_words_are_converted_or_refused_with_a_sentence(amount, source, target):
    try:
        assert " = " in convert(amount, source, target)
    except InvalidInput as error:
        assert error.user_message.endswith((".", "?"))
