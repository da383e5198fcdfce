"""Pictures through the unmodified SDK: made, streamed, edited; and everything that may be wrong with a picture."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
from openai import OpenAI
from PIL import Image
from pydantic import SecretStr
from starlette.testclient import TestClient

from services.server.api import create_api
from services.settings import Settings
from tests.support.api import BASE_URL, KEY, Open, sdk
from tests.support.engines import drawing_engines
from tests.support.upstream import Script, ScriptedUpstream

FOX = "a red fox under a tree"


@pytest.fixture
def artist(tmp_path: Path, llama: ScriptedUpstream, open_api: Open) -> OpenAI:
    """The SDK over an API that can draw."""
    settings = Settings(api_key=SecretStr(KEY), allowed_hosts=("testserver",))
    return sdk(open_api(create_api(settings, drawing_engines(tmp_path, llama))))


def pixels(b64: str | None) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.asarray(Image.open(BytesIO(base64.b64decode(b64 or ""))).convert("RGBA"))


def png(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def plain(colour: str = "#3366aa", size: tuple[int, int] = (128, 96)) -> bytes:
    return png(Image.new("RGB", size, colour))


def test_an_illustration_says_what_it_is_and_repeats_itself(artist: OpenAI) -> None:
    first, again = (artist.images.generate(prompt=FOX, size="192x128", model="dall-e-3") for _ in range(2))
    assert first.data and again.data
    assert first.model_extra and first.model_extra["model"] == "fluent-emoji-flat"
    assert "illustration" in str(first.data[0].revised_prompt)
    assert pixels(first.data[0].b64_json).shape == (128, 192, 4)
    assert first.data[0].b64_json == again.data[0].b64_json
    assert first.usage and first.usage.output_tokens == 0


def test_several_pictures_differ(artist: OpenAI) -> None:
    made = artist.images.generate(prompt=FOX, size="128x128", n=2)
    assert made.data and made.data[0].b64_json != made.data[1].b64_json


@pytest.mark.parametrize(
    ("asked", "kind"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP"), ("gif", "GIF")]
)
def test_formats(artist: OpenAI, asked: Any, kind: str) -> None:
    made = artist.images.generate(prompt=FOX, size="128x128", output_format=asked)
    assert made.data and Image.open(BytesIO(base64.b64decode(made.data[0].b64_json or ""))).format == kind


def test_svg_is_the_scene_itself(artist: OpenAI) -> None:
    made = artist.images.generate(prompt=FOX, output_format="svg")
    assert made.data and base64.b64decode(made.data[0].b64_json or "").startswith(b"<svg")


def test_a_transparent_background_is_clear(artist: OpenAI) -> None:
    made = artist.images.generate(prompt="a red apple", size="128x128", background="transparent")
    assert made.data
    alpha = pixels(made.data[0].b64_json)[..., 3]
    assert alpha[0, 0] == 0 and alpha.max() == 255


def test_partial_pictures_come_before_the_whole_one(artist: OpenAI) -> None:
    events = list(artist.images.generate(prompt=FOX, size="128x128", stream=True, partial_images=2))
    assert [e.type for e in events] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert events[-1].b64_json not in {e.b64_json for e in events[:-1]}


def test_nothing_outside_the_mask_changes(artist: OpenAI) -> None:
    mask = Image.new("RGBA", (128, 96), "black")
    mask.paste((0, 0, 0, 0), (64, 20, 120, 90))
    edited = artist.images.edit(
        image=("a.png", plain()), mask=("m.png", png(mask)), prompt="add a yellow star"
    )
    assert edited.data
    after = pixels(edited.data[0].b64_json)
    assert (after[:, :60, :3] == (0x33, 0x66, 0xAA)).all()
    assert not (after[20:90, 64:120, :3] == (0x33, 0x66, 0xAA)).all()


def test_edits_are_streamed_too(artist: OpenAI) -> None:
    events = list(artist.images.edit(image=plain(), prompt="add a cat", stream=True, partial_images=1))
    assert [e.type for e in events] == ["image_edit.partial_image", "image_edit.completed"]


def test_an_edit_that_is_not_understood_says_what_is(artist: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        artist.images.edit(image=plain(), prompt="make the mood melancholic")
    assert refused.value.code == "edit_not_understood" and "remove the background" in str(refused.value)


def test_a_picture_in_a_conversation_becomes_what_was_read_from_it(
    client: OpenAI, llama: ScriptedUpstream
) -> None:
    url = "data:image/png;base64," + base64.b64encode(plain("#1f6fd0")).decode()
    parts: Any = [{"type": "text", "text": "Which colour?"}, {"type": "image_url", "image_url": {"url": url}}]
    client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": parts}])
    sent = json.dumps(llama.requests[-1].json["messages"])
    assert "128 \\u00d7 96" in sent and "blue" in sent and "cannot see" in sent and "base64" not in sent


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x.png", "http://169.254.169.254/latest", "file:///etc/passwd"]
)
def test_no_address_inside_is_asked_for_a_picture(client: OpenAI, llama: ScriptedUpstream, url: str) -> None:
    parts: Any = [{"type": "image_url", "image_url": {"url": url}}]
    client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": parts}])
    assert "could not be read" in json.dumps(llama.requests[-1].json["messages"])


def test_variations_are_gone(artist: OpenAI) -> None:
    with pytest.warns(DeprecationWarning), pytest.raises(openai.NotFoundError, match="retired"):
        artist.images.create_variation(image=plain())


def mask_of_another_size() -> dict[str, Any]:
    return {"image": plain(), "mask": png(Image.new("RGBA", (10, 10), (0, 0, 0, 0)))}


def animated() -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), "red").save(
        out, "GIF", save_all=True, append_images=[Image.new("RGB", (8, 8), "blue")]
    )
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes whose head promises 20,000 by 20,000 pixels."""
    data = bytearray(plain())
    data[16:24] = (20_000).to_bytes(4) * 2
    return bytes(data)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"image": b"no picture"}, "no PNG"),
        ({"image": b""}, "no PNG"),
        ({"image": b"<svg onload='x()'/>"}, "no PNG"),
        ({"image": plain()[:60]}, "no PNG"),
        ({"image": bomb()}, "no PNG|million pixels"),
        ({"image": animated()}, "animated"),
        (mask_of_another_size(), "is not that of the image"),
        ({"image": plain(), "mask": png(Image.new("RGB", (128, 96)))}, "no transparent area"),
    ],
)
def test_bad_pictures_are_refused_in_a_sentence(artist: OpenAI, given: dict[str, Any], says: str) -> None:
    with pytest.raises(openai.BadRequestError, match=says):
        artist.images.edit(prompt="add a cat", **given)


