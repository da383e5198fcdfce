"""Where this process listens, so that the user interface finds its own /v1."""

from __future__ import annotations

import ipaddress

_own = ["http://127.0.0.1:8501/v1"]


def remember(host: str, port: int) -> None:
    """Keep the address this process was reached on.

    Deliberately one value for the whole process: only the server sees the port, which Streamlit may have moved,
    and only the pages, in other threads and further up, ask for it. Neither may import the other.
    """
    _own[0] = f"http://{_reachable(host)}:{port}/v1"


def own_base_url() -> str:
    """The base URL of this process's own API: http://127.0.0.1:8501/v1 until a request told better."""
    return _own[0]


def _reachable(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_unspecified or address.is_loopback:
        return "127.0.0.1"
    return f"[{address}]" if address.version == 6 else str(address)
