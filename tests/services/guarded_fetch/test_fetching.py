"""The whole fetch, against servers on 127.0.0.1 that stand for the internet."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import shutil
import socket
import ssl
import subprocess
import time
from ipaddress import ip_address
from pathlib import Path

import httpcore2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import AppError, InvalidInput, Refused, StreamCut, TimedOut, Unreachable, UpstreamFailed
from services.guarded_fetch import Fetched, FetchRequest, GuardedFetch, check_url, fetch
from services.guarded_fetch.addresses import is_public
from tests.support.web import Page, Web, answer, redirect

API = "http://api.example/"


def get(pages: dict[str, Page], request: FetchRequest | str = API, *hosts: str, **web: object) -> Fetched:
    return visit(pages, request, *hosts, **web)[0]


def visit(pages, request: FetchRequest | str = API, *hosts: str, **web):
    async def work():
        async with Web(pages, **web) as there:
            asked = FetchRequest(request) if isinstance(request, str) else request
            return await there.guard(*hosts).fetch(asked), there

    return asyncio.run(work())


def refused(pages, request: FetchRequest | str = API, *hosts: str, **web):
    """The error of a fetch, and the addresses that were called on the way to it."""

    async def work():
        async with Web(pages, **web) as there:
            asked = FetchRequest(request) if isinstance(request, str) else request
            with pytest.raises(AppError) as caught:
                await there.guard(*hosts).fetch(asked)
            return caught.value, there.dialled

    return asyncio.run(work())


def test_an_answer_comes_with_status_headers_and_text():
    fetched, web = visit(
        {API: answer("grüße".encode("latin-1"), 404, Content_Type="Text/Plain; charset=latin-1")}
    )
    assert (fetched.status, fetched.media_type, fetched.text) == (404, "text/plain", "grüße")
    assert (fetched.size_bytes, fetched.is_cut, fetched.url) == (5, False, API)
    assert web.requests[0].headers == {
        "host": "api.example", "accept-encoding": "gzip", "connection": "close", "user-agent": "Tandem"
    }  # fmt: skip


def test_body_and_headers_travel():
    request = FetchRequest(API + "x?y=1", "POST", {"X-Key": "k", "Content-Type": "application/json"}, b"{}")
    seen = visit({API + "x": answer()}, request)[1].requests[0]
    assert (seen.method, seen.path, seen.body) == ("POST", "/x?y=1", b"{}")
    assert (seen.headers["x-key"], seen.headers["content-length"]) == ("k", "2")


@pytest.mark.parametrize(
    "name", ["Host", "Content-Length", "Transfer-Encoding", "Cookie", "X-Forwarded-For", "a b", "a:b", ""]
)
def test_headers_that_change_where_or_who_are_refused(name):
    assert isinstance(refused({}, FetchRequest(API, headers={name: "x"}))[0], InvalidInput)


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\0", "日本", "x" * 5000])
def test_a_header_value_cannot_begin_another_header(value):
    error, dialled = refused({}, FetchRequest(API, headers={"X-Key": value}))
    assert "“X-Key”" in error.user_message and value not in error.user_message and dialled == []


# --- where a request may go -------------------------------------------------------------------

HOSTILE = """
127.0.0.1 127.1 127.0.1 127.0.0.1. 127.127.127.127 2130706433 017700000001 0x7f000001 0x7f.0.0.1 0x7F.1 0177.0.0.1
0177.0.0.01 00000177.1 127.000.000.001 127.0x0.0.1 0 0.0.0.0 0x0 00.00.00.00 localhost LOCALHOST localhost. foo.localhost
ⓛⓞⓒⓐⓛⓗⓞⓢⓣ ｌｏｃａｌｈｏｓｔ １２７.０.０.１ ①②⑦.⓪.⓪.① 127。0。0。1 127．0．0．1 loc%61lhost 127%2e0%2e0%2e1
10.0.0.1 10.1 167772161 172.16.0.1 172.31.255.255 192.168.0.1 192.168.257 3232235521 0xc0a80001 0300.0250.0.1
169.254.169.254 2852039166 0xa9fea9fe 0xa9.0xfe.0xa9.0xfe 0251.0376.0251.0376 169.254.43518 ⑯⑨。②⑤④。⑯⑨｡②⑤④ 169.254.170.2
100.64.0.1 100.100.100.200 192.0.0.192 168.63.129.16 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 192.0.2.1
[::] [::1] [0:0:0:0:0:0:0:1] [0000::0001] [::127.0.0.1] [::7f00:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::FFFF:169.254.169.254]
[0:0:0:0:0:ffff:10.0.0.1] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe] [64:ff9b:1::1] [2002:7f00:1::]
[2002:a9fe:a9fe::1] [2001:0:7f00:1::1] [fe80::1] [fe80::1%25eth0] [fc00::1] [fd00:ec2::254] [fec0::1] [ff02::1] [2001:db8::1]
"""


@pytest.mark.parametrize("host", HOSTILE.split())
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_spelling_of_an_inner_address_is_called(scheme, host):
    asked = []

    async def resolve(name, port):
        """As a C library would read it, where that needs no network."""
        asked.append(name)
        return [found[4][0] for found in socket.getaddrinfo(name, port, flags=socket.AI_NUMERICHOST)]

    async def work():
        async with Web({}) as web:
            guard = GuardedFetch(resolve=resolve, backend=web)
            with pytest.raises(InvalidInput):
                await guard.fetch(FetchRequest(f"{scheme}://{host}/latest/meta-data/"))
            return web.dialled

    assert asyncio.run(work()) == []
    assert asked == []


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["169.254.169.254"], ["93.184.216.34", "10.0.0.1"], ["::ffff:127.0.0.1"],
     ["fe80::1%eth0"], ["127.1"], ["nonsense"], ["0.0.0.0", "8.8.8.8"], ["64:ff9b::7f00:1"]],
)  # fmt: skip
def test_a_name_that_resolves_inside_is_not_called(addresses):
    error, dialled = refused({}, names={"api.example": addresses})
    assert isinstance(error, InvalidInput) and dialled == []
    assert "api.example is not an address of the public internet" in error.user_message
    assert not any(address in error.user_message for address in addresses)


def test_the_real_resolver_is_checked_too():
    with pytest.raises(InvalidInput):
        asyncio.run(fetch(FetchRequest("http://localhost/")))
    with pytest.raises(InvalidInput, match=r"127\.0\.0\.1 is not an address"):
        check_url("http://127.0.0.1/")
    assert check_url("https://api.example/x").host == "api.example"


def test_a_name_nobody_knows_is_said():
    async def nobody(host, port):
        raise socket.gaierror(-2, "Name or service not known")

    for resolve in (nobody, Web({}, {"api.example": []}).resolve):
        with pytest.raises(Unreachable, match="no such host"):
            asyncio.run(GuardedFetch(resolve=resolve, backend=Web({})).fetch(FetchRequest(API)))


def test_the_next_address_is_tried_when_one_does_not_answer():
    async def work():
        async with Web({API: answer(b"ok")}, {"api.example": ["2606:4700::1", "8.8.8.8"]}) as web:
            real = web.connect_tcp

            async def picky(host, *args, **kwargs):
                if ":" in host:
                    web.dialled.append(host)
                    raise httpcore2.ConnectError
                return await real(host, *args, **kwargs)

            web.connect_tcp = picky
            return (await web.guard().fetch(FetchRequest(API))).body, web.dialled

    assert asyncio.run(work()) == (b"ok", ["2606:4700::1", "8.8.8.8"])


def test_this_machine_is_not_called_by_its_public_address():
    class Mirror(httpcore2.AsyncMockStream):
        def get_extra_info(self, info):
            return ("8.8.8.8", 50_000) if info == "client_addr" else None

    class Backend(httpcore2.AsyncNetworkBackend):
        async def connect_tcp(self, host, *args, **kwargs):
            return Mirror([answer(b"secrets")])

    guard = GuardedFetch(resolve=Web({}, {"api.example": ["8.8.8.8"]}).resolve, backend=Backend())
    with pytest.raises(InvalidInput, match="this machine itself"):
        asyncio.run(guard.fetch(FetchRequest(API)))


def test_no_proxy_of_the_environment_is_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert get({API: answer(b"direct")}).body == b"direct"


ADDRESSES = st.lists(
    st.one_of(
        st.ip_addresses(),
        st.sampled_from(["127.0.0.1", "::1", "169.254.169.254", "10.0.0.1", "8.8.8.8", "1.1.1.1"]),
    ).map(str),
    max_size=4,
)


class Canned(httpcore2.AsyncNetworkBackend):
    """Answers every connection from memory, and remembers where they went."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.dialled = list(answers), []

    async def connect_tcp(self, host, *args, **kwargs):
        self.dialled.append(host)
        return httpcore2.AsyncMockStream([self.answers.pop(0)])


