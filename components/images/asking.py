"""Ask about a picture: its text with boxes, what is likely on it, its colors and size, and an answer that says who looked."""

from __future__ import annotations

from io import BytesIO

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import figures
from components.failures import guarded
from components.images import bringing
from components.images.desk import ImagesDesk, picture_data
from components.markdown import to_markdown
from components.plain import plain
from services.errors import AppError
from services.media.images.asking import answer, sees
from services.media.images.looking import Look
from services.media.images.pictures import read_picture
from services.media.images.seeing import Seeing

BOX = (225, 29, 72, 255)


def draw(desk: ImagesDesk, stage: DeltaGenerator) -> None:
    """The question beside, what was found on the stage."""
    bringing.draw(desk)
    if desk.open is None:
        st.caption("Bring a picture, or open one of the gallery.")
        return
    data = picture_data(desk.open.id, desk.gallery)
    with stage, guarded(), st.spinner("Reading the picture", show_time=True):
        look = _look(desk.open.id, data, desk.house.seeing)
        _draw_found(data, look)
        _draw_question(desk, data, look)


@st.cache_data(max_entries=64, show_spinner=False)
def _look(picture_id: str, _data: bytes, _seeing: Seeing) -> Look:
    return _seeing.look(_data)


def _draw_question(desk: ImagesDesk, data: bytes, look: Look) -> None:
    model = desk.choice.model
    with st.form("ask-picture", border=False):
        question = st.text_input(
            "Your question", placeholder="What does the sign say?", key="images-question"
        )
        pressed = st.form_submit_button("Ask", icon=":material/help:", type="primary")
    if sees(model):
        st.caption(f":material/visibility: {plain(model.id)} gets the picture itself, without its metadata.")
    else:
        st.caption(
            f":material/visibility_off: {plain(model.id)} cannot see pictures. "
            "It answers from what was read here: text, likely object, colors and size."
        )
    if pressed and question:
        slot, written = st.empty(), ""
        try:
            with st.spinner(f"{model.id} is answering", show_time=True):
                for piece in answer(
                    desk.choice.connection, model, question, data, look, ledger=desk.house.ledger
                ):
                    written += piece
                    slot.markdown(to_markdown(written))
        except AppError as error:
            slot.error(error.user_message)
        if not sees(model) and written:
            st.caption(":material/visibility_off: Answered from the facts; the picture itself was not seen.")


def _draw_found(data: bytes, look: Look) -> None:
    st.image(_with_boxes(data, look), width="stretch", alt="The picture with a box around each line of text")
    colours = " ".join(f":gray-badge[{c.name} {c.share:.0%}]" for c in look.colours)
    st.markdown(f"{look.width} × {look.height} · {look.brightness} {colours}")
    if look.likely is not None:
        st.markdown(
            f":material/category: Probably **{plain(look.likely.words)}** ({look.likely.probability:.0%})"
        )
        st.caption(
            "Guessed by a small classifier that knows 1,000 kinds of things in photos. It can be wrong."
        )
    elif look.unlabeled:
        st.caption(f"What is on it was not guessed: {plain(look.unlabeled)}")
    else:
        st.caption("What is on it cannot be told with any certainty.")
    if look.lines:
        with st.expander(
            f"Text in it · {figures.counted(len(look.lines), 'line')}",
            icon=":material/text_fields:",
            expanded=True,
        ):
            st.code(look.text, language=None, wrap_lines=True)
    else:
        st.caption("No text was found in it.")


def _with_boxes(data: bytes, look: Look) -> bytes:
    """The picture as PNG with a box around each line of text."""
    from PIL import ImageDraw

    picture = read_picture("The picture", data)
    drawing = ImageDraw.Draw(picture)
    width, height = picture.size
    stroke = max(2, round(max(width, height) / 300))
    for line in look.lines:
        corners = (
            line.left * width - stroke,
            line.top * height - stroke,
            line.right * width + stroke,
            line.bottom * height + stroke,
        )
        drawing.rectangle(corners, outline=BOX, width=stroke)
    out = BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
