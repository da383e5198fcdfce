"""An OpenAPI document as functions, one for each of its operations."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from services.errors import InvalidInput
from services.functions.document_text import MAX_DOCUMENT_BYTES, parse_document
from services.functions.function_tool import FunctionTool
from services.functions.openapi_operation import Described, free_name, read_operation
from services.functions.references import References
from services.guarded_fetch import Fetch, FetchRequest, check_url
from services.guarded_fetch import fetch as guarded_fetch

MAX_OPERATIONS = 200
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
ACCEPT = "application/json, application/yaml, text/yaml, */*;q=0.5"

Check = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class OpenApiDocument:
    """What was made of a document, and a sentence for each operation that is missing or lacks something."""

    title: str
    functions: tuple[FunctionTool, ...]
    problems: tuple[str, ...]


async def fetch_document(
    url: str, *, taken: Collection[str] = (), fetch: Fetch = guarded_fetch, check: Check = check_url
) -> OpenApiDocument:
    """The document at an address. Raises InvalidInput when there is none, and what the guarded fetch raises."""
    fetched = await fetch(FetchRequest(url, headers={"Accept": ACCEPT}, max_bytes=MAX_DOCUMENT_BYTES))
    host = urlsplit(fetched.url).hostname
    if fetched.status != 200:
        raise InvalidInput(f"{host} answered {fetched.status} instead of a document. Check the address.")
    if fetched.is_cut:
        raise InvalidInput(
            f"The document at {host} has more than {MAX_DOCUMENT_BYTES:,} bytes. Paste the part you need."
        )
    return await asyncio.to_thread(read_document, fetched.text, fetched.url, taken=taken, check=check)


def read_document(
    text: str, url: str | None = None, *, taken: Collection[str] = (), check: Check = check_url
) -> OpenApiDocument:
    """The functions of an OpenAPI document, 3.0 or 3.1, in JSON or YAML.

    `url` is where the document came from, for servers given relative to it; `taken` are names that functions cannot
    have; `check` raises InvalidInput for a server that is not called. Raises InvalidInput when not one operation can be used.
    """
    document = parse_document(text)
    _check_release(document)
    functions: list[FunctionTool] = []
    problems: list[str] = []
    for count, found in enumerate(_operations(document, problems)):
        if count == MAX_OPERATIONS:
            problems.append(f"Only the first {MAX_OPERATIONS} operations are taken.")
            break
        names = {*taken, *(function.name for function in functions)}
        where = f"{found.method} {found.path[:120]}"
        try:
            described = _described(document, url, found, names)
            check(described.server)
            function, left_out = read_operation(described, References(document))
        except InvalidInput as error:
            problems.append(f"{where} is left out: {error.user_message.rstrip('.')}.")
            continue
        functions.append(function)
        problems += [f"{where} is called without {what}." for what in left_out]
    if not functions:
        raise InvalidInput(" ".join(["No function can be made of this document.", *problems[:3]]))
    return OpenApiDocument(_title(document), tuple(functions), tuple(problems))


def _check_release(document: dict[str, Any]) -> None:
    release = document.get("openapi")
    if str(document.get("swagger", "")).startswith("2"):
        raise InvalidInput("This is a Swagger 2.0 document. Convert it to OpenAPI 3 first.")
    if not isinstance(release, str | float) or not str(release).startswith(("3.0", "3.1")):
        raise InvalidInput("This is no OpenAPI document of release 3.0 or 3.1: its “openapi” says otherwise.")
    if not isinstance(document.get("paths"), dict) or not document["paths"]:
        raise InvalidInput("The document has no paths, so there is nothing to call.")


@dataclass(frozen=True, slots=True)
class _Found:
    """An operation where it stands in the document."""

    method: str
    path: str
    item: dict[str, Any]
    operation: dict[str, Any]

    @property
    def made_up_name(self) -> str:
        """`get_pets_petId` for an operation without a name of its own."""
        return re.sub(r"[^a-zA-Z0-9]+", "_", f"{self.method.lower()} {self.path}").strip("_")


def _operations(document: dict[str, Any], problems: list[str]) -> Iterator[_Found]:
    """Every operation, in the document's order."""
    references = References(document)
    for path, value in document["paths"].items():
        try:
            item = references.follow(value)
        except InvalidInput as error:
            problems.append(f"{path[:120]} is left out: {error.user_message.rstrip('.')}.")
            continue
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, dict):
                yield _Found(method.upper(), path, item, operation)


def _described(document: dict[str, Any], url: str | None, found: _Found, taken: Collection[str]) -> Described:
    if not found.path.startswith("/"):
        raise InvalidInput("its path does not begin with /")
    operation, components = found.operation, document.get("components")
    wanted = operation.get("operationId")
    servers = operation.get("servers") or found.item.get("servers") or document.get("servers")
    return Described(
        name=free_name(wanted if isinstance(wanted, str) and wanted else found.made_up_name, taken),
        method=found.method,
        path=found.path,
        operation=operation,
        shared_parameters=found.item.get("parameters"),
        server=_server(servers, url),
        security=operation.get("security", document.get("security")),
        schemes=components.get("securitySchemes") if isinstance(components, dict) else None,
    )


def _server(servers: Any, url: str | None) -> str:
    """The first server's address, without a slash at its end. Without any it is the document's own host."""
    first = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], dict) else {}
    address = str(first.get("url", "/"))
    variables = first.get("variables")
    for name, variable in variables.items() if isinstance(variables, dict) else ():
        default = variable.get("default", "") if isinstance(variable, dict) else ""
        address = address.replace(f"{{{name}}}", str(default))
    try:
        whole = urljoin(url or "", address)
    except ValueError as error:
        raise InvalidInput("the address of its server cannot be read") from error
    if "://" not in whole:
        raise InvalidInput("the document does not say at which https address its server is")
    if "?" in whole or "#" in whole or "{" in whole:
        raise InvalidInput("the address of its server has a query or an open place in it")
    return whole.rstrip("/")


def _title(document: dict[str, Any]) -> str:
    info = document.get("info")
    title = info.get("title") if isinstance(info, dict) else None
    return title.strip()[:200] if isinstance(title, str) and title.strip() else "Untitled"
