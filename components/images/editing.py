"""A picture changed: in words, within a painted mask, or with one click."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.failures import guarded
from components.images import bringing
from components.images.desk import ImagesDesk, picture_data
from components.images.making import carry_out
from components.images.mask_canvas import mask_canvas
from services.media.images.pictures import read_picture, written
from services.media.images.studio import Order, models_of

QUICK = {
    "Remove background": ("Remove the background.", ":material/person_cancel:", "cut out"),
    "Enlarge": (
        "Enlarge: upscale to a higher resolution, the same content.",
        ":material/zoom_out_map:",
        "enlarged",
    ),
    "Variation": ("", ":material/shuffle:", "variation"),
}
HELP = (
    "The local illustrator understands: add things; replace the background with a place; erase what you paint over; make it red, blue …; "
    "watercolour, black and white and other styles."
)


def draw(desk: ImagesDesk, stage: DeltaGenerator) -> None:
    """The controls for the open picture; the mask is painted on the stage."""
    bringing.draw(desk)
    if desk.open is None:
        st.caption("Open a picture of the gallery, or bring one.")
        return
    connection, picture = desk.choice.connection, desk.open
    data = picture_data(picture.id, desk.gallery)
    with stage:
        mask = mask_canvas(data, picture.media_type, f"mask-{picture.id}")
    st.caption(
        ":material/check: A mask is painted: only that area changes."
        if mask
        else "Paint over the picture to change only that area."
    )
    with st.form("edit-picture", border=False):
        prompt = st.text_area(
            "What shall change?", key="images-edit-prompt", height=90, placeholder="add a small dog"
        )
        model = st.selectbox("Model", models_of(connection), key=f"images-edit-model-{connection.name}")
        connection = desk.connection_for(model)
        pressed = st.form_submit_button(
            "Change", icon=":material/auto_fix_high:", type="primary", width="stretch"
        )
    erased = st.button(
        "Erase what is painted",
        icon=":material/ink_eraser:",
        width="stretch",
        disabled=mask is None,
        key="images-erase",
    )
    with st.container(horizontal=True):
        quick = [
            name for name, (_, icon, _) in QUICK.items() if st.button(name, icon=icon, key=f"quick-{name}")
        ]
    if connection.is_local:
        st.caption(HELP)
    wanted = (
        (prompt or "", "edited") if pressed else ("Remove what the mask marks.", "erased") if erased else None
    )
    with guarded():
        source = written(read_picture("The picture", data), "png")
        if quick and quick[0] == "Variation":
            carry_out(desk, _variation(desk, model, source), stage)
        elif quick:
            words, _, kind = QUICK[quick[0]]
            carry_out(
                desk,
                Order(
                    connection,
                    model,
                    words,
                    sources=(source,),
                    transparent=kind == "cut out",
                    parent_id=picture.id,
                    kind=kind,
                ),
                stage,
            )
        elif wanted:
            carry_out(
                desk,
                Order(
                    connection,
                    model,
                    wanted[0],
                    sources=(source,),
                    mask=mask,
                    parent_id=picture.id,
                    kind=wanted[1],
                ),
                stage,
            )


def _variation(desk: ImagesDesk, model: str, source: bytes) -> Order:
    """Another picture of the same words: with another seed by the illustrator, as an edit by a model."""
    connection, picture = desk.connection_for(model), desk.open
    assert picture is not None
    if connection.is_local and picture.kind in ("generated", "variation"):
        seed = int(picture.parameters.get("seed") or 0) + 101
        return Order(
            connection,
            model,
            picture.prompt,
            f"{picture.width}x{picture.height}",
            seed=seed,
            parent_id=picture.id,
            kind="variation",
        )
    words = (
        "Mirror it."
        if connection.is_local
        else "Make a variation of this picture: the same subject and style, composed anew."
    )
    return Order(connection, model, words, sources=(source,), parent_id=picture.id, kind="variation")
