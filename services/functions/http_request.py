"""A call of a web operation as a request: arguments go where the document says and cannot change where that is."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from services.errors import InvalidInput
from services.functions.http_operation import HttpOperation, Parameter, Place
from services.guarded_fetch import FetchRequest

MAX_RESULT_READ_BYTES = 131_072
MAX_SECRET_CHARS = 4_000
MAX_UNPACKINGS = 5
ACCEPT = "application/json, text/plain;q=0.9, */*;q=0.5"

_TEMPLATE = re.compile(r"\{([^{}/]+)\}")
_JOINTS = {"comma": ",", "space": "%20", "pipe": "%7C"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_Values = list[tuple[Parameter, Any]]


def build_request(
    operation: HttpOperation, arguments: Mapping[str, Any], secret: str | None = None
) -> FetchRequest:
    """The request of one call. Null is left out, but for a body, which can hold it. Raises InvalidInput."""
    named = [(p, arguments[p.argument]) for p in operation.parameters if p.argument in arguments]
    given = [(p, value) for p, value in named if value is not None or p.place == "body"]
    headers, query = _key(operation, secret)
    query = [*_query(_of("query", given)), *query]
    body = _body(operation, _of("body", given))
    headers = {"Accept": ACCEPT} | _headers(_of("header", given)) | headers
    if body:
        headers["Content-Type"] = operation.body_type
    path = _path(operation.path, _of("path", given))
    return FetchRequest(
        url=operation.server + path + ("?" + "&".join(query) if query else ""),
        method=operation.method,
        headers=headers,
        body=body,
        carries_key=secret is not None and operation.credential is not None,
        max_bytes=MAX_RESULT_READ_BYTES,
    )


def template_names(path: str) -> frozenset[str]:
    """The parameters a path is made with."""
    return frozenset(_TEMPLATE.findall(path))


def _of(place: Place, given: _Values) -> _Values:
    return [(parameter, value) for parameter, value in given if parameter.place == place]


def _path(template: str, given: _Values) -> str:
    values = {parameter.name: _segment(parameter, value) for parameter, value in given}
    missing = template_names(template) - {name for name, text in values.items() if text}
    if missing:
        raise InvalidInput(f"“{min(missing)}” is a part of the path and cannot be empty.")
    path = _TEMPLATE.sub(lambda match: values[match[1]], template)
    if any(_climbs(segment) for segment in path.split("/") if segment not in template.split("/")):
        raise InvalidInput("“.” and “..” cannot be parts of the path. Give the plain name or id.")
    return path


def _segment(parameter: Parameter, value: Any) -> str:
    """A value within one part of the path: a slash or a question mark in it is just a character."""
    words = [_as_json(value)] if parameter.form == "json" else _words(value)
    return ",".join(quote(word, safe="") for word in words)


def _climbs(segment: str) -> bool:
    """Whether some server on the way could read a part of the path as a step up, however often it unpacks it."""
    for _ in range(MAX_UNPACKINGS):
        if any(part in (".", "..") for part in re.split(r"[/\\;]", segment)):
            return True
        segment = unquote(segment)
    return False


def _query(given: _Values) -> Iterator[str]:
    for parameter, value in given:
        for name, text in _pairs(parameter, value):
            yield f"{quote(name, safe='')}={text}"


def _pairs(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    """Names and percent-encoded values. Source: OpenAPI 3.1, Style Values."""
    name = parameter.name
    if parameter.form == "json":
        yield name, quote(_as_json(value), safe="")
    elif parameter.form == "deep" and isinstance(value, dict):
        yield from ((f"{name}[{key}]", quote(_word(inner), safe="")) for key, inner in value.items())
    elif parameter.form == "plain" and isinstance(value, dict):
        yield from ((key, quote(_word(inner), safe="")) for key, inner in value.items())
    elif parameter.form in _JOINTS:
        yield name, _JOINTS[parameter.form].join(quote(word, safe="") for word in _words(value))
    else:
        yield from ((name, quote(word, safe="")) for word in _words(value))


def _headers(given: _Values) -> dict[str, str]:
    return {p.name: _as_json(v) if p.form == "json" else ",".join(_words(v)) for p, v in given}


def _body(operation: HttpOperation, given: _Values) -> bytes:
    if not given and not operation.is_body_required:
        return b""
    wholes = [value for parameter, value in given if not parameter.name]
    return _as_json(wholes[0] if wholes else {p.name: v for p, v in given}).encode()


def _words(value: Any) -> list[str]:
    """A list's items, or an object's keys and values in turn, or the one value."""
    if isinstance(value, dict):
        return [_word(word) for pair in value.items() for word in pair]
    return [_word(item) for item in value] if isinstance(value, list) else [_word(value)]


def _word(value: Any) -> str:
    return value.encode(errors="replace").decode() if isinstance(value, str) else _as_json(value)


def _as_json(value: Any) -> str:
    """JSON in which half a character, which a model can write as an escape, is still one."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace").decode()


def _key(operation: HttpOperation, secret: str | None) -> tuple[dict[str, str], list[str]]:
    """The key as a header or as a piece of the query. The sentences here never repeat it."""
    credential = operation.credential
    if credential is None:
        return {}, []
    if not secret:
        if credential.is_required:
            raise InvalidInput(f"{operation.host} wants a key ({credential.scheme}), and none was given.")
        return {}, []
    if _CONTROL.search(secret) or len(secret) > MAX_SECRET_CHARS:
        raise InvalidInput(f"The key for {operation.host} has characters that no key has. Type it again.")
    match credential.kind:
        case "header":
            return {credential.name: secret}, []
        case "query":
            return {}, [f"{quote(credential.name, safe='')}={quote(secret, safe='')}"]
        case "basic":
            return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}, []
        case "bearer":
            return {"Authorization": f"Bearer {secret}"}, []
