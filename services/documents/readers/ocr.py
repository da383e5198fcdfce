"""Text of pages that are pictures, recognised with PP-OCR; in a reading process only."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from services.documents.readers.layout import Line, text_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Corners = npt.NDArray[np.float32]

LONGEST_SIDE_PX = 2000
"""Of the picture of a page: letters of 6 points on A4 are then 14 pixels high."""
LOOKED_OVER_PX = 1280
"""Lines are found in a smaller picture, which takes a third of the time, and read in the large one."""
SURE = 0.5
LOWEST_LINE_PX = 5
FEWEST_GREYS = 24  # between the darkest and the brightest pixel of a page with something on it
TALL = 1.5
CLEARLY = 2.0  # few pages lie upside down, and the classifier takes many a short line for turned
LINES_ASKED = 9
_TIGHT_COMMA = re.compile(r"(?<=[^\W\d_]),(?=[^\W\d_])")  # the model drops the space behind some

# One thread: two of them spin while they wait for each other, and took 6–10 s of processor time for a page
# that one reads in 3.5 s; the other cores are for those who wait for an answer.
SETTINGS: dict[str, Any] = {
    "Global.log_level": "critical",
    "Global.use_vertical_padding": False,
    "Det.limit_type": "max",
    "Det.limit_side_len": LOOKED_OVER_PX,
    "Rec.rec_batch_num": 1,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def recognised(picture: Pixels) -> str:
    """The text in a picture (height, width, BGR), turned upright first; empty where there is none."""
    return text_of(lines_in(picture))


def lines_in(picture: Pixels) -> list[Line]:
    """The lines of text in a picture (height, width, BGR), each with its box, turned upright first."""
    if int(picture.max()) - int(picture.min()) < FEWEST_GREYS:
        return []
    corners, crops = _upright(picture)
    lines: list[Line] = []
    for box, crop in zip(corners, crops, strict=True):
        if min(crop.shape[:2]) < LOWEST_LINE_PX:
            continue
        read = _engine().recognize_txt([crop])
        if read.scores[0] >= SURE and (text := _TIGHT_COMMA.sub(", ", read.txts[0]).strip()):
            (left, top), (right, bottom) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
            lines.append(Line(left, top, right, bottom, text))
    return lines


@cache
def _engine() -> Any:
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    return RapidOCR(params=SETTINGS)


def _upright(picture: Pixels) -> tuple[list[Corners], list[Pixels]]:
    """The corners and the pixels of each line, as they are when the page stands upright."""
    import numpy as np

    corners, crops = _found(picture)
    if _is_on_its_side(corners):
        picture = np.ascontiguousarray(np.rot90(picture))
        corners, crops = _found(picture)
    if crops and _is_upside_down(crops):
        height, width = picture.shape[:2]
        corners = [np.array((width, height), dtype=np.float32) - box for box in corners]
        crops = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops]
    return corners, crops


def _found(picture: Pixels) -> tuple[list[Corners], list[Pixels]]:
    from rapidocr.main import RapidOCRError

    try:
        crops, found = _engine().detect_and_crop(picture, {})
    except RapidOCRError:  # there is no line
        return [], []
    return list(found.boxes), crops


def _is_on_its_side(corners: list[Corners]) -> bool:
    sizes = [(box.max(axis=0) - box.min(axis=0)).tolist() for box in corners]
    tall = sum(width * height for width, height in sizes if height > TALL * width)
    wide = sum(width * height for width, height in sizes if width > TALL * height)
    return bool(tall > wide)


def _is_upside_down(crops: list[Pixels]) -> bool:
    longest = sorted(crops, key=lambda crop: -crop.shape[1])[:LINES_ASKED]
    _, asked = _engine().cls_and_rotate(longest)
    sure = {"0": 0.0, "180": 0.0}
    for label, score in asked.cls_res:
        sure[label] += float(score)
    return sure["180"] > CLEARLY * sure["0"]
