"""The built-in tool code_interpreter: a model's programs, run in a sandbox of the thread's or container's own."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from services.sandbox.events import Drawn, Ended, Printed
from services.sandbox.interpreter import Interpreter
from services.sandbox.session import Session
from services.sandbox.worker import CannotStart
from services.server.runs.builtin_tools import code_of
from services.server.runs.file_paths import link_to
from services.server.runs.interpreter_files import InterpreterFiles
from services.server.runs.toolbox import BuiltInTool, Outcome, Setting, Tell, ToolCall
from services.server.store.contexts import FOLDER, code_files

Shape = dict[str, Any]

MOST_FAILURES = 4
"""After so many programs in a row that failed, the model is asked to give up."""
MOST_KEPT_BYTES = 128 * 2**20
"""So much of what one program writes is stored."""
FEWEST_WORDS = 4
CHARACTERS_A_TOKEN = 4

EMPTY = "There was no program in this call. Call the tool again with a program."
NOTHING_PRINTED = "The program ended without printing anything."
SILENT = "The program ended without printing anything. Have it print what is asked, and run it again."
FAILED = "The program failed. Mend it and run it again."
GIVE_UP = f"Programs have failed {MOST_FAILURES} times in a row. Do not run another one; tell the person what went wrong."
SHOWN = (
    "The program drew a figure, which the person sees now above your answer. Say in a sentence what it shows."
)
MANY_SHOWN = "The program drew {} figures, which the person sees now above your answer. Say in a sentence what they show."
FILES = "These files were stored for the person. To hand one over, repeat its link exactly:"


@dataclass(slots=True)
class Shown:
    """What a call has given so far: the step's outputs, each told as it comes, and the files behind written paths."""

    tell: Tell
    outputs: list[Shape] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)
    failed: bool = False

    def add_text(self, text: str) -> None:
        """Text goes on where the text before it ended, unless a figure came between."""
        if not self.outputs or self.outputs[-1]["type"] != "logs":
            self.outputs.append({"type": "logs", "logs": ""})
        self.outputs[-1]["logs"] += text
        self._told({"type": "logs", "logs": text})

    def add_line(self, text: str) -> None:
        """Text on a line of its own."""
        printed = self.text()
        self.add_text(f"\n{text}" if printed and not printed.endswith("\n") else text)

    def add_figure(self, file_id: str) -> None:
        """A figure."""
        self.outputs.append({"type": "image", "image": {"file_id": file_id}})
        self._told(self.outputs[-1])

    def text(self) -> str:
        """All that was printed."""
        return "".join(output["logs"] for output in self.outputs if output["type"] == "logs")

    def figures(self) -> list[str]:
        """The ids of the figures."""
        return [output["image"]["file_id"] for output in self.outputs if output["type"] == "image"]

    def _told(self, output: Shape) -> None:
        self.tell({"outputs": [{"index": len(self.outputs) - 1, **output}]})


