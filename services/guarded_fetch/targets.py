"""A URL taken apart once: what was checked is what is called, with no second reading of the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import quote, urlsplit

from services.errors import InvalidInput
from services.guarded_fetch.addresses import parse_address

MAX_URL_CHARS = 8_000
DEFAULT_PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024

_NETLOC = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([^\[\]:@%/]+))(?::([0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f-\xa0\\\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `host` is lower-case ASCII without brackets; `path` begins with / and has the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the Host header and a URL write them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.has_default_port else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def has_default_port(self) -> bool:
        return self.port == DEFAULT_PORTS[self.scheme]

    def is_same_server(self, other: Target) -> bool:
        """Whether a key for one may go to the other: the same host and port, or its plain and its safe front door."""
        is_same_door = self.has_default_port and other.has_default_port
        return self.host == other.host and (self.port == other.port or is_same_door)


def parse_target(url: str) -> Target:
    """The parts of an http or https URL. Raises InvalidInput for anything else, or anything two readers could differ on."""
    url = url.strip()
    if len(url) > MAX_URL_CHARS:
        raise InvalidInput(f"The address is longer than {MAX_URL_CHARS:,} characters.")
    if _NOT_IN_A_URL.search(url):
        raise InvalidInput("The address has a space, a control character or a backslash in it. Take it out.")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidInput("The address cannot be read. Write it as https://host/path.") from error
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        raise InvalidInput("The address must begin with https:// or http:// and name a host.")
    if "@" in parts.netloc:
        raise InvalidInput("The address has a user name or password in it. Take it out.")
    match = _NETLOC.fullmatch(parts.netloc)
    if match is None:
        raise InvalidInput("The host in the address cannot be read. Write it as https://host/path.")
    host = _ipv6(match[1]) if match[1] else host_name(match[2])
    query = f"?{parts.query}" if parts.query else ""
    path = quote((parts.path or "/") + query, safe=_PRINTABLE, errors="replace")
    return Target(parts.scheme, host, _port(match[3], parts.scheme), path)


def host_name(text: str) -> str:
    """A host as the network knows it: lower case, ASCII, one spelling. Raises InvalidInput."""
    name = _ascii(text).lower().removesuffix(".")
    labels = name.split(".")
    if not 0 < len(name) <= 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidInput(f"“{text[:80]}” is no host name.")
    if _NUMBER.fullmatch(labels[-1]) and parse_address(name) is None:
        raise InvalidInput(f"“{text[:80]}” is no host name. Write an IPv4 address as four decimal numbers.")
    return name


def check_port(target: Target, asked: Target | None = None) -> None:
    """Raise InvalidInput for a port that a web server is not expected at.

    80 and 443 always; 1024 and above where the address itself names one, since many an API has its own.
    Below that other protocols listen. A redirect, unlike the address `asked` for, may not choose a port.
    """
    is_free = target.port >= FIRST_FREE_PORT and (asked is None or asked.is_same_server(target))
    if target.port not in DEFAULT_PORTS.values() and not is_free:
        allowed = f"80, 443 or from {FIRST_FREE_PORT} up" if asked is None else "80 or 443"
        raise InvalidInput(f"Port {target.port} of {target.host} is not called. It must be {allowed}.")


def refusal(host: str) -> str:
    """Why a host that is not public is not called. It does not say what the name resolved to."""
    return f"{host} is not an address of the public internet, so it is not called. To allow it, name it in TANDEM_ALLOW_PRIVATE_HOSTS."


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    import idna

    try:
        return idna.encode(text, uts46=True).decode()
    except idna.IDNAError as error:
        raise InvalidInput(f"“{text[:80]}” is no host name.") from error


def _ipv6(text: str) -> str:
    address = parse_address(text)
    if not isinstance(address, IPv6Address):
        raise InvalidInput(f"“[{text}]” is no IPv6 address.")
    return str(address)


def _port(text: str | None, scheme: str) -> int:
    port = DEFAULT_PORTS[scheme] if text is None else int(text)
    if not 0 < port < 65_536:
        raise InvalidInput(f"{port} is no port. Ports go from 1 to 65535.")
    return port
