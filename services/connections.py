"""Which model servers this installation and this person can talk to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.clients import Connection, ConnectionKind, check_base_url
from services.errors import InvalidInput
from services.settings import Settings
from services.storage.preferences import Preferences

LOCAL = "Local"
OPENAI = "OpenAI"
OPENAI_URL = "https://api.openai.com/v1"
PREFERENCE = "connections"
MAX_NAME_CHARS = 40
MAX_CONNECTIONS = 20


@dataclass(frozen=True, slots=True)
class SavedServer:
    """A server the person added. Its key is never stored."""

    name: str
    base_url: str


def connections(
    settings: Settings, preferences: Preferences, own_base_url: str, typed_keys: Mapping[str, str]
) -> tuple[Connection, ...]:
    """Every connection, Tandem's own server first. Keys come from the environment or were typed in this session."""
    local = own_connection(settings, own_base_url)
    upstream = _upstream(settings, typed_keys)
    saved = (
        Connection(s.name, "compatible", s.base_url, typed_keys.get(s.name, ""))
        for s in saved_servers(preferences)
    )
    return (local, upstream, *saved)


def own_connection(settings: Settings, own_base_url: str) -> Connection:
    """The connection to Tandem's own server."""
    return Connection(LOCAL, "local", own_base_url, settings.own_key())


def upstream_name(settings: Settings) -> str:
    """What the environment's upstream is called: OpenAI, or the host of another server."""
    host = urlsplit(settings.openai_base_url).netloc
    return OPENAI if host == urlsplit(OPENAI_URL).netloc else host


def _upstream(settings: Settings, typed_keys: Mapping[str, str]) -> Connection:
    name = upstream_name(settings)
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    kind: ConnectionKind = "openai" if name == OPENAI else "compatible"
    return Connection(name, kind, settings.openai_base_url.rstrip("/"), typed_keys.get(name, "") or key)


def saved_servers(preferences: Preferences) -> tuple[SavedServer, ...]:
    """The servers the person added in Settings."""
    return tuple(SavedServer(s["name"], s["base_url"]) for s in preferences.get(PREFERENCE, []))


def save_server(preferences: Preferences, taken: set[str], name: str, base_url: str) -> SavedServer:
    """Add a server. Raises InvalidInput when the name is taken or the address is none."""
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME_CHARS:
        raise InvalidInput(f"Give the connection a name of at most {MAX_NAME_CHARS} characters.")
    if name.lower() in {t.lower() for t in taken}:
        raise InvalidInput(f"There is a connection named {name} already. Choose another name.")
    servers = saved_servers(preferences)
    if len(servers) >= MAX_CONNECTIONS:
        raise InvalidInput(f"{MAX_CONNECTIONS} connections are the most. Remove one first.")
    server = SavedServer(name, check_base_url(base_url))
    _store(preferences, (*servers, server))
    return server


def remove_server(preferences: Preferences, name: str) -> None:
    """Forget a server the person added."""
    _store(preferences, tuple(s for s in saved_servers(preferences) if s.name != name))


def _store(preferences: Preferences, servers: tuple[SavedServer, ...]) -> None:
    preferences.set(PREFERENCE, [{"name": s.name, "base_url": s.base_url} for s in servers])
