"""One operation of an OpenAPI document as a function. Source: OpenAPI 3.1.1, Operation Object."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from services.errors import InvalidInput
from services.functions.checks import MAX_DESCRIPTION_CHARS, make_function
from services.functions.function_tool import FunctionTool
from services.functions.http_operation import HttpOperation
from services.functions.http_request import template_names
from services.functions.openapi_arguments import Arguments, names
from services.functions.openapi_schema import Schemas
from services.functions.openapi_security import read_credential
from services.functions.references import References


@dataclass(frozen=True, slots=True)
class Described:
    """An operation as the document has it; `name` is what the function is to be called, `server` where it lies."""

    name: str
    method: str
    path: str
    operation: dict[str, Any]
    shared_parameters: Any
    server: str
    security: Any
    schemes: Any


def read_operation(described: Described, references: References) -> tuple[FunctionTool, tuple[str, ...]]:
    """The function, and what of the operation it leaves out. Raises InvalidInput with the reason why it can be none."""
    credential = read_credential(described.security, described.schemes, references)
    arguments = Arguments(Schemas(references), credential)
    for parameter in _parameters(described, references):
        arguments.add_parameter(parameter)
    missing = template_names(described.path) - {p.name for p in arguments.parameters if p.place == "path"}
    if missing:
        raise InvalidInput(f"its path has {{{min(missing)}}}, which no parameter describes")
    body = references.follow(described.operation.get("requestBody"))
    body_type = arguments.add_body(body)
    http = HttpOperation(
        method=described.method,
        server=described.server,
        path=described.path,
        parameters=tuple(arguments.parameters),
        credential=credential,
        body_type=body_type,
        is_body_required=bool(body_type) and body.get("required") is True,
    )
    function = make_function(described.name, _description(described), json.dumps(arguments.schema), http)
    return function, tuple(arguments.left_out)


def free_name(wanted: str, taken: Collection[str]) -> str:
    """A function name made of `wanted` that is not among those taken."""
    return next(name for name in names(wanted.strip()) if name and name not in taken)


def _parameters(described: Described, references: References) -> list[dict[str, Any]]:
    """The parameters of the path and the operation's own, which win."""
    found: dict[tuple[Any, Any], dict[str, Any]] = {}
    for listed in (described.shared_parameters, described.operation.get("parameters")):
        for value in listed if isinstance(listed, list) else ():
            parameter = references.follow(value)
            found[str(parameter.get("name")), str(parameter.get("in"))] = parameter
    return list(found.values())


def _description(described: Described) -> str:
    texts = [described.operation.get(key) for key in ("summary", "description")]
    lines = dict.fromkeys(text.strip() for text in texts if isinstance(text, str) and text.strip())
    text = "\n".join(lines) or f"{described.method} {described.path}"
    return text if len(text) <= MAX_DESCRIPTION_CHARS else text[: MAX_DESCRIPTION_CHARS - 2].rstrip() + " …"
