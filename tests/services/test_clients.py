"""What a server's answer, or its silence, means to the person; and which addresses are addresses."""

from __future__ import annotations

from typing import Any

import httpx2
import openai
import pytest

from services import clients
from services.clients import Connection, as_app_error, check_base_url
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
from services.loop import BackgroundLoop
from tests.support.upstream import Script, ScriptedUpstream, broken, rate_limited, wrong_key

LOCAL = Connection("Local", "local", "http://127.0.0.1:8501/v1", "tandem-key")
OTHER = Connection("OpenAI", "openai", "https://api.openai.com/v1", "sk-secret-key")
REQUEST = httpx2.Request("POST", "https://api.openai.com/v1/chat/completions")


def status_error(
    status: int, message: str = "No.", code: str | None = None, **headers: str
) -> openai.APIStatusError:
    """The SDK's exception for an answer with this status."""
    body = {"message": message, "type": "error", "code": code}
    response = httpx2.Response(
        status, request=REQUEST, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    kinds: dict[int, type[openai.APIStatusError]] = {
        400: openai.BadRequestError,
        401: openai.AuthenticationError,
        403: openai.PermissionDeniedError,
        404: openai.NotFoundError,
        422: openai.UnprocessableEntityError,
        429: openai.RateLimitError,
    }
    kind = kinds.get(status, openai.InternalServerError if status >= 500 else openai.APIStatusError)
    return kind(message, response=response, body=body)


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (400, None, "Unsupported value", InvalidInput),
        (400, "context_length_exceeded", "Too long", ContextTooLong),
        (401, "invalid_api_key", "Incorrect key", WrongKey),
        (403, None, "Not allowed", WrongKey),
        (403, "unsupported_country_region_territory", "Not here", InvalidInput),
        (404, "model_not_found", "Missing", UnknownModel),
        (404, None, "The model `x` does not exist", UnknownModel),
        (404, None, "Not Found", NotFound),
        (413, None, "Too large", InvalidInput),
        (422, None, "Unprocessable", InvalidInput),
        (429, "rate_limit_exceeded", "Slow down", RateLimited),
        (429, "insufficient_quota", "Pay", RateLimited),
        (500, None, "Broken", UpstreamFailed),
        (502, None, "Bad gateway", UpstreamFailed),
        (503, None, "Overloaded", UpstreamFailed),
        (529, None, "Overloaded", UpstreamFailed),
    ],
)
def test_every_status_is_a_sentence(
    status: int, code: str | None, message: str, kind: type[AppError]
) -> None:
    error = as_app_error(status_error(status, message, code), OTHER)
    assert type(error) is kind
    assert error.code == code
    assert "OpenAI" in error.user_message or "too long for this model" in error.user_message
    assert "sk-secret-key" not in error.user_message
    assert error.user_message.count("{") == 0


def test_local_model_that_is_away_speaks_for_itself() -> None:
    error = as_app_error(status_error(503, "The local model is loading."), LOCAL)
    assert type(error) is ModelUnavailable and error.user_message == "The local model is loading."


@pytest.mark.parametrize(
    ("retry_after", "seconds", "sentence"),
    [
        ("7", 7.0, "Try again in 7 s"),
        ("-3", 0.0, "Try again in 0 s"),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None, "Try again in a moment"),
        (None, None, "Try again in a moment"),
    ],
)
def test_waiting_time_is_told_when_the_server_told_it(
    retry_after: str | None, seconds: float | None, sentence: str
) -> None:
    headers = {"retry_after": retry_after} if retry_after else {}
    error = as_app_error(status_error(429, "Slow down", **headers), OTHER)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == seconds and sentence in error.user_message


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (openai.APITimeoutError(REQUEST), TimedOut, "said nothing for too long"),
        (httpx2.ReadTimeout("silent"), TimedOut, "said nothing for too long"),
        (
            caused(openai.APIConnectionError(request=REQUEST), httpx2.ConnectError("refused")),
            Unreachable,
            "nothing answers there",
        ),
        (
            caused(
                openai.APIConnectionError(request=REQUEST), httpx2.ConnectError("Name or service not known")
            ),
            Unreachable,
            "no such host",
        ),
        (httpx2.ReadError("reset"), StreamCut, "in the middle of the answer"),
        (httpx2.RemoteProtocolError("incomplete"), StreamCut, "in the middle of the answer"),
        (ValueError("no JSON"), UpstreamFailed, "right address"),
    ],
)
def test_silence_is_told_apart(error: Exception, kind: type[AppError], words: str) -> None:
    said = as_app_error(error, OTHER)
    assert type(said) is kind and words in said.user_message


def test_error_that_already_has_its_sentence_is_kept() -> None:
    error = InvalidInput("As it was.")
    assert as_app_error(error, OTHER) is error


def test_key_is_not_in_the_representation() -> None:
    assert "sk-secret-key" not in repr(OTHER)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
        ("  https://example.org/v1/ ", "https://example.org/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_address_is_tidied(typed: str, url: str) -> None:
    assert check_base_url(typed) == url


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "localhost:11434",
        "ftp://example.org/v1",
        "http://",
        "http://:8000/v1",
        "http://user:key@example.org/v1",
        "https://example.org/v1?key=sk-secret",
        "https://example.org/v1#sk-secret",
        "http://127.0.0.1:99999/v1",
        "http://127.0.0.1:port/v1",
        "http://[::1/v1",
        "http://exa mple.org/v1",
        "javascript:alert(1)",
    ],
)
def test_address_that_is_none_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(InvalidInput, match="An address looks like"):
        check_base_url(typed)


@pytest.fixture(scope="module")
def loop() -> BackgroundLoop:
    return BackgroundLoop()


def report_on(loop: BackgroundLoop, base_url: str) -> Any:
    connection = Connection("Ollama", "compatible", base_url, "")

    async def ask() -> Any:
        return await clients.test_connection(connection, loop.pool(base_url))

    return loop.run(ask())


def test_connection_test_says_what_is_offered(loop: BackgroundLoop) -> None:
    with ScriptedUpstream(models=("llama",)) as upstream:
        report = report_on(loop, upstream.base_url)
    assert report.ok and report.sentence == "Ollama answers and offers 1 model."
    assert [m["id"] for m in report.models] == ["llama"] and report.duration_s > 0


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (wrong_key(), "does not accept this key"),
        (rate_limited(2), "Try again in 2 s"),
        (broken(), "an error of its own (500)"),
        (Script(status=404, body={"detail": "Not Found"}), "does not have this"),
    ],
)
def test_connection_test_says_what_is_wrong(loop: BackgroundLoop, script: Script, words: str) -> None:
    with ScriptedUpstream(default=script) as upstream:
        report = report_on(loop, upstream.base_url)
    assert not report.ok and words in report.sentence


def test_connection_test_says_that_nothing_answers(loop: BackgroundLoop) -> None:
    report = report_on(loop, "http://127.0.0.1:9/v1")
    assert not report.ok and "nothing answers there" in report.sentence
