"""Structured output: a JSON Schema as a person types it, and answers held against it."""

from __future__ import annotations

from typing import Any


def check_schema(text: str) -> dict[str, Any]:
    """The schema in `text`, ready for strict structured output. Raises InvalidInput saying where and what to do."""
    raise NotImplementedError


def make_strict(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema` with every object closed and all its properties required, as strict mode wants it."""
    raise NotImplementedError


def validate_answer(text: str, schema: dict[str, Any]) -> list[str]:
    """What is wrong with an answer, in sentences with a JSON path each; empty when it fits."""
    raise NotImplementedError
