"""The way of one request: where it goes first, and where a redirect takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from services.errors import InvalidInput, Refused
from services.guarded_fetch.policy import Policy
from services.guarded_fetch.targets import Target

REDIRECTS = (301, 302, 303, 307, 308)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
KEPT_FOR_STRANGERS = ("accept", "content-type")


@dataclass(frozen=True, slots=True)
class Hop:
    """One request on the way; `asked` is the target the way began with."""

    target: Target
    asked: Target
    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def after_redirect(hop: Hop, status: int, location: str, policy: Policy) -> Hop:
    """The request a redirect asks for. Raises Refused when it leads where it must not.

    Another server gets neither a body nor any header that could hold a key.
    """
    target = _checked(hop, location, policy)
    method, body = ("GET", b"") if _becomes_get(hop.method, status) else (hop.method, hop.body)
    headers = {name: v for name, v in hop.headers.items() if body or name.lower() != "content-type"}
    if not hop.target.is_same_server(target):
        if method not in SAFE_METHODS:
            raise Refused(f"{hop.target.host} passes the request on to {target.host}, which is not followed.")
        headers = {name: v for name, v in headers.items() if name.lower() in KEPT_FOR_STRANGERS}
        body = b""
    return Hop(target, hop.asked, method, headers, body)


def leads_astray(hop: Hop, error: InvalidInput) -> Refused:
    """What it means that a redirect leads where nothing may be fetched."""
    return Refused(f"{hop.asked.host} redirects to where nothing is fetched. {error.user_message}")


def _checked(hop: Hop, location: str, policy: Policy) -> Target:
    try:
        target = policy.check(urljoin(hop.target.url, location), hop.asked)
    except InvalidInput as error:
        raise leads_astray(hop, error) from error
    except ValueError as error:
        raise leads_astray(hop, InvalidInput("The address cannot be read.")) from error
    if hop.target.scheme == "https" and target.scheme == "http":
        raise Refused(f"{hop.target.host} redirects from https to http, which is not followed.")
    return target


def _becomes_get(method: str, status: int) -> bool:
    """303 means: look there. 301 and 302 after POST mean the same to everybody. Source: RFC 9110, 15.4."""
    return (status == 303 and method not in SAFE_METHODS) or (status in (301, 302) and method == "POST")
