from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guarded_fetch.addresses import can_be_admitted, is_public, parse_address

NOT_PUBLIC = {
    "this network": "0.0.0.0 0.1.2.3",
    "private": "10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255",
    "loopback": "127.0.0.1 127.0.0.2 127.255.255.255 ::1",
    "link-local": "169.254.169.254 169.254.170.2 169.254.0.1 fe80::1 febf::1",
    "carrier": "100.64.0.1 100.100.100.200 100.127.255.255",
    "special": "192.0.0.1 192.0.0.8 192.0.0.192 192.88.99.1 198.18.0.1 198.19.255.255",
    "documents": "192.0.2.1 198.51.100.1 203.0.113.1 2001:db8::1 3fff::1",
    "many": "224.0.0.1 239.255.255.255 ff02::1 ff0e::1",
    "reserved": "240.0.0.1 255.255.255.255 4000::1 5f00::1 100::1",
    "a cloud's host": "168.63.129.16",
    "mapped": "::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:168.63.129.16",
    "IPv4 in IPv6": "::127.0.0.1 ::ffff:0:127.0.0.1 ::8.8.8.8",
    "NAT64": "64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8",
    "6to4": "2002:7f00:1:: 2002:a9fe:a9fe::1 2002:808:808::1",
    "Teredo": "2001::1 2001:0:7f00:1:0:0:80ff:fffe",
    "local": "fc00::1 fd00:ec2::254 fec0::1 ::",
    "protocols": "2001:1::1 2001:2::1 2001:10::1 2001:20::1",
}
PUBLIC = "8.8.8.8 1.1.1.1 93.184.216.34 223.255.255.255 2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8"


@pytest.mark.parametrize("text", " ".join(NOT_PUBLIC.values()).split())
def test_addresses_of_the_inside_are_not_public(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC.split())
def test_addresses_of_the_internet_are_public(text):
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["fe80::1%eth0", "::1%1", "8.8.8.8%1", "", "localhost", "0177.0.0.1", "127.1"]
)
def test_what_is_bound_to_an_interface_or_no_address_is_none(text):
    assert parse_address(text) is None


def test_a_setting_opens_neighbours_but_no_metadata_service():
    for text in ("127.0.0.1", "10.0.0.1", "192.168.1.2", "fd00::1", "::1", "::ffff:10.0.0.1"):
        assert can_be_admitted(ip_address(text))
    for text in (
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "fe80::1",
        "224.0.0.1",
        "0.0.0.0",
        "::",
    ):
        assert not can_be_admitted(ip_address(text))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_in_ipv6_clothes(address: IPv4Address):
    mapped = IPv6Address(f"::ffff:{address}")
    translated = IPv6Address(int(IPv6Address("64:ff9b::")) + int(address))
    assert is_public(mapped) == is_public(translated) == is_public(address)
    assert not is_public(IPv6Address(int(address)))


@given(
    st.sampled_from(
        [
            "10.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "fc00::/7",
            "fe80::/10",
        ]
    ),
    st.data(),
)
def test_no_address_of_a_private_network_is_public(network, data):
    assert not is_public(data.draw(st.ip_addresses(network=ip_network(network))))
