"""A picture to paint a mask on, with mouse, finger or pen.

Our own small component: what is painted comes back as a PNG in the picture's own pixels, clear where it was painted, which is
what the API takes as a mask.
"""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent
_CANVAS = st.components.v2.component(
    "tandem_mask_canvas",
    html=(_FOLDER / "mask_canvas.html").read_text(encoding="utf-8"),
    css=(_FOLDER / "mask_canvas.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "mask_canvas.js").read_text(encoding="utf-8"),
)
MOST_MASK_BYTES = 4 * 2**20
PREFIX = "data:image/png;base64,"


def mask_canvas(data: bytes, media_type: str, key: str) -> bytes | None:
    """Draw the canvas; the mask as PNG, or None while nothing is painted."""
    picture = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    result = _CANVAS(key=key, data={"picture": picture}, default={"mask": None}, on_mask_change=lambda: None)
    mask = result.mask
    if not isinstance(mask, str) or not mask.startswith(PREFIX) or len(mask) > MOST_MASK_BYTES:
        return None
    return base64.b64decode(mask[len(PREFIX) :])
