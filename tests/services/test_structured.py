import json
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import InvalidInput
from services.structured import check_schema, make_strict, parse_schema, validate_answer

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "object", "properties": {"t": {"type": "string"}}}},
        "boss": {"$ref": "#/$defs/Boss"},
        "kind": {"enum": ["a", "b"]},
    },
    "required": ["name"],
    "$defs": {"Boss": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
}
STRICT = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "array", "items": {"type": "integer"}}},
    "required": ["city", "people"],
    "additionalProperties": False,
}


def test_a_strict_schema_is_taken_as_it_is():
    assert check_schema(json.dumps(STRICT)) == STRICT


def test_any_schema_of_an_object_can_be_made_strict():
    strict = make_strict(PERSON)
    assert check_schema(json.dumps(strict)) == strict
    assert strict["required"] == ["name", "age", "tags", "boss", "kind"]
    assert strict["properties"]["name"] == {"type": "string"}
    assert strict["properties"]["age"] == {"type": ["integer", "null"]}
    assert strict["properties"]["boss"]["anyOf"][1] == {"type": "null"}
    assert make_strict(strict) == strict
    assert "additionalProperties" not in PERSON


def test_what_was_optional_may_be_null_afterwards():
    schema = make_strict({"type": "object", "properties": {"a": {"type": "string"}, "b": {"enum": [1]}}})
    assert validate_answer('{"a": null, "b": null}', schema) == []


def nested(levels):
    schema = {"type": "string"}
    for _ in range(levels):
        schema = {
            "type": "object",
            "properties": {"a": schema},
            "required": ["a"],
            "additionalProperties": False,
        }
    return schema


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "empty"),
        ("hello", "not JSON: expecting value at line 1, column 1"),
        ('{\n  "type": "object",\n}', "line 3, column 1|line 2"),
        ("[1]", "is an object"),
        ('"object"', "is an object"),
        ('{"type": "objekt"}', r"no valid JSON Schema at \$\.type"),
        ('{"type": "object", "properties": []}', r"no valid JSON Schema at \$\.properties"),
        ('{"type": "array", "items": {"type": "string"}}', "must describe an object"),
        ("{}", "must describe an object"),
        ('{"type": "object", "properties": {}}', '"additionalProperties": false'),
        (json.dumps({**STRICT, "required": ["city"]}), "missing: people"),
        (json.dumps({**STRICT, "allOf": []}), "valid JSON Schema|allOf"),
        (json.dumps({**STRICT, "oneOf": [{"type": "object"}]}), "oneOf"),
        (
            json.dumps({**STRICT, "properties": {"city": {"$ref": "#/$defs/X"}, "people": {}}}),
            "points to nothing",
        ),
        (json.dumps(nested(12)), "deeper than the 10 levels"),
        ("[" * 100_000, "nested|not JSON"),
        (" " * 200_000, "longer than"),
    ],
)
def test_what_is_no_usable_schema_gets_a_place_and_an_advice(text, hint):
    with pytest.raises(InvalidInput, match=hint):
        check_schema(text)


def test_a_path_leads_to_the_inner_problem():
    inner = {**STRICT, "properties": {"city": {"type": "object"}, "people": {"type": "integer"}}}
    with pytest.raises(InvalidInput, match=r"\$\.properties\.city: "):
        check_schema(json.dumps(inner))


def test_an_answer_that_fits_has_no_problems():
    assert validate_answer('{"city": "Oslo", "people": [1]}', STRICT) == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ('{"city": "Oslo", "people": ["x"]}', "$.people[0]: 'x' is not of type 'integer'."),
        ('{"city": "Oslo"}', "$: 'people' is a required property."),
        (
            '{"city": "Oslo", "peo',
            "The answer is not JSON: unterminated string at line 1, column 18.",
        ),
        ("Sure, here you go", "The answer is not JSON: expecting value at line 1, column 1."),
    ],
)
def test_an_answer_that_does_not_fit_is_told_where(answer, problem):
    assert validate_answer(answer, STRICT) == [problem]


def test_endless_problems_are_counted_not_listed():
    answer = json.dumps({"city": "x", "people": ["x"] * 100})
    problems = validate_answer(answer, STRICT)
    assert len(problems) == 21
    assert problems[-1] == "… and 80 more."


def test_a_reference_to_itself_does_not_run_forever():
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert check_schema(json.dumps(schema)) == schema
    assert validate_answer('{"a": {"a": 1}}', schema) == ["$.a.a: 1 is not of type 'object'."]
    assert validate_answer("{}", {"$ref": "#"}) == [
        "The schema itself cannot be applied; check its references."
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "items", "required", "$ref", "anyOf", "enum", "object"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.text(max_size=20))
def test_any_json_is_a_schema_or_a_sentence(value, answer):
    try:
        schema = check_schema(json.dumps(value))
    except InvalidInput as error:
        assert error.user_message.endswith(".")
    else:
        assert isinstance(validate_answer(answer, schema), list)


def test_a_schema_cannot_send_the_checker_to_an_address():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        reference = {"$ref": f"http://127.0.0.1:{server.getsockname()[1]}/secret"}
        schema = {**STRICT, "propertyNames": reference}
        assert validate_answer('{"city": "Oslo", "people": []}', schema) == [
            "The schema itself cannot be applied; check its references."
        ]
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_number_too_long_for_python_is_said():
    digits = "9" * 5000
    with pytest.raises(InvalidInput, match="number too long"):
        check_schema(f'{{"type": "object", "maxProperties": {digits}}}')
    assert "number too long" in validate_answer(digits, STRICT)[0]


def test_a_schema_need_not_be_strict_to_be_one():
    loose = '{"type": "object", "properties": {"a": {"type": "string"}}}'
    assert parse_schema(loose)["properties"] == {"a": {"type": "string"}}
    with pytest.raises(InvalidInput, match="must describe an object"):
        parse_schema('{"type": "string"}')


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(", "(?<=a)*"])
def test_a_pattern_can_neither_freeze_nor_break_the_check(pattern):
    """A regular expression cannot be interrupted, and while it runs nobody else is served."""
    bait = "a" * 60 + "!"
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}
    started = time.monotonic()
    assert validate_answer(json.dumps({"a": bait}), schema) == []
    assert validate_answer('{"a": 5}', schema) == ["$.a: 5 is not of type 'string'."]
    assert time.monotonic() - started < 2


def test_entangled_references_end():
    definitions = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(40)} | {"d40": {}}
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": definitions}
    assert validate_answer('{"a": 1}', schema) == [
        "The schema itself cannot be applied; check its references."
    ]
