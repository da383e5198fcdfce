"""What a request for pictures may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.server.errors import ApiError
from services.server.rules import limits, schema
from services.server.rules.schema_errors import missing

MOST_PROMPT_CHARACTERS = 32_000
MOST_PICTURES = 10
MOST_INPUTS = 16
MOST_PARTIAL = 3
DEFAULT_SIZE = (1024, 1024)
SMALLEST_PX, LARGEST_PX = 64, 2048
FORMATS = ("png", "jpeg", "webp", "gif", "svg")
MODEL = "gpt-image-1"
"""What a request without a model asks for, as OpenAI's own default of this kind."""
_NUMBERS = ("n", "output_compression", "partial_images", "frame_count", "frame_duration_ms", "seed")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A checked request for pictures. `seed` is ours: the same one gives the same picture."""

    prompt: str
    count: int
    width: int
    height: int
    is_size_auto: bool
    picture_format: str
    compression: int
    transparent: bool
    quality: str
    partial: int
    stream: bool
    seed: int | None


def generation_type() -> Any:
    """The SDK's type of a request for a picture, streamed or not."""
    from openai.types.image_generate_params import ImageGenerateParamsBase

    return schema.body_type(ImageGenerateParamsBase, stream=bool | None, seed=int)


def edit_type() -> Any:
    """The SDK's type of the fields of an edit, without its files."""
    from openai.types.image_edit_params import ImageEditParamsBase

    return schema.body_type(ImageEditParamsBase, "image", "mask", "markup", stream=bool | None, seed=int)


def generation(body: Mapping[str, Any]) -> Wanted:
    """A checked request for pictures. ApiError 400 in the service's words."""
    given = schema.without_nulls(body)
    schema.check(generation_type, given)
    return _wanted(given)


def edit(fields: Mapping[str, str]) -> Wanted:
    """A checked request for an edit from the fields of a form."""
    given: dict[str, Any] = {
        name: _typed(name, value) for name, value in fields.items() if not name.startswith("svg")
    }
    schema.check(edit_type, given)
    return _wanted(given)


def _wanted(given: Mapping[str, Any]) -> Wanted:
    if not str(given.get("prompt", "")).strip():
        raise missing("prompt")
    limits.text(given["prompt"], "prompt", MOST_PROMPT_CHARACTERS)
    limits.number(given, "n", 1, MOST_PICTURES)
    limits.number(given, "output_compression", 0, 100)
    limits.number(given, "partial_images", 0, MOST_PARTIAL)
    limits.number(given, "seed", 0, 2**32 - 1)
    picture_format, background = given.get("output_format", "png"), given.get("background", "auto")
    if background == "transparent" and picture_format == "jpeg":
        raise ApiError(
            400,
            "Transparent background is not supported for JPEG output format.",
            code="invalid_value",
            param="background",
        )
    if given.get("response_format") == "url":
        raise limits.unsupported("response_format", "Pictures come as b64_json.")
    width, height, is_auto = size(given.get("size", "auto"))
    return Wanted(
        prompt=given["prompt"],
        count=given.get("n", 1),
        width=width,
        height=height,
        is_size_auto=is_auto,
        picture_format=picture_format,
        compression=given.get("output_compression", 100 if picture_format == "png" else 90),
        transparent=background == "transparent",
        quality=given.get("quality", "auto"),
        partial=given.get("partial_images", 0),
        stream=bool(given.get("stream")),
        seed=given.get("seed"),
    )


def size(given: str) -> tuple[int, int, bool]:
    """Width, height, and whether that was left to us. ApiError 400 for what is no size or too large."""
    if given == "auto":
        return (*DEFAULT_SIZE, True)
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", given)
    sides = tuple(map(int, found.groups())) if found else ()
    if not sides or not all(SMALLEST_PX <= side <= LARGEST_PX for side in sides):
        raise ApiError(
            400,
            f"Invalid size '{given[:32]}'. Use WIDTHxHEIGHT with sides from {SMALLEST_PX} to {LARGEST_PX}, for example 1024x1024, or auto.",
            code="invalid_value",
            param="size",
        )
    return sides[0], sides[1], False


def _typed(name: str, value: str) -> Any:
    """A field of a form as JSON would have it."""
    if name in _NUMBERS:
        if not re.fullmatch(r"\d{1,12}", value):
            raise ApiError(
                400, f"Invalid type for '{name}': expected an integer.", code="invalid_type", param=name
            )
        return int(value)
    if name == "stream":
        if value not in ("true", "false"):
            raise ApiError(
                400, "Invalid type for 'stream': expected a boolean.", code="invalid_type", param="stream"
            )
        return value == "true"
    return value
