"""A talk as a program for each target, or the sentence that says why there is none."""

from __future__ import annotations

from urllib.parse import urlsplit

from services.as_code import curl, functions, langchain, python_sdk, web_service
from services.as_code.records import NoProgram, Program, Recipe, Target
from services.turns import Mode

OPENAI_HOST = "api.openai.com"
SWITCHED_OFF = (
    "OpenAI switched the Assistants API off on 26 August 2026. Choose a connection that still speaks it, such as "
    "Tandem's own server, and the program is here."
)
NOT_IN_LANGCHAIN = (
    "LangChain has no class for threads and runs any more: inside a chain, call `ask` of the Python program."
)
NAMES = {
    Mode.CHAT_COMPLETIONS: "chat_completions",
    Mode.ASSISTANTS: "assistants",
    Mode.RESPONSES: "responses",
}


def program(recipe: Recipe, target: Target) -> Program | NoProgram:
    """The talk as a program that runs as it is: keys come from the environment, files lie beside it."""
    if recipe.mode is Mode.ASSISTANTS:
        if urlsplit(recipe.base_url).hostname == OPENAI_HOST:
            return NoProgram(SWITCHED_OFF)
        if target is Target.LANGCHAIN:
            return NoProgram(NOT_IN_LANGCHAIN)
    name, notes = NAMES[recipe.mode], tuple(_notes(recipe, target))
    match target:
        case Target.PYTHON:
            needs = ("openai", *_reader(recipe))
            return Program(f"{name}.py", "python", python_sdk.program(recipe), needs, notes)
        case Target.CURL:
            return Program(f"{name}.sh", "bash", curl.program(recipe), (), notes)
        case Target.LANGCHAIN:
            needs = ("langchain-openai", *_reader(recipe))
            return Program(f"{name}_langchain.py", "python", langchain.program(recipe), needs, notes)
        case Target.FASTAPI:
            needs = ("fastapi", "openai", "uvicorn", *_reader(recipe))
            return Program(f"{name}_service.py", "python", web_service.program(recipe), needs, notes)


def lines_of_code(recipe: Recipe, target: Target = Target.PYTHON) -> int | None:
    """How many lines a talk takes in this target; None where there is no program."""
    made = program(recipe, target)
    return made.lines_of_code if isinstance(made, Program) else None


def _reader(recipe: Recipe) -> tuple[str, ...]:
    reads_pdf = recipe.mode is Mode.CHAT_COMPLETIONS and any(map(python_sdk.is_pdf, recipe.files))
    return ("pypdf",) if reads_pdf else ()


def _notes(recipe: Recipe, target: Target) -> list[str]:
    notes = []
    if recipe.files:
        notes.append(f"Put {_listed(recipe.files)} beside it.")
    if target is Target.CURL:
        if recipe.tools:
            notes.append(
                "A shell script runs no functions: a call that the model makes is printed, and waits."
            )
        if recipe.files and recipe.mode is Mode.CHAT_COMPLETIONS:
            notes.append("The text of the files has to go into the first message, which is left to you here.")
        if recipe.mode is Mode.CHAT_COMPLETIONS and len(recipe.said) > 1:
            notes.append("This is the last request of the talk: it carries everything said before.")
        return notes
    to_write = functions.left_to_write(recipe.tools)
    if to_write:
        notes.append(f"What {_listed(to_write)} {'do' if len(to_write) > 1 else 'does'} is yours to write.")
    if recipe.mode is Mode.CHAT_COMPLETIONS and recipe.built_in:
        notes.append("Chat Completions has no tools that run on the server; they are left out.")
    return notes


def _listed(names: tuple[str, ...]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
