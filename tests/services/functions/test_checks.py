import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import InvalidInput
from services.functions.checks import check_function, check_name, check_parameters, make_function
from services.functions.function_tool import (
    CannedAnswer,
    FunctionTool,
    TypedAnswer,
    definition,
    demo_function,
)
from services.functions.http_operation import HttpOperation
from services.tools.calculator import CALCULATOR

CITY = '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}'


def nested(levels):
    return '{"type": "object", "properties": {"a": ' * levels + "{}" + "}}" * levels


def test_a_function_is_what_a_model_is_told():
    function = make_function(" weather ", " Says the weather. ", CITY, TypedAnswer())
    assert definition(function) == {
        "type": "function",
        "function": {"name": "weather", "description": "Says the weather.", "parameters": json.loads(CITY)},
    }
    strict = make_function("now", "", "", CannedAnswer("noon"), strict=True)
    assert definition(strict)["function"]["strict"] is True
    assert strict.parameters == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }


def test_what_leaves_the_machine_asks_first_unless_the_person_chose_otherwise():
    http = HttpOperation("GET", "https://api.example", "/")
    answers = {"canned": CannedAnswer(""), "typed": TypedAnswer(), "http": http, "demo": CALCULATOR}
    for kind, answer in answers.items():
        function = FunctionTool("f", "", {}, answer)
        assert function.kind == kind
        assert function.needs_approval == (kind == "http")
        assert FunctionTool("f", "", {}, answer, approval=True).needs_approval
        assert not FunctionTool("f", "", {}, answer, approval=False).needs_approval
    assert definition(demo_function(CALCULATOR))["function"]["strict"] is True


@pytest.mark.parametrize("name", ["get_pet", "A-1", "x" * 64])
def test_names_as_openai_takes_them(name):
    check_name(name)


@pytest.mark.parametrize("name", ["", "two words", "né", "a.b", "x" * 65, "a\n", "a/b"])
def test_other_names_are_explained(name):
    with pytest.raises(InvalidInput, match="1 to 64 letters"):
        check_name(name)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{", "not JSON.*line 1"),
        ("[]", "begins with {"),
        ("7", "begins with {"),
        ("{}", "must describe an object"),
        ('{"type": "strin"}', r"no valid JSON Schema at \$\.type"),
        ('{"type": "array"}', "must describe an object"),
        ('{"type": "object", "properties": []}', r"no valid JSON Schema at \$\.properties"),
        ('{"type": "object", "properties": {"a": {"type": "text"}}}', r"\$\.properties\.a\.type"),
        ('{"type": "object", "required": "a"}', r"\$\.required"),
        ('{"type": "object", "properties": {"a": {"minimum": "1"}}}', r"\$\.properties\.a\.minimum"),
        ('{"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}}', "points to nothing"),
        ('{"type": "object", "propertyNames": {"$ref": "http://127.0.0.1/x"}}', "points to nothing"),
        ('{"type": "object", "if": {"$ref": "file:///etc/passwd"}}', "points to nothing"),
        ('{"type": "object", "default": NaN}', "number without end"),
        ('{"type": "object", "description": "\\ud800"}', "half a character"),
        ('{"type": "object", "maxProperties": ' + "9" * 5000 + "}", "number"),
        ('{"type": "object", "description": "' + "x" * 40_000 + '"}', "32,000 is the most"),
        (nested(40), "64 levels"),
        (nested(3000), "characters|deeper"),
        ("[" * 20_000, "deeper|begins"),
        ('{"a":' * 5_000, "deeper|not JSON"),
    ],
)
def test_a_schema_that_is_none_is_told_where(text, hint):
    with pytest.raises(InvalidInput, match=hint) as caught:
        check_parameters(text)
    assert len(caught.value.user_message) < 700


def test_a_strict_schema_must_be_one():
    check_parameters(CITY)
    with pytest.raises(InvalidInput, match="additionalProperties"):
        check_parameters(CITY, strict=True)


def test_references_within_the_schema_are_kept():
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/n"}},
        "$defs": {"n": {"type": "number"}},
    }
    assert check_parameters(json.dumps(schema)) == schema


def test_long_and_broken_texts_are_refused():
    with pytest.raises(InvalidInput, match="1,024 is the most"):
        make_function("f", "x" * 1025, "", TypedAnswer())
    with pytest.raises(InvalidInput, match="100,000 is the most"):
        make_function("f", "", "", CannedAnswer("x" * 5_000_000))
    for description, answer in (("\ud800", ""), ("", "\ud800")):
        with pytest.raises(InvalidInput, match="half a character"):
            make_function("f", description, "", CannedAnswer(answer))


def test_a_function_from_elsewhere_is_checked_like_a_typed_one():
    with pytest.raises(InvalidInput):
        check_function(FunctionTool("f", "", {"type": "array"}, TypedAnswer()))
    with pytest.raises(InvalidInput):
        check_function(FunctionTool("no name", "", {"type": "object"}, TypedAnswer()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["object", "string", "#", "#/a", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "$ref", "items", "required", "enum", "a"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_anything_else_gets_a_sentence_and_no_crash(value):
    with contextlib.suppress(InvalidInput):
        check_parameters(json.dumps(value))
