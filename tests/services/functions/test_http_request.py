import base64
import contextlib
import json
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import InvalidInput
from services.functions.http_operation import Credential, HttpOperation, Parameter
from services.functions.http_request import build_request
from services.guarded_fetch.targets import parse_target

PET = HttpOperation(
    "GET", "https://api.example/v1", "/pets/{id}/toys", (Parameter("id", "path", "id", "comma"),)
)


def query(form, value, name="q"):
    operation = HttpOperation("GET", "https://api.example", "/", (Parameter("a", "query", name, form),))
    return build_request(operation, {"a": value}).url.removeprefix("https://api.example/")


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        ("plain", "a b&c=d", "?q=a%20b%26c%3Dd"),
        ("plain", ["x", "y,z"], "?q=x&q=y%2Cz"),
        ("plain", {"k": "v", "l": 2}, "?k=v&l=2"),
        ("plain", True, "?q=true"),
        ("plain", 1.5, "?q=1.5"),
        ("plain", "", "?q="),
        ("plain", [], ""),
        ("plain", None, ""),
        ("comma", ["x", "y,z"], "?q=x,y%2Cz"),
        ("comma", {"k": "v"}, "?q=k,v"),
        ("space", ["x", "y"], "?q=x%20y"),
        ("pipe", ["x", "y"], "?q=x%7Cy"),
        ("deep", {"k": "v", "l": [1]}, "?q%5Bk%5D=v&q%5Bl%5D=%5B1%5D"),
        ("json", {"k": ["ü"]}, "?q=%7B%22k%22%3A%5B%22%C3%BC%22%5D%7D"),
    ],
)
def test_queries_are_written_as_the_document_says(form, value, expected):
    assert query(form, value) == expected


def test_a_name_in_a_query_is_only_a_name():
    assert query("plain", "v", "filter[a]&b") == "?filter%5Ba%5D%26b=v"


@pytest.mark.parametrize(
    ("value", "segment"),
    [("7", "7"), (7, "7"), ("a/b?c#d", "a%2Fb%3Fc%23d"), ("ü", "%C3%BC"), ("a%2Fb", "a%252Fb"), (["a", "b,c"], "a,b%2Cc"),
     ("...", "..."), ("a..b", "a..b"), ("@evil.example", "%40evil.example"), ("\r\nHost: x", "%0D%0AHost%3A%20x"),
     ("\ud800", "%3F")],
)  # fmt: skip
def test_a_value_stays_within_its_part_of_the_path(value, segment):
    assert build_request(PET, {"id": value}).url == f"https://api.example/v1/pets/{segment}/toys"


@pytest.mark.parametrize(
    "value",
    [
        "..",
        ".",
        "../..",
        "a/../b",
        "..\\x",
        "%2e%2e",
        "%252e%252e",
        "..%2f..",
        "..;x",
        "",
        None,
        [],
        ["", ""],
    ],
)
def test_a_value_that_could_climb_is_refused(value):
    if value == ["", ""]:
        assert build_request(PET, {"id": value}).url.endswith("/pets/,/toys")
        return
    with pytest.raises(InvalidInput, match=r"path"):
        build_request(PET, {"id": value})


def test_parts_put_together_cannot_climb_either():
    two = replace(PET, path="/{a}{b}", parameters=tuple(Parameter(n, "path", n, "comma") for n in "ab"))
    with pytest.raises(InvalidInput, match=r"path"):
        build_request(two, {"a": ".", "b": "."})


@given(st.text(min_size=1), st.dictionaries(st.text(), st.text(), max_size=3))
def test_no_argument_changes_host_or_path(value, spread):
    parameters = (*PET.parameters, Parameter("q", "query", "q"), Parameter("d", "query", "d", "deep"))
    with contextlib.suppress(InvalidInput):
        request = build_request(replace(PET, parameters=parameters), {"id": value, "q": spread, "d": spread})
        parts = urlsplit(request.url)
        assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "api.example", "")
        first, rest = parts.path.removesuffix("/toys").rsplit("/", 1)
        assert (first, unquote(rest)) == ("/v1/pets", value.encode(errors="replace").decode())
        assert parse_target(request.url).host == "api.example"


