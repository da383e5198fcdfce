"""Pages as a cheap scanner would give them: pictures, a little turned and grey, with no text behind them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.rl_config import TTFSearchPath

PIXELS = (1240, 1754)  # A4 at 150 dots an inch
MARGIN, LINE, LETTER = 130, 38, 25
COLUMNS = 72
TURNS_DEGREES = (0.7, -0.5, 0.4, -0.9)
NOISE = 7
PAPER, INK = 246, 40


def write_scan(title: str, blocks: Sequence[str], target: Path) -> None:
    """A PDF of pictures, a page for each run of blocks between `===`."""
    canvas = Canvas(str(target), pagesize=A4, invariant=1)
    canvas.setTitle(title)
    for number, page in enumerate(_pages(blocks)):
        canvas.drawImage(ImageReader(BytesIO(_picture(page, number))), 0, 0, *A4)
        canvas.showPage()
    canvas.save()


def _pages(blocks: Sequence[str]) -> Iterable[list[str]]:
    page: list[str] = []
    for block in blocks:
        if block == "===":
            yield page
            page = []
        else:
            page.append(block)
    yield page


def _picture(blocks: Iterable[str], number: int) -> bytes:
    picture = Image.new("L", PIXELS, PAPER)
    draw, top = ImageDraw.Draw(picture), MARGIN
    for block in blocks:
        is_heading = block.startswith("# ")
        font = _font("VeraBd.ttf" if is_heading else "Vera.ttf", LETTER + 8 * is_heading)
        for line in block.removeprefix("# ").splitlines():
            for wrapped in textwrap.wrap(line, COLUMNS) or [""]:
                draw.text((MARGIN, top), wrapped, INK, font)
                top += LINE + 10 * is_heading
        top += LINE // 2
    turned = picture.rotate(
        TURNS_DEGREES[number % len(TURNS_DEGREES)], Image.Resampling.BICUBIC, fillcolor=PAPER
    )
    noise = np.random.default_rng(number).normal(0, NOISE, turned.size[::-1])
    noisy = Image.fromarray(np.clip(np.asarray(turned) + noise, 0, 255).astype(np.uint8))
    file = BytesIO()
    noisy.save(file, "JPEG", quality=45)
    return file.getvalue()


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    folder = next(Path(folder) for folder in TTFSearchPath if Path(folder, name).is_file())
    return ImageFont.truetype(str(folder / name), size)
