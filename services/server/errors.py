"""OpenAI's error shape for everything that can go wrong at /v1."""

from __future__ import annotations

import traceback
from typing import Any

from starlette.responses import JSONResponse

from services import errors


class ApiError(Exception):
    """An answer with an error status, in OpenAI's shape."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The JSON object OpenAI's clients read."""
        return error_body(self.message, kind=self.kind, param=self.param, code=self.code)

    def response(self) -> JSONResponse:
        """The error as an HTTP answer."""
        return JSONResponse(self.body(), self.status, self.headers)


def error_body(message: str, *, kind: str, param: str | None, code: str | None) -> dict[str, Any]:
    """`{"error": {…}}` as OpenAI writes it."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def model_not_found(model: str) -> ApiError:
    """404 for a model that is neither local nor upstream's."""
    return ApiError(
        404,
        f"The model `{model}` does not exist or you do not have access to it.",
        code="model_not_found",
        param="model",
    )


def from_app_error(error: errors.AppError) -> ApiError:
    """The HTTP meaning of one of our own errors."""
    for error_class, status, kind, code in _STATUSES:
        if isinstance(error, error_class):
            return ApiError(
                status,
                error.user_message,
                code=error.code or code,
                kind=kind,
                headers=_retry_after(error),
            )
    return internal_error("")


def where_it_broke(error: BaseException) -> str:
    """The places an unexpected error came through, without its message, which may quote what a person wrote."""
    return "".join(traceback.format_tb(error.__traceback__)[-4:])


def internal_error(request_id: str) -> ApiError:
    """500 without details; the request id leads to the log."""
    reference = f" (Please include the request ID {request_id} when you report it.)" if request_id else ""
    return ApiError(
        500,
        f"The server had an error while processing your request. Sorry about that.{reference}",
        kind="server_error",
    )


def _retry_after(error: errors.AppError) -> dict[str, str]:
    seconds = getattr(error, "retry_after_s", None)
    return {} if seconds is None else {"retry-after": f"{max(seconds, 0):.0f}"}


# The first class that fits decides, so that subclasses come before their parents.
_STATUSES: tuple[tuple[type[errors.AppError], int, str, str | None], ...] = (
    (errors.ContextTooLong, 400, "invalid_request_error", "context_length_exceeded"),
    (errors.NotFound, 404, "invalid_request_error", None),
    (errors.InvalidInput, 400, "invalid_request_error", None),
    (errors.TimedOut, 504, "server_error", "upstream_timeout"),
    (errors.StreamCut, 502, "server_error", "upstream_cut"),
    (errors.ConnectionProblem, 502, "server_error", "upstream_unreachable"),
    (errors.WrongKey, 401, "invalid_request_error", "invalid_api_key"),
    (errors.RateLimited, 429, "requests", "rate_limit_exceeded"),
    (errors.UnknownModel, 404, "invalid_request_error", "model_not_found"),
    (errors.Refused, 502, "server_error", "upstream_failed"),
    (errors.BudgetExceeded, 429, "insufficient_quota", "insufficient_quota"),
    (errors.ModelUnavailable, 503, "server_error", "model_unavailable"),
    (errors.StorageFailed, 503, "server_error", "storage_failed"),
)
