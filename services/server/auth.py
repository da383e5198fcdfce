"""Who may call: the key, the Host and the Origin of a request."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.server.errors import ApiError
from services.settings import Settings

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_OPEN_PATHS = ("/docs", "/openapi.json")


class Access:
    """Middleware that lets a request through only with a known key, from a known host and origin.

    The Host and Origin checks keep a web page from reaching /v1 by DNS rebinding; the key decides the owner.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._settings = settings
        self._owners: dict[str, str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            self._check_host(headers, scope)
            self._check_origin(headers)
            if not _is_open(scope):
                scope.setdefault("state", {})["owner"] = self._owner(headers)
        await self.app(scope, receive, send)

    def _check_host(self, headers: Headers, scope: Scope) -> None:
        host = _hostname(headers.get("host", ""))
        own_address = _plain((scope.get("server") or ("", 0))[0])
        if host and host in {*_LOOPBACK, *self._settings.allowed_hosts, own_address}:
            return
        raise _forbidden(
            f"The host name '{host}' is not known to this server. Add it to TANDEM_ALLOWED_HOSTS to allow it."
        )

    def _check_origin(self, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is None:
            return
        netloc = urlsplit(origin).netloc.lower()
        if netloc and (netloc == headers.get("host", "").lower() or self._is_allowed(netloc)):
            return
        raise _forbidden(
            f"Requests from web pages of '{origin}' are not allowed. Add its host to TANDEM_ALLOWED_HOSTS."
        )

    def _is_allowed(self, netloc: str) -> bool:
        return netloc in self._settings.allowed_hosts or _hostname(netloc) in self._settings.allowed_hosts

    def _owner(self, headers: Headers) -> str:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            raise _missing_key()
        if self._owners is None:
            self._owners = self._settings.owners_by_key()
        # Every key is compared, so that the time taken says nothing about which one came close.
        matches = [owner for known, owner in self._owners.items() if _same(known, key)]
        if not matches:
            raise _wrong_key(key)
        return matches[0]


def _is_open(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return any(path == open_path or path.startswith(open_path + "/") for open_path in _OPEN_PATHS)


def _hostname(netloc: str) -> str:
    try:
        return (urlsplit(f"//{netloc}").hostname or "").lower()
    except ValueError:
        return ""


def _plain(address: str) -> str:
    """An IPv4 address that came in on an IPv6 socket, as people write it."""
    return address.lower().removeprefix("::ffff:")


def _same(known: str, given: str) -> bool:
    return hmac.compare_digest(known.encode(), given.encode("utf-8", "surrogateescape"))


def _forbidden(message: str) -> ApiError:
    return ApiError(403, message, code="forbidden")


def _missing_key() -> ApiError:
    return ApiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using "
        "Bearer auth (i.e. Authorization: Bearer YOUR_KEY). The key of this server is shown on its settings page.",
    )


def _wrong_key(key: str) -> ApiError:
    shown = f"{key[:4]}{'*' * 8}{key[-4:]}" if len(key) >= 16 else "*" * 8
    message = (
        f"Incorrect API key provided: {shown}. You can find the key of this server on its settings page."
    )
    return ApiError(401, message, code="invalid_api_key")
