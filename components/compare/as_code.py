"""Each lane as a program: read it, copy it, download it, run it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import streamlit as st

from components import figures
from components.compare.looks import looks
from components.house import house
from services.address import own_base_url
from services.as_code.programs import program
from services.as_code.records import NoProgram, Program, Recipe, Target
from services.compare.records import LaneTalk
from services.connections import LOCAL
from services.turns import BUILT_IN_TOOLS, Mode, Turn

LABELS = {
    Target.PYTHON: "Python",
    Target.CURL: "curl",
    Target.LANGCHAIN: "LangChain",
    Target.FASTAPI: "Web service",
}
SHOWS = {
    Target.PYTHON: "The whole talk with the openai package.",
    Target.CURL: "The requests themselves, from a shell.",
    Target.LANGCHAIN: "The same talk through LangChain.",
    Target.FASTAPI: "The lane behind an address of your own, with FastAPI.",
}
HEIGHT = 520


def draw(talks: Sequence[LaneTalk]) -> None:
    """Draw a tab for each lane, and in it one for each way to write it."""
    if not talks:
        return
    st.caption(
        "Each program holds the talk of its lane, and runs as it is. The key is read from the environment and is never part of it."
    )
    seen = looks([talk.lane for talk in talks])
    for tab, talk in zip(st.tabs([f"{look.icon} {look.label}" for look in seen]), talks, strict=True):
        with tab:
            _draw_lane(talk, recipe_of(talk))


def recipe_of(talk: LaneTalk) -> Recipe:
    """A lane's talk as what a program is made from."""
    lane, said = talk.lane, [turn for turn in talk.turns if turn.user.content.strip()]
    return Recipe(
        mode=lane.mode,
        base_url=_base_url(talk),
        model=lane.model,
        messages=tuple(turn.user.content for turn in said),
        answers=tuple(turn.text for turn in said),
        instructions=lane.instructions,
        parameters=lane.parameters,
        tools=tuple(tool for tool in house().comparing.tools if tool.name in lane.tools),
        built_in=tuple(name for name in BUILT_IN_TOOLS if name in lane.tools),
        files=tuple(dict.fromkeys(_filenames(talk.turns))),
    )


def _base_url(talk: LaneTalk) -> str:
    """Where the lane's requests go: Assistants to this server, whatever model answers."""
    if talk.lane.mode is Mode.ASSISTANTS or talk.lane.connection == LOCAL:
        return own_base_url()
    known = {connection.name: connection.base_url for connection in house().connections()}
    return known.get(talk.lane.connection, own_base_url())


def _filenames(turns: Sequence[Turn]) -> list[str]:
    return [file.filename for turn in turns for file in turn.user.attachments]


def _draw_lane(talk: LaneTalk, recipe: Recipe) -> None:
    targets = list(Target)
    for tab, target in zip(st.tabs([LABELS[target] for target in targets]), targets, strict=True):
        with tab:
            made = program(recipe, target)
            if isinstance(made, NoProgram):
                st.info(made.reason, icon=":material/code_off:")
            else:
                _draw_program(made, target, recipe, key=f"as-code-{talk.lane.id}-{target}")


def _draw_program(made: Program, target: Target, recipe: Recipe, *, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"{SHOWS[target]} :gray-badge[{figures.counted(made.lines_of_code, 'line')}]", width="stretch"
        )
        st.download_button(
            made.filename, made.text, made.filename, key=key, icon=":material/download:", on_click="ignore"
        )
    for note in made.notes:
        st.caption(f":material/info: {note}")
    st.code(made.text, language=made.language, height=HEIGHT)
    st.caption("How to run it")
    st.code(_how_to_run(made, recipe), language="bash", wrap_lines=True)


def _how_to_run(made: Program, recipe: Recipe) -> str:
    """The lines to type; the key of this server is named by where it is found."""
    is_ours = urlsplit(recipe.base_url) == urlsplit(own_base_url())
    key = "the key of /v1, from Settings" if is_ours else "your key"
    install = [f"pip install {' '.join(made.needs)}"] if made.needs else []
    run = "bash" if made.language == "bash" else "python"
    return "\n".join([*install, f"export OPENAI_API_KEY=…  # {key}", f"{run} {made.filename}"])
