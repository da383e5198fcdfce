"""The SDK's own request types as strict validators, with OpenAI's words for what is wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import TypeAdapter
from pydantic_core import SchemaValidator, ValidationError
from typing_extensions import TypedDict

from services.server.rules.schema_errors import BRANCH, to_api_error

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

_importing = threading.Lock()


@cache
def validator_for(load_type: Callable[[], Any]) -> SchemaValidator:
    """A strict validator of the type that `load_type` imports; built at first use, since that takes seconds."""
    return SchemaValidator(_strict(TypeAdapter(loaded(load_type)).core_schema))


def loaded(load_type: Callable[[], Any]) -> Any:
    """What `load_type` imports from the SDK: one thread at a time, and not before the SDK is there as a whole.

    Two threads that import it from two ends find each other's modules half done. Source:
    https://github.com/python/cpython/issues/91351
    """
    with _importing:
        import openai  # noqa: F401

        return load_type()


def check(load_type: Callable[[], Any], body: Mapping[str, Any]) -> None:
    """Raise the first thing wrong with `body`, as a 400 in OpenAI's words."""
    try:
        validator_for(load_type).validate_python(body, strict=True)
    except ValidationError as error:
        raise to_api_error(error, body) from None


def body_type(params: Any, *path_params: str, **added: Any) -> Any:
    """The SDK's parameters of a call as the type of its body: without what goes into the path, with `added`."""
    hints = get_type_hints(params, include_extras=True)
    kept = {name: hint for name, hint in hints.items() if name not in path_params}
    return TypedDict(params.__name__, {**kept, **added}, total=False)  # type: ignore[operator]


def without_nulls(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request as if what is null had been left out."""
    return {key: value for key, value in body.items() if value is not None}


def _strict(schema: CoreSchema) -> CoreSchema:
    """The schema with unknown keys refused, iterables checked at once and unions told apart by their tag.

    Left alone, pydantic drops unknown keys of a TypedDict, checks an Iterable only while somebody reads it,
    and answers a wrong message with the complaints of every kind of message.
    """
    definitions = {d["ref"]: d for d in schema.get("definitions", ())}
    strict: CoreSchema = _rewrite(schema, definitions)
    return strict


def _rewrite(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list | tuple):
        return type(node)(_rewrite(item, definitions) for item in node)
    if not isinstance(node, dict):
        return node
    node = {key: value if key == "metadata" else _rewrite(value, definitions) for key, value in node.items()}
    match node.get("type"):
        case "generator":
            return {"type": "list", "items_schema": node["items_schema"]}
        case "typed-dict":
            return node | {"extra_behavior": "forbid"}
        case "union" if isinstance(node.get("choices"), list):
            return _tell_apart(node, definitions)
    return node


def _tell_apart(union: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Objects with a `role` or `type` are told apart by it; other branches only get a recognisable label."""
    branches = [c[0] if isinstance(c, tuple) else c for c in union["choices"]]
    objects = {id(b): o for b in branches if (o := _resolved(b, definitions))["type"] == "typed-dict"}
    for key in ("role", "type"):
        tags = {i: _tags(o, key, definitions) for i, o in objects.items()}
        if len(objects) > 1 and all(tags.values()):
            tagged = _tagged_union(key, [(b, tags[id(b)]) for b in branches if id(b) in objects])
            rest = [b for b in branches if id(b) not in objects]
            return tagged if not rest else _labelled(union, [*rest, tagged])
    return _labelled(union, branches)


def _tagged_union(key: str, branches: list[tuple[Any, list[str]]]) -> dict[str, Any]:
    def tag_of(value: Any) -> str | None:
        tag = value.get(key) if isinstance(value, dict) else None
        return f"{BRANCH}{tag}" if tag is not None else None

    choices = {f"{BRANCH}{tag}": branch for branch, tags in branches for tag in tags}
    return {"type": "tagged-union", "discriminator": tag_of, "choices": choices}


def _labelled(union: dict[str, Any], branches: list[Any]) -> dict[str, Any]:
    return union | {"choices": [(branch, f"{BRANCH}{number}") for number, branch in enumerate(branches)]}


def _resolved(node: Any, definitions: Mapping[str, Any]) -> Any:
    return definitions.get(node["schema_ref"], node) if node["type"] == "definition-ref" else node


def _tags(typed_dict: Any, key: str, definitions: Mapping[str, Any]) -> list[str]:
    field = typed_dict["fields"].get(key)
    literal = _resolved(field["schema"], definitions) if field else {"type": None}
    return [str(tag) for tag in literal["expected"] or ()] if literal["type"] == "literal" else []