@settings(max_examples=200)
@given(st.lists(ADDRESSES, min_size=1, max_size=6), st.booleans())
def test_nothing_inside_is_called_whatever_a_name_resolves_to_and_when(lookups, is_to_itself):
    """A name may resolve differently each time it is asked: what is called is what was checked."""
    answers = iter(lookups)

    async def resolve(host, port):
        return next(answers, ["127.0.0.1"])

    to = API if is_to_itself else "http://other.example/"
    backend = Canned(*[redirect(to)] * 5, answer(b"end"))
    with contextlib.suppress(AppError):
        asyncio.run(GuardedFetch(resolve=resolve, backend=backend).fetch(FetchRequest(API)))
    assert all(is_public(ip_address(address)) for address in backend.dialled)
    checked = [address for addresses in lookups for address in addresses]
    assert set(backend.dialled) <= {str(ip_address(address)) for address in checked}


# --- private hosts that are admitted ----------------------------------------------------------


def test_a_private_host_is_called_where_the_setting_names_it():
    names = {"wiki.intranet": ["10.0.0.7"], "other.intranet": ["10.0.0.8"]}
    pages = {"http://wiki.intranet:8080/": answer(b"page")}
    assert get(pages, "http://wiki.intranet:8080/", "Wiki.Intranet.", names=names).body == b"page"
    error, dialled = refused({}, "http://other.intranet/", "wiki.intranet", names=names)
    assert isinstance(error, InvalidInput) and dialled == []


