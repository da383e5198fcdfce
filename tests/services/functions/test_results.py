import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.functions.results import MAX_RESULT_BYTES, describe, shorten
from services.guarded_fetch import Fetched


def fetched(body=b"", status=200, media_type="application/json", *, is_cut=False, **headers):
    return Fetched(status, {"content-type": media_type, **headers}, body, "https://a.example/", is_cut)


def test_short_text_is_given_whole():
    assert shorten("grüße") == "grüße"
    assert shorten("half \ud800") == "half ?"


def test_long_text_says_how_much_of_it_is_there():
    text = shorten("x" * 5_000_000)
    assert len(text) < MAX_RESULT_BYTES + 200
    assert text.endswith("… cut here: the first 16,384 bytes are shown, of 5,000,000 bytes.")
    assert shorten("abc", is_cut=True).endswith("the first 3 bytes are shown, and there is more.")
    assert shorten("abc", 99, is_cut=True).endswith("the first 3 bytes are shown, of 99 bytes.")


@given(st.text(max_size=60), st.integers(0, 40))
def test_no_character_is_cut_in_two(text, limit):
    assert text.encode(errors="replace").decode().startswith(shorten(text, limit=limit).partition("\n…")[0])


def test_json_is_given_as_it_came_and_compact_only_where_it_is_too_long():
    assert describe(fetched(b'{ "a": 0.10 }'), "h").text == '{ "a": 0.10 }'
    long = json.dumps({"a": list(range(3000))}, indent=4)
    output = describe(fetched(long.encode()), "h")
    assert json.loads(output.text) == json.loads(long) and len(output.text) < MAX_RESULT_BYTES < len(long)
    broken = describe(fetched(b"[" + b" " * 50_000), "h")
    assert "cut here" in broken.text and broken.ok


def test_statuses_that_are_refusals_are_failures():
    output = describe(fetched(b'{"error": "no such pet"}', 404), "api.example")
    assert (output.ok, output.text) == (
        False,
        'Error: api.example answered 404 Not Found.\n{"error": "no such pet"}',
    )
    assert len(describe(fetched(b"x" * 100_000, 500), "h").text) < 2_300
    assert describe(fetched(b"", 599), "h").text == "Error: h answered 599."


def test_nothing_and_no_text_are_said():
    assert describe(fetched(b"", 204), "h").text == "h answered 204 No Content, without any content."
    picture = describe(fetched(b"\x89PNG", media_type="image/png", **{"content-length": "1234"}), "h")
    assert (picture.ok, picture.text) == (True, "h answered with image/png, 1,234 bytes, which is not text.")
    assert "not text" in describe(fetched(b"\xff\xfe\0", media_type=""), "h").text
    assert describe(fetched("ü".encode(), media_type=""), "h").text == "ü"


@pytest.mark.parametrize(
    ("secret", "echo"),
    [
        ("s3cret-key", "s3cret-key"),
        ("me:passw0rd", "passw0rd"),
        ("me:passw0rd", base64.b64encode(b"me:passw0rd").decode()),
        ("a/key+more", "a%2Fkey%2Bmore"),
        ('say "key"', 'say \\"key\\"'),
    ],
)
@pytest.mark.parametrize("status", [200, 401])
def test_a_key_that_a_server_gives_back_is_taken_out(secret, echo, status):
    output = describe(fetched(f"You sent {echo}.".encode(), status, "text/plain"), "h", secret)
    assert output.text.endswith("You sent [key].")
