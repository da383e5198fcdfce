"""An operation of a web API: where it lies, where each argument travels, and which key it wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Place = Literal["path", "query", "header", "body"]
# How a value is written: a list repeats its name (plain), joins its items (comma, space, pipe), an object spreads
# over name[key] (deep), or the value goes as JSON. OpenAPI calls this style and explode.
Form = Literal["plain", "comma", "space", "pipe", "deep", "json"]
CredentialKind = Literal["header", "query", "bearer", "basic"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """Where one argument travels. In a body, `name` is a property, and "" stands for the whole body."""

    argument: str
    place: Place
    name: str
    form: Form = "plain"


@dataclass(frozen=True, slots=True)
class Credential:
    """Which key an operation wants and how it travels; the key itself is never here.

    `scheme` is the document's name for it, `name` the header or query parameter of an API key.
    """

    scheme: str
    kind: CredentialKind
    name: str = ""
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class HttpOperation:
    """One operation. `server` has no slash at its end; `path` is a template such as /pets/{petId}."""

    method: str
    server: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    credential: Credential | None = None
    body_type: str = ""
    is_body_required: bool = False

    @property
    def host(self) -> str:
        return urlsplit(self.server).hostname or ""

    @property
    def secret_id(self) -> str | None:
        """Under which name a browser session keeps the key: one for each server and scheme, shared by no other server."""
        if self.credential is None:
            return None
        parts = urlsplit(self.server)
        return f"{parts.scheme}://{parts.netloc} {self.credential.scheme}"
