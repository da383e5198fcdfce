"""What a response does between its model and its tools, round after round, until it has answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.server.errors import ApiError
from services.server.responses import context
from services.server.responses.calls import Call, Calls
from services.server.responses.file_inputs import FileInputs
from services.server.responses.included import picture, results_of, shown
from services.server.responses.items import Item
from services.server.responses.live import Ending, Live
from services.server.responses.message import Figure, Message
from services.server.responses.place import Place
from services.server.responses.wire import as_run
from services.server.runs.asking import Asking
from services.server.runs.attribution import AttributingCiter
from services.server.runs.builtin_tools import (
    BUILT_IN,
    CODE_INTERPRETER,
    FILE_SEARCH,
    as_functions,
    options_of,
)
from services.server.runs.citations import Citer
from services.server.runs.files_at_hand import in_words
from services.server.runs.pictures import with_pictures
from services.server.runs.round import read
from services.server.runs.toolbox import BuiltInTool, Outcome, Setting
from services.server.store.contexts import questions
from services.server.store.database import ServerDatabase

if TYPE_CHECKING:
    from services.server.eyes import Eyes
    from services.storage.blobs import Blobs

Shape = dict[str, Any]

MOST_ROUNDS = 24
REPLY_SHARE = 4
LONGEST_REPLY_TOKENS = 4096
CALLED_ON = f"The model called tools {MOST_ROUNDS} times in a row without answering."


class Interrupted(Exception):
    """The response ends before its answer is whole, in a way that is no fault: a limit was reached."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.status)
        self.ending = ending


@dataclass(frozen=True, slots=True)
class Means:
    """What answers are made with."""

    database: ServerDatabase
    tools: dict[str, BuiltInTool]
    blobs: Blobs
    inputs: FileInputs
    eyes: Eyes


