"""Attribute filters evaluate as logic says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.filters import admits

values: Any = st.one_of(
    st.integers(-3, 3), st.sampled_from([0.5, -1.5, 2.0]), st.booleans(), st.sampled_from("abc")
)
attributes = st.dictionaries(st.sampled_from("xyz"), values)
comparisons = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]),
            "key": st.sampled_from("xyz"),
            "value": values,
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["in", "nin"]),
            "key": st.sampled_from("xyz"),
            "value": st.lists(values, max_size=3),
        }
    ),
)
conditions: Any = st.recursive(
    comparisons,
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(["and", "or"]), "filters": st.lists(inner, max_size=3)}
    ),
    max_leaves=8,
)


def kind(value: Any) -> str:
    return "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def naive(condition: dict[str, Any], has: dict[str, Any]) -> bool:
    """The same, written as a table of sentences."""
    name = condition["type"]
    if name == "and":
        return not [part for part in condition["filters"] if not naive(part, has)]
    if name == "or":
        return bool([part for part in condition["filters"] if naive(part, has)])
    is_there, value = condition["key"] in has, has.get(condition["key"])
    wanted = condition["value"]
    options = wanted if isinstance(wanted, list) else [wanted]
    equal = is_there and any(kind(value) == kind(option) and value == option for option in options)
    if name in ("eq", "in"):
        return equal
    if name in ("ne", "nin"):
        return not equal
    if not is_there or kind(value) != kind(wanted) or kind(value) == "boolean":
        return False
    return {"gt": value > wanted, "gte": value >= wanted, "lt": value < wanted, "lte": value <= wanted}[name]


@given(conditions, attributes)
def test_a_filter_admits_what_its_sentence_says(condition: dict[str, Any], has: dict[str, Any]) -> None:
    assert admits(condition, has) == naive(condition, has)


@given(attributes)
def test_no_filter_admits_everything(has: dict[str, Any]) -> None:
    assert admits(None, has)


@given(comparisons, attributes)
def test_a_comparison_and_its_opposite_divide_all_files(
    condition: dict[str, Any], has: dict[str, Any]
) -> None:
    opposite = {"eq": "ne", "ne": "eq", "in": "nin", "nin": "in"}.get(condition["type"])
    if opposite:
        assert admits(condition, has) != admits(condition | {"type": opposite}, has)


@pytest.mark.parametrize(("has", "wanted"), [(True, 1), (1, True), (0, False), ("1", 1), (1, "1")])
def test_a_truth_value_is_no_number_and_a_number_no_text(has: Any, wanted: Any) -> None:
    assert not admits({"type": "eq", "key": "x", "value": wanted}, {"x": has})
    assert not admits({"type": "gte", "key": "x", "value": wanted}, {"x": has})
