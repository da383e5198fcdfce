"""The SDK's types as the schemas of one document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import TypeAdapter

from services.server.operations import MODELS, Operation
from services.server.rules.schema import loaded

Schema = dict[str, Any]
Use = Literal["request", "response", "streams"]
REF = "#/components/schemas/{model}"


class Schemas:
    """What goes into and comes out of operations. The SDK has several types of one name: here each has its own."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        operations = list(operations)
        adapters = [entry for operation in operations for entry in _adapters(operation)]
        self._found, document = TypeAdapter.json_schemas(adapters, ref_template=REF)
        self.definitions: dict[str, Schema] = document["$defs"]
        for operation in operations:
            if (
                f"{operation.name} request",
                "validation",
            ) in self._found and operation not in MODELS.values():
                self._close(self.of(operation, "request"))

    def of(self, operation: Operation, use: Use) -> Schema:
        """A reference to the schema of what an operation takes, answers or streams."""
        return self._found[f"{operation.name} {use}", _mode(use)]

    def _close(self, schema: Any, seen: set[str] | None = None) -> None:
        """Say that a request may have no names but those it describes; an upstream may know more than the SDK."""
        seen = set() if seen is None else seen
        if isinstance(schema, list):
            for part in schema:
                self._close(part, seen)
        if not isinstance(schema, dict):
            return
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for name, part in schema.items():
            if name == "$ref" and part not in seen:
                seen.add(part)
                self._close(self.definitions[re.sub(".*/", "", part)], seen)
            self._close(part, seen)


def _adapters(operation: Operation) -> Iterator[tuple[str, Any, TypeAdapter[Any]]]:
    uses: tuple[Use, ...] = ("request", "response", "streams")
    for use in uses:
        load = getattr(operation, use)
        if load is not None and not (operation.is_form and use == "request"):  # a form's is written by hand
            yield f"{operation.name} {use}", _mode(use), TypeAdapter(loaded(load))


def _mode(use: Use) -> Literal["validation", "serialization"]:
    return "validation" if use == "request" else "serialization"
