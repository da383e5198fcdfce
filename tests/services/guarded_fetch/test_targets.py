import contextlib
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import InvalidInput
from services.guarded_fetch.targets import check_port, host_name, parse_target


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Example.COM", "https://example.com/"),
        ("https://example.com./a?b=c#d", "https://example.com/a?b=c"),
        (" http://example.com:80/ ", "http://example.com/"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("https://bücher.example/süß?q=ä", "https://xn--bcher-kva.example/s%C3%BC%C3%9F?q=%C3%A4"),
        ("https://example.com/a%2Fb?c=%26", "https://example.com/a%2Fb?c=%26"),
        ("https://[2606:4700:0::1111]/", "https://[2606:4700::1111]/"),
        ("https://my_host.example/", "https://my_host.example/"),
        ("https://1.1.1.1:443/", "https://1.1.1.1/"),
        ("https://３com.example/", "https://3com.example/"),
    ],
)
def test_addresses_get_one_spelling(url, expected):
    assert parse_target(url).url == expected


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("ftp://example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("gopher://example.com/", "https://"),
        ("example.com/x", "https://"),
        ("//example.com/x", "https://"),
        ("https:/example.com", "https://"),
        ("https:///x", "https://"),
        ("", "https://"),
        ("https://user:secret@example.com/", "user name"),
        ("https://example.com@127.0.0.1/", "user name"),
        ("https://exa mple.com/", "space"),
        ("https://example.com\\@127.0.0.1/", "backslash"),
        ("https://example.com/\r\nHost: x", "control"),
        ("https://example.com\t.evil/", "control"),
        ("https://exa\u200bmple.com/", "control"),
        ("https://example.com:0/", "no port"),
        ("https://example.com:65536/", "no port"),
        ("https://example.com:+80/", "cannot be read"),
        ("https://example.com:٨٠/", "cannot be read"),
        ("https://example.com:80:80/", "cannot be read"),
        ("https://[::1]evil.example/", "cannot be read"),
        ("https://[::1%25eth0]/", "cannot be read"),
        ("https://[v1.fe80]/", "cannot be read|IPv6"),
        ("https://[::1/", "cannot be read"),
        ("https://127.0.0.1%2eexample/", "cannot be read"),
        ("https://%31%32%37.0.0.1/", "cannot be read"),
        ("https://a..b/", "no host name"),
        ("https://example.com../", "no host name"),
        ("https://-a.example/", "no host name"),
        ("https://" + "a" * 64 + ".example/", "no host name"),
        ("https://" + "a." * 130 + "example/", "no host name"),
        ("https://exa!mple.com/", "no host name"),
        ("https://2130706433/", "four decimal numbers"),
        ("https://0x7f.1/", "four decimal numbers"),
        ("https://0177.0.0.1/", "four decimal numbers"),
        ("https://1.2.3/", "four decimal numbers"),
        ("https://example.com/" + "a" * 9000, "longer than"),
        ("https://℀.example/", "cannot be read"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(url, hint):
    with pytest.raises(InvalidInput, match=hint) as caught:
        parse_target(url)
    assert "secret" not in caught.value.user_message


@pytest.mark.parametrize("text", ["１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1"])
def test_dressed_up_digits_are_seen_through(text):
    assert host_name(text) == "127.0.0.1"


@given(st.text(max_size=60))
def test_whatever_is_accepted_reads_the_same_again(text):
    with contextlib.suppress(InvalidInput):
        target = parse_target("https://" + text)
        again = urlsplit(target.url)
        assert (again.hostname, again.port or 443) == (target.host, target.port)
        assert target.url.isascii()
        assert parse_target(target.url) == target


def test_ports_of_other_protocols_are_not_called():
    for port in (22, 25, 110, 143, 587):
        with pytest.raises(InvalidInput, match=f"Port {port} "):
            check_port(parse_target(f"https://example.com:{port}/"))
    for port in (80, 443, 1024, 8443):
        check_port(parse_target(f"https://example.com:{port}/"))


def test_a_redirect_chooses_no_port():
    asked = parse_target("https://example.com:8443/")
    check_port(parse_target("https://example.com:8443/other"), asked)
    check_port(parse_target("https://other.example/"), asked)
    for url in ("https://example.com:9200/", "https://other.example:8443/"):
        with pytest.raises(InvalidInput, match="80 or 443"):
            check_port(parse_target(url), asked)


def test_both_front_doors_are_one_server():
    plain, safe = parse_target("http://a.example/"), parse_target("https://a.example/")
    assert plain.is_same_server(safe)
    assert not plain.is_same_server(parse_target("http://b.example/"))
    assert not safe.is_same_server(parse_target("https://a.example:8443/"))