def test_no_setting_opens_a_metadata_service():
    for host, names in (("wiki.intranet", {"wiki.intranet": ["169.254.169.254"]}), ("169.254.169.254", {})):
        error, dialled = refused({}, f"http://{host}/", host, names=names)
        assert isinstance(error, InvalidInput) and dialled == []


def test_an_admitted_host_is_not_called_because_a_stranger_says_so():
    names = {"wiki.intranet": ["10.0.0.7"]}
    error, dialled = refused({API: redirect("http://wiki.intranet/")}, API, "wiki.intranet", names=names)
    assert isinstance(error, Refused) and len(dialled) == 1
    assert "api.example redirects" in error.user_message


def test_the_setting_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("TANDEM_ALLOW_PRIVATE_HOSTS", "localhost, [::1]")
    assert check_url("http://localhost:8080/").port == 8080
    assert check_url("http://[::1]/").host == "::1"
    with pytest.raises(InvalidInput):
        check_url("http://127.0.0.1/")


# --- redirects --------------------------------------------------------------------------------


def test_redirects_are_followed():
    pages = {API: redirect("/b", 301), API + "b": redirect("//other.example/c?d=ä", 307)}
    fetched, web = visit(pages | {"http://other.example/c": answer(b"there")})
    assert (fetched.body, fetched.url) == (b"there", "http://other.example/c?d=%C3%A4")
    assert len(web.dialled) == 3


@pytest.mark.parametrize(
    ("location", "hint"),
    [
        ("http://127.0.0.1/", "not an address of the public"),
        ("http://[::ffff:169.254.169.254]/", "not an address of the public"),
        ("http://inner.example/", "inner.example is not an address"),
        ("http://0x7f.1/", "four decimal"),
        ("file:///etc/passwd", "https://"),
        ("ftp://other.example/", "https://"),
        ("http://user:pw@other.example/", "user name"),
        ("http://other.example:22/", "Port 22"),
        ("http://other.example:8080/", "Port 8080"),
        ("http://[::1", "cannot be read"),
        ("//\\127.0.0.1/", "backslash"),
    ],
)
def test_a_redirect_is_checked_like_the_first_address(location, hint):
    error, dialled = refused({API: redirect(location)}, names={"inner.example": ["10.0.0.1"]})
    assert isinstance(error, Refused) and len(dialled) <= 1
    assert "api.example redirects" in error.user_message and hint in error.user_message


