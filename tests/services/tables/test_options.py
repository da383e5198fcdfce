import pytest

from services.errors import InvalidInput
from services.tables.options import checked
from services.tables.shapes import ReadOptions


@pytest.mark.parametrize(
    "options",
    [
        {"delimiter": ";;"},
        {"delimiter": "\n"},
        {"quote": "ab"},
        {"delimiter": '"', "quote": '"'},
        {"decimal": "x"},
        {"thousands": "7"},
        {"decimal": ",", "thousands": ","},
        {"date_format": "day"},
        {"date_format": "%Q"},
        {"date_format": "%d'); DROP"},
        {"types": {"a": "money"}},
    ],
)
def test_options_that_nothing_can_be_read_with_are_refused(options):
    with pytest.raises(InvalidInput) as refused:
        checked(ReadOptions(**options))
    assert refused.value.user_message.endswith(".")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"delimiter": "\t", "quote": "", "encoding": "cp1252", "has_header": False},
        {"decimal": ",", "thousands": ".", "date_format": "%d.%m.%y %H:%M"},
        {"delimiter": "", "encoding": "", "date_format": "", "thousands": "", "sheet": ""},
        {"types": {"a": "timestamp"}},
    ],
)
def test_options_of_a_person_and_those_that_came_back_are_taken(options):
    assert checked(ReadOptions(**options)) == ReadOptions(**options)
