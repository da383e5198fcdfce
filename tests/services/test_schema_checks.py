"""What a schema asks for that nothing is held against."""

from __future__ import annotations

import pytest

from services.schema_checks import has_patterns, problems


@pytest.mark.parametrize(
    ("schema", "has"),
    [
        ({"properties": {"zip": {"type": "string", "pattern": "^[0-9]+$"}}}, True),
        ({"anyOf": [{"type": "object", "patternProperties": {"^x": {}}}]}, True),
        ({"properties": {"pattern": {"type": "string"}}}, False),
        ({"$defs": {"patternProperties": {"type": "object"}}}, False),
        ({"enum": [{"pattern": "^x"}]}, False),
        ({}, False),
    ],
)
def test_a_schema_has_patterns_where_some_are_not_applied(schema: dict[str, object], has: bool) -> None:
    assert has_patterns(schema) is has


def test_what_has_patterns_is_checked_for_the_rest() -> None:
    schema = {"properties": {"zip": {"type": "string", "pattern": "^[0-9]+$"}}}
    assert has_patterns(schema)
    assert not list(problems({"zip": "none"}, schema))
    assert [problem.message for problem in problems({"zip": 1}, schema)] == ["1 is not of type 'string'"]