def test_a_name_that_moves_inside_between_two_hops_is_not_followed():
    lookups = iter([["8.8.8.8"], ["127.0.0.1"]])

    async def rebinding(host, port):
        return next(lookups)

    backend = Canned(redirect("/again"), answer(b"inside"))
    with pytest.raises(Refused):
        asyncio.run(GuardedFetch(resolve=rebinding, backend=backend).fetch(FetchRequest(API)))
    assert backend.dialled == ["8.8.8.8"]


def test_a_circle_ends():
    error, dialled = refused({API: redirect("/")})
    assert "more than 5 times" in error.user_message and len(dialled) == 6


def test_a_redirect_without_an_address_is_an_answer():
    assert get({API: answer(b"x", 302)}).status == 302


KEYED = {"Authorization": "Bearer key", "X-Api-Key": "key", "Accept": "text/plain"}


def test_keys_do_not_travel_to_another_host():
    pages = {API: redirect("http://other.example/"), "http://other.example/": redirect(API + "back")}
    seen = visit(pages | {API + "back": answer()}, FetchRequest(API, headers=KEYED))[1].requests
    assert "x-api-key" in seen[0].headers
    for later in seen[1:]:
        assert later.headers.keys() & {"authorization", "x-api-key"} == set()
        assert later.headers["accept"] == "text/plain"


def test_keys_stay_on_the_same_host():
    pages = {API: redirect("/v2"), API + "v2": answer()}
    assert visit(pages, FetchRequest(API, headers=KEYED))[1].requests[1].headers["x-api-key"] == "key"


def test_keys_do_not_travel_to_another_port():
    pages = {"http://api.example:8080/": redirect(API), API: answer()}
    seen = visit(pages, FetchRequest("http://api.example:8080/", headers=KEYED))[1].requests
    assert "x-api-key" in seen[0].headers and "x-api-key" not in seen[1].headers


def test_a_key_is_not_sent_in_the_clear():
    error, dialled = refused({API: answer()}, FetchRequest(API, headers=KEYED, carries_key=True))
    assert "https" in error.user_message and dialled == []
    request = FetchRequest("http://wiki.intranet/", headers=KEYED, carries_key=True)
    pages, names = {"http://wiki.intranet/": answer(b"ok")}, {"wiki.intranet": ["10.0.0.7"]}
    assert get(pages, request, "wiki.intranet", names=names).body == b"ok"


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [("POST", 301, "GET"), ("POST", 302, "GET"), ("PUT", 303, "GET"), ("POST", 307, "POST"), ("PUT", 302, "PUT"),
     ("DELETE", 308, "DELETE"), ("HEAD", 303, "HEAD")],
)  # fmt: skip
def test_methods_change_at_a_redirect_as_http_says(method, status, then):
    request = FetchRequest(API, method, {"Content-Type": "text/plain"}, b"" if method == "HEAD" else b"data")
    pages = {API: answer(b"", status, Location="/b"), API + "b": answer()}
    seen = visit(pages, request)[1].requests[1]
    assert (seen.method, seen.body) == (then, b"data" if then == method != "HEAD" else b"")
    assert ("content-type" in seen.headers) == bool(seen.body)


def test_a_body_is_not_passed_on_to_another_host():
    request = FetchRequest(API, "POST", body=b"private")
    error, dialled = refused({API: redirect("http://other.example/", 307)}, request)
    assert isinstance(error, Refused) and len(dialled) == 1
    assert "passes the request on to other.example" in error.user_message


