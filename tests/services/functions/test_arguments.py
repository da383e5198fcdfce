import json
import time

import pytest

from services.errors import InvalidInput
from services.functions.arguments import MAX_ARGUMENTS_CHARS, parse_arguments

PET = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}


def test_arguments_that_fit_are_given():
    assert parse_arguments('{"name": "Rex", "age": 3}', PET) == {"name": "Rex", "age": 3}
    assert parse_arguments("  ", {"type": "object"}) == {}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "'name' is a required property. The function takes: name, age."),
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        ('"Rex"', "no JSON object"),
        ('{"name": 5}', "$.name: 5 is not of type 'string'"),
        ('{"name": "Rex", "age": -1}', "$.age: -1 is less than the minimum"),
        ('{"name": "Rex", "colour": 1}', "'colour' was unexpected"),
        ("[" * 50_000, "not JSON"),
        ("9" * 5_000, "not JSON"),
        ('{"name": "' + "x" * MAX_ARGUMENTS_CHARS + '"}', "longer than"),
    ],
)
def test_what_does_not_fit_is_a_sentence_for_the_model(text, hint):
    with pytest.raises(InvalidInput) as caught:
        parse_arguments(text, PET)
    assert hint in caught.value.user_message


def test_a_function_without_arguments_says_so():
    with pytest.raises(InvalidInput, match="takes no arguments"):
        parse_arguments('{"a": 1}', {"type": "object", "additionalProperties": False})


@pytest.mark.parametrize("place", ["pattern", "patternProperties"])
def test_an_endless_pattern_stops_nothing(place):
    """Whoever writes a schema could otherwise hold up the whole process: a regular expression cannot be interrupted."""
    evil = "^(a+)+$"
    part = (
        {"pattern": evil}
        if place == "pattern"
        else {"patternProperties": {evil: {}}, "additionalProperties": False}
    )
    schema = {"type": "object", "properties": {"x": {"type": ["string", "object"], **part}}}
    bait = "a" * 60 + "!"
    started = time.monotonic()
    parse_arguments(json.dumps({"x": bait if place == "pattern" else {bait: 1}}), schema)
    assert time.monotonic() - started < 1


def test_a_property_called_pattern_is_checked_like_any_other():
    schema = {"type": "object", "properties": {"pattern": {"type": "string"}}, "required": ["pattern"]}
    with pytest.raises(InvalidInput, match=r"\$\.pattern"):
        parse_arguments('{"pattern": 5}', schema)


def test_entangled_references_end():
    definitions = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(40)} | {"d40": {}}
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": definitions}
    with pytest.raises(InvalidInput, match="too entangled"):
        parse_arguments('{"a": 1}', schema)


def test_a_schema_that_contains_itself_is_followed_as_deep_as_the_arguments():
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/n"}}, "additionalProperties": False}
    schema = {"type": "object", "properties": {"first": {"$ref": "#/$defs/n"}}, "$defs": {"n": node}}
    parse_arguments('{"first": {"next": {"next": {}}}}', schema)
    with pytest.raises(InvalidInput, match="was unexpected"):
        parse_arguments('{"first": {"next": {"other": {}}}}', schema)


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/x", "file:///etc/passwd", "#/nowhere"])
def test_no_reference_leads_out_of_the_schema(reference):
    with pytest.raises(InvalidInput, match=r"refers to something|too entangled"):
        parse_arguments(
            '{"a": 1}', {"type": "object", "propertyNames": {"$ref": reference}, "not": {"$ref": "#"}}
        )
