"""The OpenAPI description, computed from the routes and the SDK's own types."""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter
from starlette.routing import Route

from services.server.operations import OPERATIONS, Operation


def description() -> dict[str, Any]:
    """Every route of the API as an OpenAPI 3.1 document."""
    from services.server.api import ROUTES

    schemas: dict[str, Any] = {"Error": _ERROR}
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        for method in sorted(_methods(route)):
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            operation = OPERATIONS[route.endpoint]
            paths.setdefault(path, {})[method.lower()] = _operation(operation, path, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tandem",
            "version": "1",
            "description": "OpenAI's API over local models and an upstream.",
        },
        "servers": [{"url": "/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _methods(route: Route) -> set[str]:
    return (route.methods or {"GET"}) - {"HEAD"}


def _operation(operation: Operation, path: str, schemas: dict[str, Any]) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", path)
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.name.partition(".")[0]],
        "parameters": [
            {"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names
        ],
        "responses": {
            "200": _response(operation, schemas),
            "default": {"description": "An error.", "content": _json({"$ref": "#/components/schemas/Error"})},
        },
    }
    if operation.request is not None:
        schema = _schema(operation.request(), schemas)
        described["requestBody"] = {"required": True, "content": _json(schema, operation.example)}
    if operation.is_open:
        described["security"] = []
    return described


def _response(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    if operation.response is None:
        return {"description": "As said above."}
    content = _json(_schema(operation.response(), schemas, mode="serialization"))
    if operation.streams is not None:
        chunk = _schema(operation.streams(), schemas, mode="serialization")
        content["text/event-stream"] = {"schema": chunk}
    return {"description": "The answer.", "content": content}


def _json(schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": schema} if example is None else {"schema": schema, "example": example}
    return {"application/json": media}


def _schema(wire_type: Any, schemas: dict[str, Any], mode: Any = "validation") -> dict[str, Any]:
    """A reference to the schema of an SDK type, which joins `schemas` with all it needs."""
    schema = TypeAdapter(wire_type).json_schema(mode=mode, ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    name = getattr(wire_type, "__name__", schema.get("title", "Body"))
    schemas.setdefault(name, schema)
    return {"$ref": f"#/components/schemas/{name}"}


_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
