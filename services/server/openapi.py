"""The OpenAPI description, computed from the routes and the SDK's own types."""

from __future__ import annotations

import re
from typing import Any

from starlette.routing import Route

from services.server.openapi_schemas import Schemas
from services.server.operations import OPERATIONS, Operation
from services.server.routes import ROUTES
from services.server.routes.files import LONGEST_PAGE
from services.server.rules.audio import GRANULARITIES, TRANSCRIPT_FORMATS
from services.server.rules.files import LONGEST_LIFE_S, PURPOSES, SHORTEST_LIFE_S


def description() -> dict[str, Any]:
    """Every route of the API as an OpenAPI 3.1 document."""
    schemas = Schemas(OPERATIONS.values())
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        for method in sorted(_methods(route)):
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            described = _operation(OPERATIONS[route.endpoint], path, schemas)
            paths.setdefault(path, {})[method.lower()] = {"summary": route.endpoint.__doc__, **described}
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
            "schemas": {"Error": _ERROR, **schemas.definitions},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _methods(route: Route) -> set[str]:
    return (route.methods or {"GET"}) - {"HEAD"}


def _operation(operation: Operation, path: str, schemas: Schemas) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", path)
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [_tag(operation)],
        "parameters": [*map(_in_path, names), *(_query(operation, name) for name in operation.query)],
        "responses": {
            "200": _response(operation, schemas),
            "default": {"description": "An error.", "content": _json({"$ref": "#/components/schemas/Error"})},
        },
    }
    if operation.is_form:
        form = {"multipart/form-data": {"schema": FORMS[operation.name]}}
        described["requestBody"] = {"required": True, "content": form}
    elif operation.request is not None:
        schema = schemas.of(operation, "request")
        described["requestBody"] = {"required": True, "content": _json(schema, operation.example)}
    if operation.is_open:
        described["security"] = []
    return described


def _tag(operation: Operation) -> str:
    """The resource an operation belongs to."""
    return operation.name.removeprefix("beta.").rpartition(".")[0].replace(".", " ")


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _in_query(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _query(operation: Operation, name: str) -> dict[str, Any]:
    if (operation.name, name) == ("files.list", "limit"):
        return _in_query("limit", type="integer", minimum=1, maximum=LONGEST_PAGE)
    return QUERY[name]


QUERY = {
    "limit": _in_query("limit", type="integer", minimum=1, maximum=100),
    "order": _in_query("order", type="string", enum=["asc", "desc"]),
    "after": _in_query("after", type="string"),
    "before": _in_query("before", type="string"),
    "stream": _in_query("stream", type="boolean"),
    "starting_after": _in_query("starting_after", type="integer", minimum=0),
    "every": _in_query("every", type="integer", minimum=1),
    "run_id": _in_query("run_id", type="string"),
    "query": _in_query("query", type="string"),
    "purpose": _in_query("purpose", type="string"),
    "filter": _in_query("filter", type="string", enum=["in_progress", "completed", "failed", "cancelled"]),
    "include[]": _in_query("include[]", type="array", items={"type": "string"}),
}
BINARY = {"type": "string", "format": "binary"}
_SOUND = {
    "file": BINARY,
    "model": {"type": "string"},
    "prompt": {"type": "string"},
    "temperature": {"type": "number", "minimum": 0, "maximum": 1},
}
FORMS = {
    "images.facts": {"type": "object", "required": ["image"], "properties": {"image": BINARY}},
    "files.create": {
        "type": "object",
        "required": ["file", "purpose"],
        "properties": {
            "file": BINARY,
            "purpose": {"type": "string", "enum": list(PURPOSES)},
            "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
            "expires_after[seconds]": {
                "type": "integer",
                "minimum": SHORTEST_LIFE_S,
                "maximum": LONGEST_LIFE_S,
            },
        },
    },
    "audio.transcriptions.create": {
        "type": "object",
        "required": ["file", "model"],
        "properties": {
            **_SOUND,
            "response_format": {"type": "string", "enum": list(TRANSCRIPT_FORMATS)},
            "language": {"type": "string"},
            "languages[]": {"type": "array", "items": {"type": "string"}},
            "keywords[]": {"type": "array", "items": {"type": "string"}},
            "timestamp_granularities[]": {
                "type": "array",
                "items": {"type": "string", "enum": list(GRANULARITIES)},
            },
            "stream": {"type": "boolean"},
        },
    },
    "audio.translations.create": {
        "type": "object",
        "required": ["file", "model"],
        "properties": {
            **_SOUND,
            "response_format": {"type": "string", "enum": list(TRANSCRIPT_FORMATS)},
        },
    },
    "images.edit": {
        "type": "object",
        "required": ["image", "prompt"],
        "properties": {
            "image": {"type": "array", "items": BINARY},
            "mask": BINARY,
            "prompt": {"type": "string"},
            "model": {"type": "string"},
            "n": {"type": "integer", "minimum": 1, "maximum": 10},
            "size": {"type": "string"},
            "background": {"type": "string", "enum": ["transparent", "opaque", "auto"]},
            "output_format": {"type": "string", "enum": ["png", "jpeg", "webp", "gif"]},
            "output_compression": {"type": "integer", "minimum": 0, "maximum": 100},
            "partial_images": {"type": "integer", "minimum": 0, "maximum": 3},
            "stream": {"type": "boolean"},
        },
    },
    "uploads.parts.create": {"type": "object", "required": ["data"], "properties": {"data": BINARY}},
}


def _response(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    if operation.response is None and operation.streams is None:
        return {"description": "As said above."}
    content: dict[str, Any] = {}
    if operation.response is not None:
        content = _json(schemas.of(operation, "response"))
    if operation.streams is not None:
        content["text/event-stream"] = {"schema": schemas.of(operation, "streams")}
    return {"description": "The answer.", "content": content}


def _json(schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": schema} if example is None else {"schema": schema, "example": example}
    return {"application/json": media}


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