# --- bounds -----------------------------------------------------------------------------------


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def trickle(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


def test_five_megabytes_are_cut_while_reading():
    fetched = get({API: answer(b"y" * 5_000_000)})
    assert (len(fetched.body), fetched.is_cut, fetched.size_bytes) == (1_000_000, True, 5_000_000)


def test_an_answer_without_end_is_cut():
    fetched = get({API: endless}, FetchRequest(API, max_bytes=1000))
    assert (len(fetched.body), fetched.is_cut, fetched.size_bytes) == (1000, True, None)


def test_the_bound_counts_what_was_unpacked():
    bomb = answer(gzip.compress(bytes(50_000_000)), Content_Encoding="gzip")
    fetched = get({API: bomb}, FetchRequest(API, max_bytes=2000))
    assert (len(fetched.body), fetched.is_cut, fetched.size_bytes) == (2000, True, None)
    assert get({API: answer(gzip.compress(b"small"), Content_Encoding="gzip")}).body == b"small"


@pytest.mark.parametrize("page", [silent, trickle])
def test_silence_and_slowness_end_in_time(page):
    started = time.monotonic()
    error, _ = refused({API: page}, FetchRequest(API, timeout_s=0.2))
    assert isinstance(error, TimedOut) and "api.example took longer than 0.2 s" in error.user_message
    assert time.monotonic() - started < 5


def test_redirects_share_one_time():
    async def slowly(writer):
        await asyncio.sleep(0.1)
        writer.write(redirect("/"))

    assert isinstance(refused({API: slowly}, FetchRequest(API, timeout_s=0.25))[0], TimedOut)


def test_a_name_server_that_is_silent_ends_in_time():
    async def never(host, port):
        await asyncio.Event().wait()

    with pytest.raises(TimedOut):
        asyncio.run(GuardedFetch(resolve=never).fetch(FetchRequest(API, timeout_s=0.05)))


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (b"", UpstreamFailed),
        (b"SSH-2.0-OpenSSH_9.2\r\n", UpstreamFailed),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", UpstreamFailed),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", StreamCut),
        (answer(b"not gzip at all", Content_Encoding="gzip"), UpstreamFailed),
        (answer(gzip.compress(b"x" * 999, mtime=0)[:-9], Content_Encoding="gzip"), StreamCut),
        (answer(b"x", Content_Encoding="br"), UpstreamFailed),
        (answer(b"x", Content_Encoding="gzip, gzip"), UpstreamFailed),
    ],
)
def test_broken_answers_get_a_sentence_that_names_the_host(page, kind):
    error, _ = refused({API: page}, FetchRequest(API))
    assert type(error) is kind and error.user_message.startswith("api.example ")


def test_nothing_shows_a_key():
    request = FetchRequest(API + "?key=secret", headers={"X-Key": "secret"}, body=b"secret")
    assert "secret" not in repr(request)
    fetched = get({API: answer(b"secret", X_Echo="secret")}, request)
    assert "secret" not in repr(fetched)
    error, _ = refused({API: b"nonsense"}, request)
    assert "secret" not in error.user_message


def test_closed_ports_are_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    request = FetchRequest(f"http://127.0.0.1:{port}/")
    with pytest.raises(Unreachable, match="nothing answers"):
        asyncio.run(GuardedFetch(["127.0.0.1"]).fetch(request))


# --- TLS --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of api.example, signed by itself, with its key in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=api.example", "-addext", "subjectAltName=DNS:api.example", "-days", "2"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


def over_tls(certificate: Path, url: str, names: list[str | None], *, trusted: bool = True, pages=None):
    """A fetch over TLS; `names` collects the host names that clients greet with."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    server.sni_callback = lambda _, name, __: names.append(name)
    client = ssl.create_default_context(cafile=certificate if trusted else None)

    async def work():
        pages_or_one = pages or {url: answer(b"safe")}
        async with Web(pages_or_one, ssl_context=server) as web:
            return await web.guard(trusted=client).fetch(FetchRequest(url, carries_key=True))

    return asyncio.run(work())


def test_the_certificate_is_checked_for_the_name_though_an_address_is_called(certificate):
    names: list[str | None] = []
    assert over_tls(certificate, "https://api.example/x", names).body == b"safe"
    assert names == ["api.example"]


@pytest.mark.parametrize(
    ("url", "trusted"), [("https://other.example/", True), ("https://api.example/", False)]
)
def test_a_certificate_of_somebody_else_is_refused(certificate, url, trusted):
    with pytest.raises(Unreachable, match="certificate that does not prove"):
        over_tls(certificate, url, [], trusted=trusted)


def test_a_redirect_to_plain_http_is_refused(certificate):
    pages = {"https://api.example/": redirect("http://api.example/")}
    with pytest.raises(Refused, match="from https to http"):
        over_tls(certificate, "https://api.example/", [], pages=pages)


def test_a_server_without_tls_is_said():
    async def plain(_, writer):
        writer.write(answer(b"Plain HTTP only", 400))
        writer.close()

    async def work():
        server = await asyncio.start_server(plain, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unreachable, match="does not speak https"):
            await GuardedFetch(["127.0.0.1"]).fetch(FetchRequest(f"https://127.0.0.1:{port}/"))
        server.close()

    asyncio.run(work())
