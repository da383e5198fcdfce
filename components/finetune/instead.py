"""The same examples without training: some in the prompt, all of them searched, or a short instruction; each becomes a GPT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components import figures, navigation
from components.failures import show
from components.finetune.reading import Read
from components.gpts import builder
from components.house import House
from components.sidebar import Choice
from services.errors import AppError, InvalidInput
from services.files.collections import Collection
from services.gpts.records import Gpt
from services.tuning.alternatives import (
    MAX_SHOTS,
    SEARCH_FIRST,
    USUAL_SHOTS,
    as_document,
    diverse,
    draft_prompt,
    few_shot,
    prompt_tokens,
    system_of,
)
from services.tuning.records import Example
from services.turns import Message, Turn, new_id

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

TIMEOUT_S = 240.0
SHOTS = "shots"


def draw(house: House, choice: Choice, found: Read) -> None:
    """Draw the three ways."""
    if not found.split.training:
        st.info("There are no good examples to build on yet. Mend or add some first.", icon=":material/info:")
        return
    st.markdown(
        "Often a prompt does what people train for, today and with any model. Each way below is built from the examples to train "
        "on; *Measure* tells which one reaches most on those kept back."
    )
    shots, search, short = st.columns(3)
    with shots, st.container(border=True, height="stretch"):
        _draw_shots(choice, found)
    with search, st.container(border=True, height="stretch"):
        _draw_search(house, found)
    with short, st.container(border=True, height="stretch"):
        _draw_short(house, choice, found)


# --- a few examples in the prompt ---------------------------------------------------------------


def shots_prompt(found: Read) -> str:
    """The system prompt with as many examples as are chosen. Raises InvalidInput when it gets too long."""
    wanted = int(st.session_state.get(SHOTS, USUAL_SHOTS))
    examples = _examples(found)
    chosen = [line.example for line in diverse(found.split.training, wanted) if line.example is not None]
    return few_shot(system_of(examples), chosen)


def _draw_shots(choice: Choice, found: Read) -> None:
    st.markdown("**:material/format_list_numbered: Some examples in the prompt**")
    st.caption(
        "They go along with every message, and cost tokens each time. Those are taken that differ most."
    )
    most = min(MAX_SHOTS, len(found.split.training))
    if most > 1:
        st.slider("Examples", 1, most, min(USUAL_SHOTS, most), key=SHOTS, persist_state="session")
    try:
        text = shots_prompt(found)
    except AppError as error:
        show(error)
        return
    _draw_prompt(text, choice)
    _draw_gpt("few-shot", Gpt(new_id("gpt"), found.data_set.name, instructions=text))


# --- all examples, searched ---------------------------------------------------------------------


def collection_of(house: House, found: Read) -> Collection | None:
    """The collection that holds the examples to train on. Raises AppError."""
    wanted = _collection_name(found)
    return next((one for one in house.collections.all() if one.name == wanted), None)


def _collection_name(found: Read) -> str:
    return f"Examples {found.data_set.id[-6:]}, version {found.data_set.revision}"


def _draw_search(house: House, found: Read) -> None:
    st.markdown("**:material/search: The nearest examples, found by search**")
    st.caption(
        "All examples go into a collection. For each message the three nearest are put into the prompt."
    )
    try:
        collection = collection_of(house, found)
        if collection is None:
            label = f"Put {figures.counted(len(found.split.training), 'example')} into a collection"
            if st.button(label, icon=":material/upload:", key="make-collection"):
                with st.spinner("Handing the examples over"):
                    made = house.collections.create(_collection_name(found))
                    house.collections.add(made.id, "examples.md", as_document(found.split.training))
                st.rerun()
            return
    except AppError as error:
        show(error)
        return
    st.markdown(
        f":green-badge[:material/check: in a collection] {figures.counted(len(found.split.training), 'example')}"
    )
    system = system_of(_examples(found))
    gpt = Gpt(
        new_id("gpt"),
        found.data_set.name,
        instructions=f"{system}\n\n{SEARCH_FIRST}".strip(),
        tools=("file_search",),
        knowledge=collection.id,
    )
    _draw_gpt("search", gpt)


# --- a short instruction ------------------------------------------------------------------------


def short_prompt(found: Read) -> str | None:
    """The short instruction, once it is written."""
    text: str | None = st.session_state.get(_short_key(found))
    return text.strip() or None if text else None


def _short_key(found: Read) -> str:
    return f"short-{found.data_set.id}"


def _draw_short(house: House, choice: Choice, found: Read) -> None:
    st.markdown("**:material/short_text: A short instruction**")
    st.caption(
        "A model reads some examples and writes down what they have in common. The cheapest way, if it holds."
    )
    if st.button("Have it written", icon=":material/auto_awesome:", key="draft-short"):
        words = "Writing; the local model takes about half a minute" if choice.model.local else "Writing"
        try:
            with st.spinner(words):
                st.session_state[_short_key(found)] = _draft(house, choice, found)
        except AppError as error:
            show(error)
    text = st.text_area(
        "Instruction",
        key=_short_key(found),
        height=160,
        persist_state="session",
        placeholder="Or write it yourself.",
    )
    if (text or "").strip():
        st.caption(_cost_of(text or "", choice))
        _draw_gpt("short", Gpt(new_id("gpt"), found.data_set.name, instructions=(text or "").strip()))


def _draft(house: House, choice: Choice, found: Read) -> str:
    """Ask the model, metered as an aside. Raises AppError."""
    chosen = [
        line.example for line in diverse(found.split.training, USUAL_SHOTS * 2) if line.example is not None
    ]
    written: list[str] = []
    failures: list[AppError] = []
    turn = Turn("fine-tuning", Message("user", ""), choice.model.id, choice.connection.name)

    async def ask(client: openai.AsyncOpenAI) -> ChatCompletion:
        try:
            text, answer = await draft_prompt(client, choice.model, chosen)
        except AppError as error:
            failures.append(error)
            raise
        written.append(text)
        return answer

    house.loop.run(house.live.side_call(turn, choice.connection, ask), TIMEOUT_S)
    if written:
        return written[0]
    raise (
        failures[0]
        if failures
        else InvalidInput(
            "The model could not be reached. Look at the connection in the sidebar, then try again."
        )
    )


# --- all of them --------------------------------------------------------------------------------


def _examples(found: Read) -> list[Example]:
    return [line.example for line in found.split.training if line.example is not None]


def _draw_prompt(text: str, choice: Choice) -> None:
    with st.expander("The prompt", icon=":material/description:"):
        st.code(text, language=None, wrap_lines=True, height=260)
    st.caption(_cost_of(text, choice))


def _cost_of(text: str, choice: Choice) -> str:
    return f"{figures.counted(prompt_tokens(text, choice.model.id), 'token')} more with every message."


def _draw_gpt(key: str, gpt: Gpt) -> None:
    if st.button("Make a GPT of it", icon=":material/deployed_code:", key=f"gpt-{key}"):
        builder.put(gpt)
        st.switch_page(navigation.page("gpts"))