def test_odd_pictures_are_read(artist: OpenAI) -> None:
    turned = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 40), "green").save(turned, "JPEG", exif=exif)
    cmyk = BytesIO()
    Image.new("CMYK", (40, 40), (0, 90, 90, 0)).save(cmyk, "JPEG")
    deep = png(Image.fromarray(np.full((40, 40), 40_000, np.uint16)))
    sizes = []
    for data in (turned.getvalue(), cmyk.getvalue(), deep):
        edited = artist.images.edit(image=("a", data), prompt="mirror it")
        assert edited.data
        sizes.append(pixels(edited.data[0].b64_json).shape[:2])
    assert sizes == [(80, 40), (40, 40), (40, 40)]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"prompt": " "}, "Missing required parameter: 'prompt'"),
        ({"prompt": "x" * 40_000}, "string too long"),
        ({"size": "20000x20000"}, "Invalid size"),
        ({"n": 11}, "'n'"),
        ({"output_format": "jpeg", "background": "transparent"}, "Transparent background"),
        ({"extra_body": {"bogus": 1}}, "Unknown parameter: 'bogus'"),
        ({"response_format": "url"}, "b64_json"),
    ],
)
def test_wrong_requests(artist: OpenAI, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(openai.BadRequestError, match=says):
        artist.images.generate(**{"prompt": FOX} | wrong)


def test_missing_drawings_are_said(client: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError, match="not been fetched"):
        client.images.generate(prompt=FOX)


def test_an_upstream_gets_the_form_as_it_came(http_before: TestClient, upstream: ScriptedUpstream) -> None:
    answer = {"created": 1, "data": [{"b64_json": "AA=="}]}
    upstream.play(Script(body=answer))
    made = OpenAI(http_client=http_before, base_url=BASE_URL, api_key=KEY, max_retries=0).images.edit(
        model="gpt-image-2.6-sunburst", image=[plain(), plain("#ff0000")], prompt="together"
    )
    sent = upstream.requests[-1]
    assert json.loads(made.to_json())["data"] == answer["data"]
    assert sent.path == "/v1/images/edits" and plain() in sent.raw and b"together" in sent.raw
