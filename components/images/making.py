"""A picture from words."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import state
from components.failures import show
from components.images.desk import ImagesDesk
from services.errors import AppError
from services.media.images.studio import Finished, Order, models_of

SIZES = {"Square": "1024x1024", "Wide": "1536x1024", "Tall": "1024x1536"}
QUALITIES = ("auto", "low", "medium", "high")
FORMATS = {"PNG": "png", "JPEG": "jpeg", "WebP": "webp"}
LONGEST_PROMPT = 32_000
MOST = 4
IDEAS = {
    "Fox under a tree": "a red fox and two rabbits under a tree in a meadow at sunset",
    "Harbour": "three sailboats on the sea at sunset",
    "On the moon": "an astronaut riding a horse on the moon",
    "Tea time": "a teapot, a cup of tea and three cupcakes on a kitchen table in the morning, watercolour",
    "Winter night": "a house and a snowman in a snowy forest at night",
}
PROMPT = "images-prompt"


def draw(desk: ImagesDesk, stage: DeltaGenerator) -> None:
    """The form; what is made appears on the stage as it comes."""
    connection = desk.choice.connection
    if idea := st.session_state.pop("images-next-prompt", None):
        st.session_state[PROMPT] = idea
    with st.form("make-picture", border=False):
        prompt = st.text_area(
            "What shall it show?", key=PROMPT, height=120, max_chars=LONGEST_PROMPT,
            placeholder="two cats on a red sofa beside a lamp, at night",
        )  # fmt: skip
        model = st.selectbox("Model", models_of(connection), key=f"images-model-{connection.name}")
        connection = desk.connection_for(model)
        shape = st.segmented_control(
            "Shape", list(SIZES), default="Square", key="images-shape", required=True
        )
        with st.expander("More", icon=":material/tune:"):
            count = st.number_input("How many", 1, MOST, 1, key="images-count")
            picture_format = st.segmented_control(
                "Format", list(FORMATS), default="PNG", key="images-format", required=True
            )
            quality = "auto"
            seed: int | None = None
            if connection.is_local:
                seed = st.number_input(
                    "Seed",
                    0,
                    2**31,
                    None,
                    key="images-seed",
                    placeholder="any",
                    help="The same words and seed give the same picture.",
                )
            else:
                quality = st.selectbox("Quality", QUALITIES, key="images-quality")
            transparent = st.toggle("Transparent background", key="images-transparent")
        pressed = st.form_submit_button("Make", icon=":material/brush:", type="primary", width="stretch")
    if connection.is_local:
        st.caption(
            ":material/info: Without a key pictures are **illustrations** composed from drawings on this machine, not made by an image "
            "model. The same words give the same picture; another seed gives another arrangement."
        )
    if pressed:
        order = Order(
            connection, model, prompt or "", SIZES[shape or "Square"], quality,
            "png" if transparent and picture_format == "JPEG" else FORMATS[picture_format or "PNG"],
            bool(transparent), int(count), seed,
        )  # fmt: skip
        carry_out(desk, order, stage)


def ideas() -> None:
    """Ways to begin, for an empty page."""
    chosen = st.pills(
        "Try",
        list(IDEAS),
        key=f"images-ideas-{st.session_state.get('images-idea-round', 0)}",
        label_visibility="collapsed",
    )
    if chosen:
        st.session_state["images-next-prompt"] = IDEAS[chosen]
        st.session_state["images-idea-round"] = st.session_state.get("images-idea-round", 0) + 1
        st.rerun()


def carry_out(desk: ImagesDesk, order: Order, stage: DeltaGenerator) -> None:
    """Make the pictures, showing each as it comes; then the last one is open."""
    made: list[Finished] = []
    what = (
        "Drawing"
        if order.connection.is_local
        else f"{order.connection.name} is making the picture, which takes 10 to 60 s"
    )
    try:
        with stage, st.spinner(what, show_time=True):
            slot = st.empty()
            for event in desk.studio.make(order):
                if isinstance(event, Finished):
                    made.append(event)
                else:
                    slot.image(event.data, width="stretch", alt="A picture that is not finished yet")
    except AppError as error:
        with stage:
            show(error)
    if made:
        state.open_picture(made[-1].picture.id)
        st.session_state["images-batch"] = [one.picture.id for one in made]
        st.session_state.pop("images-compared", None)
        st.rerun()
