"""Every error a person can meet.

AppError
├── InvalidInput            what was given cannot be used; nothing was sent
│   ├── ContextTooLong      the prompt does not fit the model
│   └── NotFound            no such object, or not yours
├── ConnectionProblem       the other side did not answer as a server should
│   ├── Unreachable         no network, wrong address, refused
│   ├── TimedOut            it took the request and went silent
│   └── StreamCut           it stopped in the middle of an answer
├── Refused                 the other side answered, and said no
│   ├── WrongKey            401, 403
│   ├── RateLimited         429; retry_after_s when told
│   ├── UnknownModel        404 for a model
│   └── UpstreamFailed      5xx, or an answer that cannot be read
├── BudgetExceeded          the person's own limit; nothing was sent
├── ModelUnavailable        a local model is missing, damaged, loading or crashed
└── StorageFailed           disk full, database locked, folder not writable
"""

from __future__ import annotations


class AppError(Exception):
    """An error with a sentence for the person: what happened and what to do next."""

    retryable = False

    def __init__(self, user_message: str, *, code: str | None = None) -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.code = code


class InvalidInput(AppError):
    """What was given cannot be used; nothing was sent."""


class ContextTooLong(InvalidInput):
    """The prompt does not fit the model's context."""


class NotFound(InvalidInput):
    """No such object, or it belongs to somebody else."""


class ConnectionProblem(AppError):
    """The other side did not answer as a server should."""

    retryable = True


class Unreachable(ConnectionProblem):
    """No network, a wrong address, or a refused connection."""


class TimedOut(ConnectionProblem):
    """The request was taken and then nothing came."""


class StreamCut(ConnectionProblem):
    """The answer stopped in the middle."""


class Refused(AppError):
    """The other side answered, and said no."""


class WrongKey(Refused):
    """401 or 403: the key is missing, wrong, or not allowed this."""


class RateLimited(Refused):
    """429: too many requests, or no credit; `retry_after_s` when the server said when."""

    retryable = True

    def __init__(
        self, user_message: str, *, code: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(user_message, code=code)
        self.retry_after_s = retry_after_s


class UnknownModel(Refused):
    """The server does not offer this model, or not to this key."""


class UpstreamFailed(Refused):
    """5xx, or an answer that cannot be read."""

    retryable = True


class BudgetExceeded(AppError):
    """The person's own spending limit; nothing was sent."""


class ModelUnavailable(AppError):
    """A local model is missing, damaged, still loading, or has just crashed."""

    retryable = True


class StorageFailed(AppError):
    """Disk full, database locked, or the data folder cannot be written."""

    retryable = True