class CodeInterpreter(BuiltInTool):
    """Runs programs, each in the session of its thread or container."""

    def __init__(self, interpreter: Interpreter, files: InterpreterFiles) -> None:
        self._interpreter, self._files = interpreter, files
        self._failures: dict[str, int] = {}

    def opening(self, call: ToolCall, options: Shape) -> tuple[Shape, ...]:
        """An empty call, then its program."""
        return {"input": "", "outputs": []}, {"input": code_of(call.arguments)}

    async def is_called_for(self, setting: Setting) -> bool:
        """Whether there are files to compute with, and more was said than thanks."""
        words = setting.questions[0].split() if setting.questions else []
        return bool(code_files(setting.resources)) and len(words) >= FEWEST_WORDS

    def begin(self, owner: str, place_id: str) -> None:
        """Have an interpreter ready."""
        self._failures.pop(_key(owner, place_id), None)
        self._interpreter.warm_up(_key(owner, place_id))

    async def forget(self, owner: str, place_id: str) -> None:
        """End the place's session and remove its files."""
        self._failures.pop(_key(owner, place_id), None)
        await self._interpreter.forget(_key(owner, place_id))

    async def close(self) -> None:
        """End every session."""
        await self._interpreter.close()

    async def run(self, call: ToolCall, setting: Setting, tell: Tell) -> Outcome:
        """Run the program, and keep what it made; each output is told as it comes."""
        program, shown = code_of(call.arguments), Shown(tell)
        key = _key(setting.owner, setting.place_id)
        try:
            if not program.strip():
                sentences = [EMPTY]
            elif self._failures.get(key, 0) >= MOST_FAILURES:
                sentences = [GIVE_UP]
            else:
                async with self._interpreter.session(key) as session:
                    sentences = await self._run(session, program, setting, shown)
        except CannotStart as error:
            sentences = [f"{error} Answer without running programs, and say so."]
            shown.add_line(sentences[0])
        return Outcome(
            details={"input": program, "outputs": shown.outputs},
            output=_told(shown, sentences, setting.budget_tokens * CHARACTERS_A_TOKEN),
            private={"paths": shown.paths, "figures": shown.figures(), "failed": shown.failed},
        )

    async def _run(self, session: Session, program: str, setting: Setting, shown: Shown) -> list[str]:
        """Run it in its session; what the model is to be told beside what was printed."""
        sentences = await self._files.put_in(
            session, setting.owner, code_files(setting.resources), setting.written
        )
        async with aclosing(session.run(program)) as events:
            async for event in events:
                match event:
                    case Printed(text):
                        shown.add_text(text)
                    case Drawn(png):
                        number = len(shown.figures()) + 1
                        shown.add_figure(await self._files.keep_figure(setting.owner, png, number))
                    case Ended():
                        sentences += await self._ended(session, event, setting, shown)
        return sentences

    async def _ended(self, session: Session, end: Ended, setting: Setting, shown: Shown) -> list[str]:
        for text in filter(None, (end.error, end.notice)):
            shown.add_line(text)
        sentences, room = [], MOST_KEPT_BYTES
        for found in end.files:
            if found.size_bytes > room:
                sentences.append(f"{found.name} is too large to be handed over; it stays in /mnt/data.")
                continue
            room -= found.size_bytes
            file_id = await self._files.keep(session, setting.owner, found)
            if file_id is not None:
                shown.paths[FOLDER + found.name] = file_id
        if shown.paths:
            await setting.memory.note_written(shown.paths)
        broke = end.error is not None or not end.is_state_kept
        # A small model takes a program that was silent for one that has answered.
        shown.failed = broke or (setting.is_local and not shown.outputs and not shown.paths)
        advice = FAILED if broke else SILENT
        return [
            *sentences,
            *self._again(_key(setting.owner, setting.place_id), advice if shown.failed else ""),
        ]

    def _again(self, key: str, advice: str) -> list[str]:
        """What to do about a program that failed, for a model that may go on trying for ever."""
        if not advice:
            self._failures.pop(key, None)
            return []
        self._failures[key] = failures = self._failures.get(key, 0) + 1
        return [advice if failures < MOST_FAILURES else GIVE_UP]


def _key(owner: str, place_id: str) -> str:
    return f"{owner}/{place_id}"


def _told(shown: Shown, sentences: list[str], budget: int) -> str:
    """What the model reads: what was printed, and what became of the rest."""
    figures = len(shown.figures())
    if figures:
        sentences = [SHOWN if figures == 1 else MANY_SHOWN.format(figures), *sentences]
    if shown.paths:
        links = [f"[{path.rpartition('/')[2]}]({link_to(path)})" for path in shown.paths]
        sentences = [*sentences, "\n".join([FILES, *links])]
    printed = _cut(shown.text().strip(), budget)
    return "\n\n".join([part for part in (printed, *sentences) if part]) or NOTHING_PRINTED


def _cut(text: str, budget: int) -> str:
    """A long text without its middle: its end, where an error stands, tells the most."""
    if len(text) <= budget:
        return text
    first = budget // 3
    left_out = len(text) - budget
    return f"{text[:first]}\n[… {left_out} characters left out …]\n{text[first - budget :]}"
