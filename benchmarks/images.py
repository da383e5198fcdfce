"""Whether the illustrator draws what a prompt names and how fast, and how well text in pictures is read."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.report import Figure, at_least, at_most, ratio
from services.engines.illustrator.engine import seed_of
from services.engines.registry import Engines
from services.media.images.looking import Looker
from services.settings import get_settings

PROMPTS = Path(__file__).with_name("image_prompts.txt")
SIDE_PX = 1024
HITS, SECONDS, ACCURACY = 0.9, 0.5, 0.97
SENTENCES = (
    "The invoice of 14 March is due within thirty days.", "Turn left after the second bridge.", "FRESH BREAD DAILY 7:30",
    "Total: 1,284.50 EUR including 19 % VAT", "Please keep this door closed at all times.", "Platform 4 - trains to Lisbon",
    "A quick brown fox jumps over the lazy dog.", "Order number 88213-B, two boxes", "No swimming beyond the yellow buoys",
    "Opening hours: Monday to Friday, 9 to 17",
)  # fmt: skip
LOOKS = (
    ("DejaVuSans.ttf", 34, "black", "white", "plain"), ("DejaVuSerif.ttf", 30, "#22304a", "#f4ecd8", "noise"),
    ("DejaVuSansMono.ttf", 26, "white", "#1d3f66", "plain"), ("DejaVuSans-Bold.ttf", 44, "#7a1020", "#ffe9a8", "slant"),
)  # fmt: skip


def figures(quick: bool = False) -> list[Figure]:
    """Hits of the prompts, seconds for one picture, characters read right."""
    engines = Engines(get_settings().models_dir, on_demand=True)
    lines = PROMPTS.read_text(encoding="utf-8").splitlines()[: 10 if quick else None]
    engine = engines.illustrations
    engine.draw("a quizzical warm-up", SIDE_PX, SIDE_PX)
    wanted = hit = whole = 0
    seconds, processor_s = [], []
    for line in lines:
        prompt, _, named = line.partition(" | ")
        things = named.split()
        placed = engine.compose(engine.read(prompt), seed_of(prompt), 1.0).placed
        drawn = Counter(one.drawing for one in placed)
        found = sum(_is_drawn(thing, drawn) for thing in things)
        wanted, hit, whole = wanted + len(things), hit + found, whole + (found == len(things))
    for line in lines[:: 1 if quick else 4]:
        began, began_s = time.perf_counter(), time.process_time()
        engine.draw(line.partition(" | ")[0], SIDE_PX, SIDE_PX)
        seconds.append(time.perf_counter() - began)
        processor_s.append(time.process_time() - began_s)
    return [
        at_least(
            f"Named things drawn in the right number, of {wanted} in {len(lines)} prompts",
            ratio(hit, wanted),
            HITS,
        ),
        Figure("Prompts with all their things", f"{whole} of {len(lines)}"),
        at_most(
            f"An illustration of {SIDE_PX} px, median of {len(seconds)}",
            round(statistics.median(seconds), 2),
            SECONDS,
            "s",
        ),
        Figure("Its processor time, median", f"{statistics.median(processor_s):.2f} s"),
        Figure("The slowest", f"{max(seconds):.2f} s"),
        *_reading(quick),
    ]


def _is_drawn(thing: str, drawn: Counter[str]) -> bool:
    names, _, count = thing.partition("/")
    return any(drawn[name] == int(count) for name in names.split(","))


def _reading(quick: bool) -> list[Figure]:
    looker, shares, seconds = Looker(), [], []
    looks = LOOKS[:1] if quick else LOOKS
    try:
        for number, look in enumerate(looks):
            for sentence in SENTENCES[: 3 if quick else None]:
                began = time.perf_counter()
                read = " ".join(looker.look(_set(sentence, look, number)).text.split())
                seconds.append(time.perf_counter() - began)
                shares.append(max(0.0, 1 - _edits(read, sentence) / len(sentence)))
    finally:
        looker.close()
    return [
        at_least(
            f"Characters read right in {len(shares)} pictures of text",
            round(statistics.mean(shares), 3),
            ACCURACY,
        ),
        Figure("Looking at one of them, median", f"{statistics.median(seconds):.2f} s"),
    ]


def _set(sentence: str, look: tuple[str, int, str, str, str], seed: int) -> bytes:
    import matplotlib

    typeface, size, ink, paper, trouble = look
    font = ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / typeface), size)
    picture = Image.new("RGB", (int(font.getlength(sentence)) + 80, size * 4), paper)
    ImageDraw.Draw(picture).text((40, size * 1.4), sentence, ink, font)
    if trouble == "slant":
        picture = picture.rotate(3, expand=True, fillcolor=paper, resample=Image.Resampling.BICUBIC)
    if trouble == "noise":
        noise = np.random.default_rng(seed).normal(0, 22, np.asarray(picture).shape)
        picture = Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))
    out = BytesIO()
    picture.save(out, "JPEG", quality=70)
    return out.getvalue()


def _edits(read: str, meant: str) -> int:
    """Insertions, deletions and replacements from one text to the other."""
    row = list(range(len(meant) + 1))
    for i, a in enumerate(read, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(meant, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]
