"""What a run does between its model and its tools, round after round, until it has answered."""

from __future__ import annotations

import asyncio
import base64
import logging
from contextlib import suppress
from typing import Any

from services.server.runs import prompt, records, usage
from services.server.runs.attribution import AttributingCiter
from services.server.runs.builtin_tools import (
    CODE_INTERPRETER,
    FILE_SEARCH,
    as_choice,
    as_functions,
    options_of,
)
from services.server.runs.citations import Citer
from services.server.runs.file_paths import Links
from services.server.runs.files_at_hand import in_words
from services.server.runs.live import Live
from services.server.runs.models import ChatModel, FindsModels
from services.server.runs.prompt import BLOB_URL, Prompt, PromptTooLong
from services.server.runs.records import Ending
from services.server.runs.round import Answer, Round, uninterrupted
from services.server.runs.states import RunStatus
from services.server.runs.toolbox import BuiltInTool, Setting, ToolCall
from services.server.runs.writing import Writing
from services.server.store import contexts, prompts
from services.server.store.database import ServerDatabase
from services.server.store.ids import new_id

log = logging.getLogger("tandem.runs")

MOST_ROUNDS = 24
REPLY_SHARE = 4
NOTED_AFTER_S = 0.2
LONGEST_REPLY_TOKENS = 4096
LOCAL_TRIES = 3

Shape = dict[str, Any]


