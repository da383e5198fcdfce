import contextlib
import json
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.errors import InvalidInput
from services.functions.document_text import MAX_NODES, parse_document


def test_json_and_yaml_give_the_same():
    document = {"openapi": "3.1.0", "paths": {"/a": {"get": {"tags": ["x", 1, 1.5, None, True]}}}}
    assert parse_document(json.dumps(document)) == document
    assert parse_document(json.dumps(document, indent=2)) == document
    assert parse_document(yaml.safe_dump(document)) == document


def test_yaml_words_are_words():
    text = "a: no\nb: yes\nc: on\nd: 2024-01-01\ne: 1_000\nf: '5'\ng: !!str 5\nh: 0o17\ni: 1:30\nj: ~\nk:\nl: TRUE\n200: x\ntrue: y"
    assert parse_document(text) == {
        "a": "no", "b": "yes", "c": "on", "d": "2024-01-01", "e": "1_000", "f": "5", "g": "5", "h": "0o17", "i": "1:30",
        "j": None, "k": None, "l": True, "200": "x", "true": "y",
    }  # fmt: skip


def test_anchors_and_merges_are_followed():
    text = "base: &b {x: 1, y: 2}\ncopy: *b\nmore:\n  <<: *b\n  y: 3\n"
    assert parse_document(text) == {
        "base": {"x": 1, "y": 2},
        "copy": {"x": 1, "y": 2},
        "more": {"x": 1, "y": 3},
    }


def bomb(levels):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("- a", "must be an object"),
        ("just words", "must be an object"),
        ("<!doctype html><html></html>", "must be an object|not YAML"),
        ('{"a": }', "not JSON: .* line 1, column 7"),
        ("a: [1, 2", "not YAML at line"),
        ("a: b: c", "not YAML at line 1"),
        ("a: 1\n---\nb: 2", "2 YAML documents"),
        ("a: *nothing", "nothing"),
        ("a: &a [*a]", "contains itself"),
        ("? [1, 2]\n: x", "used as a key"),
        ("a: \0", "not YAML"),
        (bomb(10), f"more than {MAX_NODES:,} values"),
        ("a: " + "[" * 2000 + "]" * 2000, "deeper than 80|not YAML"),
        ('{"a":' * 200 + "1" + "}" * 200, "deeper than 80"),
        ('{"a":' * 20_000, "too deeply|not JSON"),
        ('{"a": ' + "9" * 5000 + "}", "too long"),
        ('{"a": [' + "1," * 300_000 + "1]}", "more than"),
        ("a: '" + "x" * 1_000_001 + "'", "1,000,000 is the most"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_in_time(text, hint):
    started = time.monotonic()
    with pytest.raises(InvalidInput, match=hint):
        parse_document(text)
    assert time.monotonic() - started < 10


def test_no_tag_makes_an_object():
    text = "a: !!python/object/apply:os.system ['echo']\nb: !!python/name:os.system x\nc: !thing 5"
    assert parse_document(text) == {"a": ["echo"], "b": "x", "c": "5"}


def test_half_a_character_becomes_a_question_mark():
    assert parse_document('{"a": "\\ud800 \\ud83d\\ude00"}') == {"a": "? 😀"}
    assert parse_document('a: "x"\nb: "\ud800"') == {"a": "x", "b": "?"}


@given(st.text(st.sampled_from("ab:-{}[]&*!|>'\"\n #?,<~0")))
def test_no_text_crashes_the_reader(text):
    with contextlib.suppress(InvalidInput):
        parse_document(text)
