"""Which network addresses belong to the public internet.

Source: IANA's registries of IPv4 and IPv6 special-purpose addresses; RFC 4291 for the kinds of IPv6 address;
RFC 6052 for NAT64; Microsoft's documentation for 168.63.129.16, where every Azure machine finds its host.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

_ANYBODYS = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
# What `is_global` of one Python release or another lets through.
_SPECIAL = tuple(
    ip_network(network)
    for network in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
        "2001::/23",  # Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


def parse_address(text: str) -> Address | None:
    """The address in `text`, or None when it is none or is bound to one network interface."""
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether everybody on the internet means the same machine by this address.

    Forms that carry an IPv4 address and lead straight to it (mapped, NAT64) are as public as that one.
    Those that lead through a tunnel (6to4, Teredo) are never public: nobody serves an API there.
    """
    plain = _without_wrapping(address)
    if isinstance(plain, IPv6Address) and plain not in _ANYBODYS:
        return False
    is_ordinary = plain.is_global and not plain.is_multicast and not plain.is_reserved
    return is_ordinary and not any(plain in network for network in _SPECIAL)


def can_be_admitted(address: Address) -> bool:
    """Whether a setting may open this address: one machine, and not the metadata service of a cloud."""
    plain = _without_wrapping(address)
    return not (plain.is_link_local or plain.is_multicast or plain.is_unspecified)


def _without_wrapping(address: Address) -> Address:
    if not isinstance(address, IPv6Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address