class Interrupted(Exception):
    """The run ends before its answer is whole, in a way that is no fault: a limit was reached."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.status)
        self.ending = ending


class Conversation:
    """One leg of a run: from queued until it ends or waits for its caller."""

    def __init__(
        self,
        database: ServerDatabase,
        models: FindsModels,
        tools: dict[str, BuiltInTool],
        blobs: Any,
        live: Live,
    ) -> None:
        self._database, self._models, self._tools, self._blobs = database, models, tools, blobs
        self._live = live
        self._prompt_tokens = self._completion_tokens = 0
        self._has_searched = False
        self._functions: list[Shape] = []

    async def go(self, worker: str) -> None:
        """Ask and call until the run has ended or waits; all of it is in the record then."""
        live = self._live
        model = await self._models.find(live.run["model"], live.key)
        await uninterrupted(self._begin(worker))
        self._functions = await self._described()
        self._prompt_tokens, self._completion_tokens, made = await self._database.read(
            contexts.spent, live.run_id
        )
        for number in range(made, made + MOST_ROUNDS):
            if not await self._one_round(model, is_first=number == 0):
                return
        sentence = f"The model called tools {MOST_ROUNDS} times in a row without answering."
        error = {"code": "server_error", "message": sentence}
        raise Interrupted(Ending(RunStatus.FAILED, last_error=error))

    async def _begin(self, worker: str) -> None:
        self._live.announce(await self._database.write(records.begin, self._live.run_id, worker))

    async def _described(self) -> list[Shape]:
        """The run's tools as the model sees them; each is told that a run begins."""
        run = self._live.run
        for tool in run["tools"]:
            if tool["type"] in self._tools:
                self._tools[tool["type"]].begin(self._live.owner, run["thread_id"])
        if CODE_INTERPRETER not in {tool["type"] for tool in run["tools"]}:
            return as_functions(run["tools"])
        files = await self._database.read(contexts.at_hand, self._live.owner, run["id"])
        return as_functions(run["tools"], await asyncio.to_thread(in_words, self._blobs, files))

    async def _one_round(self, model: ChatModel, *, is_first: bool) -> bool:
        """One answer of the model with what follows from it; whether another is needed."""
        said = await self._prompt(model)
        request = await self._request(model, said, is_first)
        citer = AttributingCiter if model.is_local else Citer
        links = Links(said.made.files, said.made.fresh)
        self._live.writing = Writing(citer=citer(said.passages, links), figures=said.made.figures)
        step = Round(self._database, self._live)
        answer = await self._looked_up(model, step, is_first) or await self._ask(model, step, request, said)
        self._count(answer)
        _check_it_is_whole(answer)
        if not answer.calls:
            await step.finish(answer.usage)
            return False
        await step.close_message(usage.nothing())
        await step.call_built_in(answer, self._tools, self._setting_for(model))
        self._has_searched = self._has_searched or any(c.kind == "file_search" for c in answer.calls)
        return await step.close_tools(answer)

    async def _ask(self, model: ChatModel, step: Round, request: Shape, said: Prompt) -> Answer:
        """The model's answer. What it was sent is written down meanwhile, since nobody need wait for that."""
        ended = asyncio.Event()
        noting = asyncio.create_task(
            self._note(said, len(request.get("tools", ())), ended), name="note-prompt"
        )
        try:
            return await step.stream(model, request)
        finally:
            ended.set()
            await asyncio.wait({noting})
            _log_failure(noting)

    async def _note(self, said: Prompt, tools: int, ended: asyncio.Event) -> None:
        """Write down what the model was sent, once what begins an answer is written or the answer has ended."""
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), NOTED_AFTER_S)
        await self._database.write(prompts.note, self._live.owner, self._live.run_id, said, tools)

    async def _looked_up(self, model: ChatModel, step: Round, is_first: bool) -> Answer | None:
        """A search made before the local model is asked: it would rather answer from memory than look into files."""
        if not (is_first and await self._is_called_for(model, FILE_SEARCH)):
            return None
        await step.open_tools()
        call = ToolCall(new_id("call_"), FILE_SEARCH, FILE_SEARCH, "{}", 0)
        return Answer([call], "tool_calls", usage.nothing())

    async def _is_called_for(self, model: ChatModel, kind: str) -> bool:
        """Whether a small model is spared the choice, because what was asked plainly wants this tool."""
        run = self._live.run
        has_it = kind in self._tools and any(tool["type"] == kind for tool in run["tools"])
        if not (model.is_local and run["tool_choice"] == "auto" and has_it):
            return False
        return await self._tools[kind].is_called_for(await self._setting_for(model)(kind))

    async def _prompt(self, model: ChatModel) -> Prompt:
        run = self._live.run
        context = model.context_tokens - self._reply_tokens(model)
        left = context if run["max_prompt_tokens"] is None else run["max_prompt_tokens"] - self._prompt_tokens
        tools = self._functions
        try:
            return await self._database.read(prompt.build, run["id"], min(context, left), tools)
        except PromptTooLong:
            if left < context:
                raise Interrupted(_incomplete("max_prompt_tokens")) from None
            # The model itself may still take it, and says best what is too long.
            return await self._database.read(prompt.build, run["id"], 10**9, tools)

    def _reply_tokens(self, model: ChatModel) -> int:
        wanted = self._live.run["max_completion_tokens"] or LONGEST_REPLY_TOKENS
        return int(min(wanted, model.context_tokens // REPLY_SHARE))

    async def _request(self, model: ChatModel, said: Prompt, is_first: bool) -> Shape:
        run = self._live.run
        request: Shape = {
            "messages": await self._with_pictures(said.messages, model),
            "stream_options": {"include_usage": True},
        }
        if run["tools"] and not (model.is_local and self._has_searched):
            # Read once more with the tools in front of it, what was found would take a small model twice as long.
            request["tools"] = self._functions
            request["tool_choice"] = as_choice(await self._choice(model, said, is_first))
            if not run["parallel_tool_calls"]:
                request["parallel_tool_calls"] = False
        for name in ("temperature", "top_p"):
            if run[name] is not None and run[name] != 1:  # 1 is everybody's default
                request[name] = run[name]
        if run["reasoning_effort"]:
            request["reasoning_effort"] = run["reasoning_effort"]
        if run["response_format"] not in (None, "auto"):
            request["response_format"] = run["response_format"]
        if run["max_completion_tokens"] is not None:
            request["max_completion_tokens"] = self._completion_tokens_left()
        return model.fitted(request)

    async def _choice(self, model: ChatModel, said: Prompt, is_first: bool) -> Any:
        """What the model may call.

        A small one writes a program into its answer instead of running it, and explains one that failed instead of
        mending it: it is told to call.
        """
        run = self._live.run
        if is_first and await self._is_called_for(model, CODE_INTERPRETER):
            return {"type": CODE_INTERPRETER}
        if is_first or _is_none(run):
            return run["tool_choice"]
        if model.is_local and 0 < said.made.failures < LOCAL_TRIES:
            return {"type": CODE_INTERPRETER}
        return "auto"

    def _completion_tokens_left(self) -> int:
        left = self._live.run["max_completion_tokens"] - self._completion_tokens
        if left <= 0:
            raise Interrupted(_incomplete("max_completion_tokens"))
        return int(left)

    async def _with_pictures(self, messages: list[Shape], model: ChatModel) -> list[Shape]:
        """The messages with the bytes of our own pictures in them."""
        if model.is_local:
            return messages  # it cannot see them, and says so
        return [await asyncio.to_thread(self._with_bytes, message) for message in messages]

    def _with_bytes(self, message: Shape) -> Shape:
        if not isinstance(message.get("content"), list):
            return message
        return {**message, "content": [self._inlined(part) for part in message["content"]]}

    def _inlined(self, part: Shape) -> Shape:
        url = part.get("image_url", {}).get("url", "")
        if not url.startswith(BLOB_URL):
            return part
        data = self._blobs.get(url.removeprefix(BLOB_URL))
        inline = f"data:{_media_type(data)};base64,{base64.b64encode(data).decode()}"
        return {"type": "image_url", "image_url": {**part["image_url"], "url": inline}}

    def _count(self, answer: Answer) -> None:
        if answer.usage is not None:
            self._prompt_tokens += answer.usage["prompt_tokens"]
            self._completion_tokens += answer.usage["completion_tokens"]

    def _setting_for(self, model: ChatModel) -> Any:
        live = self._live

        async def setting_for(kind: str) -> Setting:
            resources, questions, written = await self._database.read(contexts.of_tools, live.run["id"])
            return Setting(
                owner=live.owner,
                thread_id=live.run["thread_id"],
                tool=options_of(kind, live.run["tools"]),
                resources=resources,
                model_context_tokens=model.context_tokens,
                is_local=model.is_local,
                questions=questions,
                written=written,
            )

        return setting_for


def _log_failure(noting: asyncio.Task[None]) -> None:
    if not noting.cancelled() and (error := noting.exception()) is not None:
        log.warning("what a model was sent could not be kept: %s", type(error).__name__)


def _check_it_is_whole(answer: Answer) -> None:
    """Raise Interrupted for an answer that was cut off, be it in words or in a call."""
    if answer.finish_reason == "length":
        raise Interrupted(_incomplete("max_completion_tokens", used=answer.usage))
    if answer.finish_reason == "content_filter":
        error = {"code": "invalid_prompt", "message": "The answer was stopped by a content filter."}
        reason = "content_filter"
        raise Interrupted(
            Ending(RunStatus.FAILED, last_error=error, message_reason=reason, usage=answer.usage)
        )


def _is_none(run: Shape) -> bool:
    return bool(run["tool_choice"] == "none")


def _incomplete(reason: str, used: Shape | None = None) -> Ending:
    return Ending(RunStatus.INCOMPLETE, incomplete_reason=reason, usage=used)


def _media_type(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "image/png"
    if data[:4] == b"RIFF":
        return "image/webp"
    return "image/gif" if data.startswith(b"GIF8") else "image/jpeg"
