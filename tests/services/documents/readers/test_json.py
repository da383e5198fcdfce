from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.readers.json import laid_out
from tests.services.documents.conftest import Extracted

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_json_in_lines_stays_as_it_is_but_for_escapes(extracted: Extracted) -> None:
    text = '{\n  "name": "Gr\\u00fc\\u00dfe \\ud83d\\ude00",\n  "price": 1.10\n}'
    document = extracted("a.json", text)
    assert (document.kind, document.text) == ("json", '{\n  "name": "Grüße 😀",\n  "price": 1.10\n}')


def test_json_on_one_line_is_laid_out(extracted: Extracted) -> None:
    text = '{"a":[1.10,{"b":"x, {y}"}],"c":{},"d":[],' + f'"e":"{"long " * 200}"}}'
    lines = ["{", ' "a": [', "  1.10,", "  {", '   "b": "x, {y}"', "  }", " ],", ' "c": {},', ' "d": [],']
    assert extracted("a.json", text).text.split("\n")[:9] == lines


@given(VALUES)
def test_laying_out_changes_no_value(value: object) -> None:
    assert json.loads("".join(laid_out(json.dumps(value)))) == value


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000 + "]" * 100_000, '"' + '\\"' * 500_000, "[1" + ",1" * 200_000, '{"a" ' * 50_000],
    ids=["deep", "quotes", "long", "broken"],
)
def test_no_json_is_too_much(extracted: Extracted, text: str) -> None:
    assert extracted("a.json", text).text
