"""Connections to model servers: the SDK client for each, its errors in plain words, and a test that says what is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from services.errors import (
    AppError,
    ContextTooLong,
    InvalidInput,
    ModelUnavailable,
    NotFound,
    RateLimited,
    StreamCut,
    TimedOut,
    UnknownModel,
    Unreachable,
    UpstreamFailed,
    WrongKey,
)
from services.wire import Exchange

if TYPE_CHECKING:
    import httpx2
    import openai

CONNECT_TIMEOUT_S = 5.0
SILENCE_TIMEOUT_S = 120.0
# A local model on two cores reads about 45 prompt tokens a second and says nothing meanwhile.
LOCAL_SILENCE_TIMEOUT_S = 600.0

ConnectionKind = Literal["local", "openai", "compatible"]


@dataclass(frozen=True, slots=True)
class Connection:
    """A model server: its name in the interface, its address, and the key to it (never shown or stored)."""

    name: str
    kind: ConnectionKind
    base_url: str
    api_key: str = field(repr=False)

    @property
    def is_local(self) -> bool:
        return self.kind == "local"

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


def check_base_url(text: str) -> str:
    """`text` as the base URL of an OpenAI-compatible server, without a trailing slash.

    Raises InvalidInput when it is not an http(s) address.
    """
    url = text.strip().rstrip("/")
    if not _is_server_address(url):
        raise InvalidInput(
            "An address looks like http://127.0.0.1:11434/v1: http or https, a host, and no user name or key in it."
        )
    return url


def _is_server_address(url: str) -> bool:
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        return False
    has_more = parts.username or parts.query or parts.fragment or " " in url
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and not has_more


def open_client(
    connection: Connection,
    pool: httpx2.AsyncBaseTransport,
    on_exchange: Callable[[Exchange], None] | None = None,
) -> openai.AsyncOpenAI:
    """An SDK client over a shared connection pool. Each exchange is reported once it is closed.

    Retries are off: what is recorded is what was sent, and a person decides whether to try again.
    """
    import httpx2
    import openai

    from services.recording import AsyncRecordingTransport

    transport = AsyncRecordingTransport(pool, on_exchange or _ignore)
    silence_s = LOCAL_SILENCE_TIMEOUT_S if connection.is_local else SILENCE_TIMEOUT_S
    return openai.AsyncOpenAI(
        api_key=connection.api_key or "none",
        base_url=connection.base_url,
        http_client=httpx2.AsyncClient(transport=transport),
        timeout=httpx2.Timeout(silence_s, connect=CONNECT_TIMEOUT_S),
        max_retries=0,
    )


def _ignore(_: Exchange) -> None:
    """Nobody wants this exchange."""


def as_app_error(error: Exception, connection: Connection) -> AppError:
    """What an SDK or network exception means for the person, and what to do about it."""
    import httpx2
    import openai

    if isinstance(error, AppError):
        return error
    if isinstance(error, (openai.APITimeoutError, httpx2.TimeoutException)):
        return _timed_out(connection)
    if isinstance(error, (openai.APIConnectionError, httpx2.TransportError)):
        was_open = isinstance(error.__cause__ or error, (httpx2.ReadError, httpx2.RemoteProtocolError))
        return _cut(connection) if was_open else _unreachable(connection, error)
    if isinstance(error, openai.APIStatusError):
        return _refused(error, connection)
    if isinstance(error, openai.APIError):
        return _broke_off(error, connection)
    return UpstreamFailed(
        f"{connection.name} answered with something that is no chat completion. Is {connection.base_url} the right address?"
    )


def _timed_out(connection: Connection) -> AppError:
    return TimedOut(
        f"{connection.name} took the request and then said nothing for too long. Try again, or choose another model."
    )


def _cut(connection: Connection, said: str = "", code: str | None = None) -> AppError:
    return StreamCut(
        f"{connection.name} stopped in the middle of the answer. What had arrived is kept; try again.{said}",
        code=code,
    )


def _unreachable(connection: Connection, error: Exception) -> AppError:
    if connection.is_local:
        return Unreachable(
            "Tandem's own server did not answer. It may be restarting; try again in a few seconds."
        )
    cause = str(error.__cause__ or error)
    unknown_host = any(words in cause for words in ("Name or service", "nodename", "name resolution"))
    reason = "there is no such host" if unknown_host else "nothing answers there"
    return Unreachable(
        f"{connection.name} cannot be reached at {connection.host}: {reason}. "
        "Check the network, and the address in Settings."
    )


def _refused(error: openai.APIStatusError, connection: Connection) -> AppError:
    message, code = _message_of(error), error.code
    match error.status_code:
        case 401 | 403 if code != "unsupported_country_region_territory":
            return WrongKey(
                f"{connection.name} does not accept this key. Check it in Settings. The server said: {message}",
                code=code,
            )
        case 404 if code == "model_not_found" or "model" in message.lower():
            return UnknownModel(
                f"{connection.name} does not offer this model to you. Choose another one. The server said: {message}",
                code=code,
            )
        case 404:
            return NotFound(f"{connection.name} does not have this. The server said: {message}", code=code)
        case 429:
            return _rate_limited(error, connection, message)
        case 400 if code == "context_length_exceeded":
            return ContextTooLong(
                f"The conversation is too long for this model. Start a new one or shorten the message. The server said: {message}",
                code=code,
            )
        case 503 if connection.is_local:
            return ModelUnavailable(message, code=code)
        case status if status >= 500:
            return UpstreamFailed(
                f"{connection.name} had an error of its own ({status}). Try again in a moment. The server said: {message}",
                code=code,
            )
    return InvalidInput(f"{connection.name} did not accept the request: {message}", code=code)


def _rate_limited(error: openai.APIStatusError, connection: Connection, message: str) -> AppError:
    if error.code in ("insufficient_quota", "credit_balance_exhausted"):
        return RateLimited(
            f"The account at {connection.name} has no credit left. Add some there, or switch to the local model.",
            code=error.code,
        )
    retry_after_s = _seconds(error.response.headers.get("retry-after"))
    wait = f"Try again in {retry_after_s:.0f} s" if retry_after_s is not None else "Try again in a moment"
    return RateLimited(
        f"{connection.name} asks to slow down. {wait}. The server said: {message}",
        code=error.code,
        retry_after_s=retry_after_s,
    )


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value is not None else None
    except ValueError:
        return None


def _message_of(error: openai.APIStatusError) -> str:
    body = error.body
    message = body.get("message") if isinstance(body, dict) else None
    return str(message or error.message)[:500]


def _broke_off(error: openai.APIError, connection: Connection) -> AppError:
    body: Any = error.body
    message = body.get("message") if isinstance(body, dict) else None
    if connection.is_local and message:
        return ModelUnavailable(str(message), code=error.code)
    said = f" The server said: {message}" if message else ""
    return _cut(connection, said, error.code)


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """The outcome of a connection test: one sentence, the models offered, and the round trip in seconds."""

    ok: bool
    sentence: str
    models: tuple[dict[str, Any], ...] = ()
    duration_s: float | None = None


async def test_connection(connection: Connection, pool: httpx2.AsyncBaseTransport) -> ConnectionReport:
    """Ask the server for its models and say what is wrong if it cannot answer."""
    started = time.perf_counter()
    try:
        models = await list_models(connection, pool)
    except AppError as error:
        return ConnectionReport(False, error.user_message)
    elapsed_s = time.perf_counter() - started
    noun = "model" if len(models) == 1 else "models"
    return ConnectionReport(
        True, f"{connection.name} answers and offers {len(models)} {noun}.", models, elapsed_s
    )


async def list_models(connection: Connection, pool: httpx2.AsyncBaseTransport) -> tuple[dict[str, Any], ...]:
    """The models the server lists, each as the object it sent. Raises AppError."""
    client = open_client(connection, pool).with_options(timeout=10.0)
    try:
        page = await client.models.list()
        return tuple(model.model_dump() for model in page.data or ())
    except Exception as error:
        raise as_app_error(error, connection) from error