def test_headers_and_bodies_carry_their_arguments():
    operation = HttpOperation(
        "POST", "https://api.example", "/",
        (Parameter("h", "header", "X-Ids", "comma"), Parameter("name", "body", "name", "json"),
         Parameter("no", "body", "none", "json"), Parameter("gone", "body", "gone", "json")),
        body_type="application/merge-patch+json",
    )  # fmt: skip
    request = build_request(operation, {"h": [1, 2], "name": "ü", "no": None})
    assert request.headers["X-Ids"] == "1,2"
    assert request.headers["Content-Type"] == "application/merge-patch+json"
    assert json.loads(request.body) == {"name": "ü", "none": None}


def test_an_optional_body_is_left_out_and_a_required_one_is_not():
    operation = HttpOperation(
        "POST", "https://a.example", "/", (Parameter("b", "body", "b"),), None, "application/json"
    )
    request = build_request(operation, {})
    assert request.body == b"" and "Content-Type" not in request.headers
    assert build_request(replace(operation, is_body_required=True), {}).body == b"{}"


def test_a_whole_body_is_one_argument():
    operation = HttpOperation(
        "PUT", "https://a.example", "/", (Parameter("body", "body", ""),), None, "application/json"
    )
    assert build_request(operation, {"body": [1, {"a": None}]}).body == b'[1,{"a":null}]'
    assert build_request(operation, {"body": None}).body == b"null"


@pytest.mark.parametrize(
    ("credential", "secret", "headers", "end"),
    [
        (Credential("k", "header", "X-Key"), "s3cret", {"X-Key": "s3cret"}, "/toys"),
        (Credential("k", "query", "api key"), "s3/cret", {}, "/toys?api%20key=s3%2Fcret"),
        (Credential("k", "bearer"), "s3cret", {"Authorization": "Bearer s3cret"}, "/toys"),
        (Credential("k", "basic"), "me:pässword", {"Authorization": "Basic " + base64.b64encode("me:pässword".encode()).decode()}, "/toys"),
    ],
)  # fmt: skip
def test_the_key_travels_where_the_document_says(credential, secret, headers, end):
    request = build_request(replace(PET, credential=credential), {"id": "7"}, secret)
    assert request.carries_key and request.url.endswith(end)
    assert headers.items() <= request.headers.items()
    assert secret not in repr(request)


def test_without_its_key_an_operation_is_not_called():
    wants = replace(PET, credential=Credential("My key", "bearer"))
    with pytest.raises(InvalidInput, match=r"api\.example wants a key \(My key\)"):
        build_request(wants, {"id": "7"})
    may = replace(PET, credential=Credential("My key", "bearer", is_required=False))
    assert not build_request(may, {"id": "7"}).carries_key
    assert not build_request(PET, {"id": "7"}, "a key nobody asked for").carries_key


@pytest.mark.parametrize("secret", ["a\r\nX: b", "a\0b", "x" * 5000])
def test_what_is_no_key_is_not_sent_and_not_repeated(secret):
    with pytest.raises(InvalidInput, match="Type it again") as caught:
        build_request(replace(PET, credential=Credential("k", "bearer")), {"id": "7"}, secret)
    assert secret not in caught.value.user_message


def test_one_server_never_gets_the_key_of_another():
    ids = {
        replace(PET, server=server, credential=Credential("key", "bearer")).secret_id
        for server in (
            "https://a.example/v1",
            "https://b.example",
            "https://a.example:8443",
            "http://a.example",
        )
    }
    assert len(ids) == 4
    assert replace(PET, credential=None).secret_id is None