class Answering:
    """One response, from its first question to its model until it has answered or its functions are to be called."""

    def __init__(self, means: Means, live: Live) -> None:
        self._means, self._live = means, live
        self._wanted = as_run(live.body)
        self._place = Place(means.database, live)
        self._calls_left = live.body["max_tool_calls"]
        self._figures: tuple[Figure, ...] = ()
        self._failures = 0

    async def go(self) -> None:
        """Ask and call until the response is complete."""
        functions = await self._described()
        asking = Asking(self._wanted, self._live.model, self._means.tools, self._setting_for, functions)
        for number in range(MOST_ROUNDS):
            if not await self._one_round(asking, is_first=number == 0):
                return
        raise ApiError(500, CALLED_ON, kind="server_error")

    async def _described(self) -> list[Shape]:
        """The tools as the model sees them; each is told that a response begins."""
        tools = self._live.body["tools"]
        container = next((tool["container"] for tool in tools if tool["type"] == CODE_INTERPRETER), None)
        if container is None:
            return as_functions(self._wanted["tools"])
        self._means.tools[CODE_INTERPRETER].begin(self._live.owner, await self._place.find(container))
        at_hand = await asyncio.to_thread(in_words, self._means.blobs, await self._place.at_hand())
        return as_functions(self._wanted["tools"], at_hand)

    async def _one_round(self, asking: Asking, *, is_first: bool) -> bool:
        """One answer of the model with what follows from it; whether another is needed."""
        live = self._live
        request = await self._request(asking, is_first)
        calls = Calls(live.output, self._wanted["tools"], lambda: self._place.container_id)
        message = self._message()
        found = await asking.search_first() if is_first else None
        if found is not None:
            calls.add(found)
        else:
            await self._ask(request, message, calls)
        if not calls.made:
            message.open()  # an answer without a word is an empty message
            message.hand_over()
            message.close()
            return False
        message.close()
        return await self._call(asking, calls)

    async def _ask(self, request: Shape, message: Message, calls: Calls) -> None:
        """Have the model answer, each piece told as it comes."""

        async def take(delta: Shape) -> None:
            if delta.get("content"):
                message.write(delta["content"])
            if delta.get("refusal"):
                message.refuse(delta["refusal"])
            for piece in delta.get("tool_calls") or ():
                message.close()
                calls.take(piece)

        finish_reason, used = await read(self._live.model, request, take)
        self._live.usages.append(used)
        if finish_reason in ("length", "content_filter"):
            message.close("incomplete")
        if finish_reason == "length":
            raise Interrupted(Ending("incomplete", reason="max_output_tokens"))
        if finish_reason == "content_filter":
            raise Interrupted(Ending("incomplete", reason="content_filter"))

    def _message(self) -> Message:
        citer = AttributingCiter if self._live.model.is_local else Citer
        passages = context.passages_of(self._live.output.items)
        figures, self._figures = self._figures, ()
        links = self._place.links()
        return Message(self._live.output, citer(passages, links), self._place.as_citation, figures)

    async def _request(self, asking: Asking, is_first: bool) -> Shape:
        live = self._live
        if self._calls_left == 0:
            asking.wanted, asking.functions = _without_built_in(self._wanted, asking.functions)
        messages = await asyncio.to_thread(self._messages, asking.functions)  # counting tokens takes its time
        means, is_local = self._means, live.model.is_local
        messages = await with_pictures(messages, means.blobs, means.eyes, is_local=is_local)
        request = await asking.request(
            messages, is_first=is_first, failures=self._failures, tokens_left=self._tokens_left()
        )
        verbosity = live.body["text"]["verbosity"]
        return request if verbosity == "medium" else {**request, "verbosity": verbosity}

    def _messages(self, functions: list[Shape]) -> list[Shape]:
        """What the model is told; with `truncation: auto` no more than it can read."""
        live = self._live
        items: list[Item] = [*live.asked.all, *live.output.items]
        units = context.messages(live.body["instructions"], items, live.asked.files)
        if live.body["truncation"] != "auto":
            return context.flat(units)
        limit = live.model.context_tokens - self._reply_tokens()
        return context.fitted(units, limit - context.size((), functions, live.model.name), live.model.name)

    def _reply_tokens(self) -> int:
        wanted = self._live.body["max_output_tokens"] or LONGEST_REPLY_TOKENS
        return int(min(wanted, self._live.model.context_tokens // REPLY_SHARE))

    def _tokens_left(self) -> int | None:
        most = self._live.body["max_output_tokens"]
        if most is None:
            return None
        left = most - sum((used or {}).get("completion_tokens") or 0 for used in self._live.usages)
        if left <= 0:
            raise Interrupted(Ending("incomplete", reason="max_output_tokens"))
        return int(left)

    async def _call(self, asking: Asking, calls: Calls) -> bool:
        """Run the built-in tools that were called, one after the other; False when functions wait for the client."""
        for number, call in enumerate(calls.made):
            if call.kind == "function":
                if call.item is None or not call.item.is_done:
                    calls.end_function(call)
            elif self._calls_left == 0:
                continue  # an attempt beyond `max_tool_calls` is passed over
            else:
                self._calls_left = None if self._calls_left is None else self._calls_left - 1
                await self._run(calls, call, number)
                asking.has_searched = asking.has_searched or call.kind == FILE_SEARCH
        return not any(call.kind == "function" for call in calls.made)

    async def _run(self, calls: Calls, call: Call, number: int) -> None:
        live = self._live
        if call.kind == CODE_INTERPRETER:
            await self._place.write_down()
        item = calls.begin_tool(call)
        setting = await self._setting_for(call.kind)
        outcome = await self._means.tools[call.kind].run(call.as_made(number), setting, lambda _: None)
        item.private = {"arguments": call.arguments, "output": outcome.output, **outcome.private}
        if call.kind == FILE_SEARCH:
            item.body["queries"] = outcome.private["queries"]
            item.private["results"] = results_of(outcome)
        else:
            item.private["outputs"] = outcome.details["outputs"]
            self._failures = self._failures + 1 if outcome.private["failed"] else 0
            await self._note_figures(outcome)
        item.shown = await shown(item, live.include, self._picture)
        live.output.tell(f"{call.kind}_call.completed", item)
        live.output.close(item)

    async def _note_figures(self, outcome: Outcome) -> None:
        drawn = outcome.private["figures"]
        if drawn:
            await self._place.note_figures(drawn)
            self._figures = (*self._figures, *(self._place.figure(file_id) for file_id in drawn))

    async def _picture(self, file_id: str) -> bytes | None:
        return await picture(self._means.database, self._means.blobs, self._live.owner, file_id)

    async def _setting_for(self, kind: str) -> Setting:
        live = self._live
        options = options_of(kind, self._wanted["tools"])
        return Setting(
            owner=live.owner,
            place_id=self._place.container_id if kind == CODE_INTERPRETER else live.id,
            memory=self._place,
            tool=options,
            resources=self._place.resources(options),
            model_context_tokens=live.model.context_tokens,
            is_local=live.model.is_local,
            questions=questions(context.questions_of(live.asked.all)),
            written=self._place.made,
        )


def _without_built_in(wanted: Shape, functions: list[Shape]) -> tuple[Shape, list[Shape]]:
    """What is asked once no built-in tool may be called any more."""
    left = [tool for tool in wanted["tools"] if tool["type"] not in BUILT_IN]
    if not left:
        return {**wanted, "tool_choice": "none"}, functions
    kept = [function for function in functions if function["function"]["name"] not in BUILT_IN]
    choice = wanted["tool_choice"]
    is_gone = isinstance(choice, dict) and choice["type"] in BUILT_IN
    return {**wanted, "tools": left, "tool_choice": "auto" if is_gone else choice}, kept
