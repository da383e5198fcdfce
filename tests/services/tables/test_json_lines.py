import json
from datetime import date
from decimal import Decimal

import pytest

from services.documents.refusals import Unreadable


def lines(*values):
    return "\n".join(json.dumps(value) for value in values)


def test_objects_become_records(bench):
    made = bench.load(
        lines({"id": 1, "day": "2024-01-05", "x": 1.5}, {"id": 2, "day": None, "ok": True}), "a.jsonl"
    )
    assert made.names == ["id", "day", "x", "ok"]
    assert made.rows == [(1, date(2024, 1, 5), Decimal("1.5"), None), (2, None, None, True)]


def test_objects_within_become_columns_and_lists_text(bench):
    made = bench.load(
        lines({"user": {"name": "Ann", "city": {"zip": "01067"}}, "tags": ["a", "b"]}), "a.jsonl"
    )
    assert [column.title for column in made.loaded.columns] == ["user.name", "user.city.zip", "tags"]
    assert made.rows == [("Ann", "01067", '["a", "b"]')]


def test_json_lines_are_recognised_whatever_the_name(bench):
    assert bench.load(lines({"a": 1}, {"a": 2}), "export.txt").rows == [(1,), (2,)]


def test_lines_that_are_no_objects_are_left_out_and_counted(bench):
    made = bench.load('{"a": 1}\nnonsense\n[1]\n\n{"a": 2}\n' + "[" * 100_000 + "\n", "a.jsonl")
    assert (made.rows, made.loaded.skipped_rows) == ([(1,), (2,)], 3)
    assert made.loaded.notes == ("3 lines are no JSON objects and were left out.",)


def test_a_file_without_objects_is_refused_with_a_sentence(bench):
    with pytest.raises(Unreadable, match="holds no JSON objects"):
        bench.load("1\n2\n", "a.jsonl")
