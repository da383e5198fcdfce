"""What a broken exchange means, in a sentence that names the host and nothing that could be a key."""

from __future__ import annotations

import ssl

import httpcore2

from services.errors import AppError, InvalidInput, StreamCut, TimedOut, Unreachable, UpstreamFailed


def as_app_error(error: Exception, host: str, *, in_body: bool) -> AppError:
    """The error of our tree for one of httpcore's."""
    if isinstance(error, httpcore2.ConnectTimeout):
        return Unreachable(f"{host} cannot be reached: it lets the connection wait. Try again later.")
    if isinstance(error, httpcore2.TimeoutException):
        return TimedOut(f"{host} took the request and then said nothing for too long. Try again later.")
    if isinstance(error, httpcore2.ConnectError):
        return _no_connection(error, host)
    if isinstance(error, httpcore2.LocalProtocolError):
        return InvalidInput(f"The request to {host} cannot be written as HTTP.")
    if in_body or isinstance(error, httpcore2.ReadError):
        return StreamCut(f"{host} stopped in the middle of its answer. Try again.")
    return UpstreamFailed(f"{host} answered with something that is not HTTP, or not at all.")


def _no_connection(error: Exception, host: str) -> AppError:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Unreachable(
            f"{host} shows a certificate that does not prove it is {host}, so nothing was sent."
        )
    if isinstance(cause, ssl.SSLError):
        return Unreachable(f"{host} does not speak https at this port.")
    return Unreachable(f"{host} cannot be reached: nothing answers there. Check the address.")
