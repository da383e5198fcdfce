"""Making a GPT: the form, a preview to talk to beside it, and a draft by a model."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from components import state
from components.gpts import drafting, picture, preview
from components.house import House
from components.sidebar import Choice, chat_models
from services.errors import AppError
from services.gpts.records import ICONS, MAX_STARTERS, Gpt
from services.turns import BUILT_IN_TOOLS

EDITED = "gpt_edited"
VERSION = "gpt_form"
TITLES = {"file_search": "File search", "code_interpreter": "Code interpreter"}


def begin(gpt: Gpt) -> None:
    """Open the form with a GPT in it, saved or not, and draw the page again."""
    put(gpt)
    preview.forget()
    st.rerun()


def put(gpt: Gpt) -> None:
    """Fill the form anew."""
    st.session_state[EDITED] = gpt
    st.session_state[VERSION] = st.session_state.get(VERSION, 0) + 1


def edited() -> Gpt | None:
    """The GPT in the form."""
    return st.session_state.get(EDITED)


def close() -> None:
    """Leave the form."""
    st.session_state.pop(EDITED, None)
    preview.forget()


def draw(house: House, choice: Choice, gpt: Gpt) -> None:
    """Draw the form and the preview."""
    is_saved = any(one.id == gpt.id for one in house.gpts.all())
    if st.button("All GPTs", type="tertiary", icon=":material/arrow_back:"):
        close()
        st.rerun()
    st.title("Edit GPT" if is_saved else "New GPT", anchor=False)
    form, beside = st.columns([3, 2], gap="large")
    with form:
        drafted = drafting.draw(house, choice)
        if drafted is not None:
            begin(replace(drafted, id=gpt.id))
        now = _draw_form(house, gpt, st.session_state[VERSION])
        chosen = picture.choose(house, now, f"{gpt.id}-{st.session_state[VERSION]}")
        if chosen is not None:
            put(replace(now, picture=chosen))
            st.rerun()
        _draw_save(house, now)
    with beside:
        preview.draw(house, choice, now)


def _draw_form(house: House, gpt: Gpt, version: int) -> Gpt:
    key = f"{gpt.id}-{version}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        icon = st.selectbox(
            "Icon",
            ICONS,
            index=ICONS.index(gpt.icon) if gpt.icon in ICONS else 0,
            format_func=lambda name: name.replace("_", " "),
            key=f"icon-{key}",
            width=170,
        )
        name = st.text_input("Name", gpt.name, key=f"name-{key}", max_chars=80)
    description = st.text_input("Description", gpt.description, key=f"description-{key}", max_chars=300)
    instructions = st.text_area(
        "Instructions",
        gpt.instructions,
        key=f"instructions-{key}",
        height=220,
        help="What it does, for whom, in which tone, and what it never does. Sent with every request.",
    )
    starters = st.text_area(
        "Conversation starters, one a line",
        "\n".join(gpt.starters),
        key=f"starters-{key}",
        height=110,
        help=f"At most {MAX_STARTERS}.",
    )
    tools = _draw_tools(house, gpt, key)
    knowledge = _draw_knowledge(house, gpt, key)
    model = _draw_model(house, gpt, key)
    return Gpt(
        gpt.id,
        name or "",
        description or "",
        icon or ICONS[0],
        instructions or "",
        tuple(line for line in (starters or "").splitlines() if line.strip()),
        tools,
        knowledge,
        model,
        gpt.picture,
    )


def _draw_tools(house: House, gpt: Gpt, key: str) -> tuple[str, ...]:
    functions = {function.name: function for function in house.functions.all()}
    offered = [*BUILT_IN_TOOLS, *functions]
    gone = [name for name in gpt.tools if name not in offered]
    chosen = st.multiselect(
        "Tools and actions",
        offered,
        [name for name in gpt.tools if name in offered],
        format_func=lambda name: TITLES.get(name, name.replace("_", " ")),
        key=f"tools-{key}",
        placeholder="None",
        help="Actions of a web service come from its OpenAPI document: Assistant page, Functions.",
    )
    if gone:
        st.caption(f":orange[:material/warning:] Not here, and left out: {', '.join(gone)}.")
    return tuple(chosen)


def _draw_knowledge(house: House, gpt: Gpt, key: str) -> str | None:
    try:
        names = {collection.id: collection.name for collection in house.collections.all()}
    except AppError:
        names = {gpt.knowledge: "the files it has"} if gpt.knowledge else {}
    return st.selectbox(
        "Knowledge",
        list(names),
        index=list(names).index(gpt.knowledge) if gpt.knowledge in names else None,
        format_func=lambda one: names.get(one, one),
        key=f"knowledge-{key}",
        placeholder="No files",
        help="A collection of the Files page. Make one there, and choose it here.",
    )


def _draw_model(house: House, gpt: Gpt, key: str) -> str:
    try:
        offered = [model.id for model in chat_models(house.assistants.connection)]
    except AppError:
        offered = []
    models = ["", *offered] if gpt.model in ("", *offered) else ["", gpt.model, *offered]
    chosen = st.selectbox(
        "Model",
        models,
        index=models.index(gpt.model),
        format_func=lambda one: one or "Whichever is chosen when it is opened",
        key=f"model-{key}",
        help="Used by its threads and lanes. A chat uses the model in the sidebar.",
    )
    return chosen or ""


def _draw_save(house: House, now: Gpt) -> None:
    if st.button("Save", type="primary", icon=":material/save:", key="save-gpt"):
        try:
            kept = house.gpts.save(now)
        except AppError as error:
            st.error(error.user_message, icon=":material/error:")
            return
        close()
        state.open_gpt(kept.id)
        state.notify(f"{kept.name} is saved.")
        st.rerun()
