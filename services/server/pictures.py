"""Pictures of the local engines, as OpenAI answers with them: whole, or with partial ones before."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services import tokens
from services.media.images.pictures import read_picture, written
from services.server.errors import ApiError
from services.server.rules.images import Wanted
from services.server.rules.limits import unsupported

if TYPE_CHECKING:
    from services.engines.registry import Engines

AT_ONCE = 2
COARSE = (0.1, 0.2, 0.4)
"""The share of their height that the partial pictures of a stream are drawn in, from the first to the last."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form: which field it was, its name and its bytes."""

    field: str
    filename: str
    data: bytes


class PictureService:
    """Draws and edits in threads of its own."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tandem-pictures")

    async def generate(self, wanted: Wanted) -> dict[str, Any]:
        """Illustrations of a prompt. The first without a seed is always the same, the others differ from it."""
        made = [await self._in_thread(self._drawn, wanted, number) for number in range(wanted.count)]
        return _answer(wanted, made, self._engines.illustrations.model_id)

    async def generate_events(self, wanted: Wanted) -> AsyncGenerator[dict[str, Any], None]:
        """The same as events: partial pictures first, coarse and then finer."""
        for number in range(wanted.count):
            for index in range(wanted.partial):
                coarse = await self._in_thread(self._drawn, wanted, number, COARSE[index - wanted.partial])
                yield _event(wanted, "image_generation.partial_image", coarse) | {
                    "partial_image_index": index
                }
            whole = await self._in_thread(self._drawn, wanted, number)
            yield _event(wanted, "image_generation.completed", whole) | self._end(wanted, whole)

    async def edit(self, wanted: Wanted, uploads: Sequence[Upload]) -> dict[str, Any]:
        """Edited pictures."""
        read = await self._in_thread(_inputs, uploads)
        made = [await self._in_thread(self._edited, wanted, read, number) for number in range(wanted.count)]
        return _answer(wanted, made, self._engines.illustrations.model_id)

    async def edit_events(
        self, wanted: Wanted, uploads: Sequence[Upload]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The same as events: partial pictures first, coarse and then finer."""
        read = await self._in_thread(_inputs, uploads)
        for number in range(wanted.count):
            whole = await self._in_thread(self._edited, wanted, read, number)
            for index in range(wanted.partial):
                coarse = await self._in_thread(_coarse, whole, COARSE[index - wanted.partial], wanted)
                yield _event(wanted, "image_edit.partial_image", coarse) | {"partial_image_index": index}
            yield _event(wanted, "image_edit.completed", whole) | self._end(wanted, whole)

    def close(self) -> None:
        """Take no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _end(self, wanted: Wanted, made: Made) -> dict[str, Any]:
        """What the last event of a picture says beside the picture."""
        return {
            "usage": _usage(wanted, 0),
            "model": self._engines.illustrations.model_id,
            "revised_prompt": made.said,
        }

    async def _in_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def _drawn(self, wanted: Wanted, number: int, share: float = 1.0) -> Made:
        from services.engines.illustrator.engine import seed_of

        engine = self._engines.illustrations
        seed = (wanted.seed if wanted.seed is not None else seed_of(wanted.prompt)) + number
        if wanted.picture_format == "svg":
            reading = engine.read(wanted.prompt)
            scene = engine.compose(
                reading, seed, wanted.width / wanted.height, transparent=wanted.transparent
            )
            return Made(scene.svg.encode(), "An illustration composed from drawings.")
        size = max(16, round(wanted.width * share)), max(16, round(wanted.height * share))
        drawn = engine.draw(wanted.prompt, *size, seed, transparent=wanted.transparent)
        pixels = drawn.pixels if share == 1.0 else _resized(drawn.pixels, wanted.width, wanted.height)
        return Made(written(pixels, wanted.picture_format, wanted.compression), drawn.said)

    def _edited(self, wanted: Wanted, read: tuple[list[Any], Any], number: int) -> Made:
        import numpy as np

        if wanted.picture_format == "svg":
            raise unsupported("output_format", "An edited picture is made of pixels.")
        pictures, mask = read
        done = self._engines.retoucher.edit(pictures, wanted.prompt, mask, number + (wanted.seed or 0))
        pixels = done.pixels
        if not wanted.is_size_auto:
            pixels = _fitted(pixels, wanted.width, wanted.height)
        return Made(
            written(np.ascontiguousarray(pixels), wanted.picture_format, wanted.compression), done.said
        )


@dataclass(frozen=True, slots=True)
class Made:
    """A finished picture as a file, and what is to be said about it."""

    data: bytes
    said: str


def _inputs(uploads: Sequence[Upload]) -> tuple[list[Any], Any]:
    """The pictures as pixels, and where the mask is clear. Raises InvalidInput or ApiError."""
    import numpy as np

    pictures = [
        np.asarray(read_picture(_named(u), u.data)).copy() for u in uploads if u.field in ("image", "image[]")
    ]
    masks = [u for u in uploads if u.field == "mask"]
    if not pictures:
        raise ApiError(
            400, "Missing required parameter: 'image'.", code="missing_required_parameter", param="image"
        )
    if any(u.field == "markup" for u in uploads):
        raise unsupported("markup", "Mark the place with a mask.")
    if not masks:
        return pictures, None
    mask = np.asarray(read_picture(_named(masks[0]), masks[0].data))
    if mask.shape[:2] != pictures[0].shape[:2]:
        raise ApiError(
            400,
            f"Invalid mask image: its size {_size(mask)} is not that of the image, {_size(pictures[0])}.",
            code="invalid_image_format",
            param="mask",
        )
    if int(mask[..., 3].min()) == 255:
        raise ApiError(
            400,
            "Invalid mask image: it has no transparent area. What is transparent in the mask is edited.",
            code="invalid_image_format",
            param="mask",
        )
    return pictures, mask[..., 3] < 128


def _size(pixels: Any) -> str:
    return f"{pixels.shape[1]}x{pixels.shape[0]}"


def _named(upload: Upload) -> str:
    return "The mask" if upload.field == "mask" else "The image"


def _coarse(whole: Made, share: float, wanted: Wanted) -> Made:
    picture = read_picture("The picture", whole.data)
    small = picture.resize((max(8, round(picture.width * share)), max(8, round(picture.height * share))))
    return Made(written(small.resize(picture.size), wanted.picture_format, wanted.compression), whole.said)


def _resized(pixels: Any, width: int, height: int) -> Any:
    import cv2

    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)


def _fitted(pixels: Any, width: int, height: int) -> Any:
    """The picture filling the size that was asked for, cut at the middle."""
    from PIL import Image, ImageOps

    return ImageOps.fit(Image.fromarray(pixels, "RGBA"), (width, height), Image.Resampling.LANCZOS)


def _answer(wanted: Wanted, made: Sequence[Made], model: str) -> dict[str, Any]:
    return {
        "created": int(time.time()),
        "model": model,
        "background": "transparent" if wanted.transparent else "opaque",
        "data": [{"b64_json": base64.b64encode(m.data).decode(), "revised_prompt": m.said} for m in made],
        "output_format": wanted.picture_format,
        "quality": _quality(wanted, "low"),
        "size": f"{wanted.width}x{wanted.height}",
        "usage": _usage(wanted, 0),
    }


def _event(wanted: Wanted, kind: str, made: Made) -> dict[str, Any]:
    return {
        "type": kind,
        "b64_json": base64.b64encode(made.data).decode(),
        "background": "transparent" if wanted.transparent else "opaque",
        "created_at": int(time.time()),
        "output_format": wanted.picture_format,
        "quality": _quality(wanted, "auto"),
        "size": f"{wanted.width}x{wanted.height}",
    }


def _quality(wanted: Wanted, unsaid: str) -> str:
    """Drawings have one quality; the answer repeats what was asked for, as far as the SDK's types know it."""
    return wanted.quality if wanted.quality not in ("auto", "standard", "hd") else unsaid


def _usage(wanted: Wanted, pictures: int) -> dict[str, Any]:
    """The words as tokens. A drawing takes none to make, so that none are counted."""
    words = tokens.count(wanted.prompt, "gpt-4o")
    return {
        "input_tokens": words,
        "input_tokens_details": {"image_tokens": pictures, "text_tokens": words},
        "output_tokens": 0,
        "output_tokens_details": {"image_tokens": 0, "text_tokens": 0},
        "total_tokens": words,
    }
