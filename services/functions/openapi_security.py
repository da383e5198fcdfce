"""Which key an operation wants, and how it travels. Source: OpenAPI 3.1.1, Security Scheme Object."""

from __future__ import annotations

from typing import Any

from services.errors import InvalidInput
from services.functions.http_operation import Credential, CredentialKind
from services.functions.references import References
from services.guarded_fetch.messages import is_free_header

_HTTP_SCHEMES: dict[str, CredentialKind] = {"bearer": "bearer", "basic": "basic"}


def read_credential(requirements: Any, schemes: Any, references: References) -> Credential | None:
    """The first of the alternatives that one key answers, None where no key is wanted. Raises InvalidInput for others."""
    alternatives = [a for a in requirements if isinstance(a, dict)] if isinstance(requirements, list) else []
    is_required = all(alternatives)
    for alternative in alternatives:
        if len(alternative) != 1:
            continue
        name = next(iter(alternative))
        scheme = references.follow(schemes.get(name) if isinstance(schemes, dict) else None)
        credential = _credential(str(name)[:80], scheme, is_required)
        if credential is not None:
            return credential
    if not is_required or not alternatives:
        return None
    wanted = " or ".join(" with ".join(map(str, alternative)) for alternative in alternatives)
    raise InvalidInput(f"it wants a kind of key that cannot be given here ({wanted[:100]})")


def _credential(name: str, scheme: dict[str, Any], is_required: bool) -> Credential | None:
    kind, place, field = scheme.get("type"), scheme.get("in"), scheme.get("name")
    if kind == "apiKey" and isinstance(field, str) and field:
        if place == "header" and is_free_header(field):
            return Credential(name, "header", field, is_required)
        return Credential(name, "query", field, is_required) if place == "query" else None
    if kind == "http":
        way = _HTTP_SCHEMES.get(str(scheme.get("scheme", "")).lower())
        return None if way is None else Credential(name, way, "", is_required)
    # A person who has an access token can give it; the ceremony that makes one is not ours to hold.
    return Credential(name, "bearer", "", is_required) if kind in ("oauth2", "openIdConnect") else None
