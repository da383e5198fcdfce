"""What a run does between its model and its tools, round after round, until it has answered."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from services.server.runs import prompt, records, usage
from services.server.runs.asking import Asking
from services.server.runs.attribution import AttributingCiter
from services.server.runs.builtin_tools import CODE_INTERPRETER, as_functions, options_of
from services.server.runs.citations import Citer
from services.server.runs.file_paths import Links
from services.server.runs.files_at_hand import in_words
from services.server.runs.live import Live
from services.server.runs.memory import ThreadMemory
from services.server.runs.models import ChatModel, FindsModels
from services.server.runs.pictures import with_pictures
from services.server.runs.prompt import Prompt, PromptTooLong
from services.server.runs.records import Ending
from services.server.runs.round import Answer, Round, uninterrupted
from services.server.runs.states import RunStatus
from services.server.runs.toolbox import BuiltInTool, Setting
from services.server.runs.writing import Writing
from services.server.store import contexts, prompts
from services.server.store.database import ServerDatabase

if TYPE_CHECKING:
    from services.server.eyes import Eyes

log = logging.getLogger("tandem.runs")

MOST_ROUNDS = 24
REPLY_SHARE = 4
NOTED_AFTER_S = 0.2
LONGEST_REPLY_TOKENS = 4096

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
        *,
        eyes: Eyes | None = None,
    ) -> None:
        self._database, self._models, self._tools, self._blobs = database, models, tools, blobs
        self._eyes = eyes
        self._live = live
        self._prompt_tokens = self._completion_tokens = 0
        self._functions: list[Shape] = []

    async def go(self, worker: str) -> None:
        """Ask and call until the run has ended or waits; all of it is in the record then."""
        live = self._live
        model = await self._models.find(live.run["model"], live.key)
        await uninterrupted(self._begin(worker))
        self._functions = await self._described()
        asking = Asking(live.run, model, self._tools, self._setting_for(model), self._functions)
        self._prompt_tokens, self._completion_tokens, made = await self._database.read(
            contexts.spent, live.run_id
        )
        for number in range(made, made + MOST_ROUNDS):
            if not await self._one_round(asking, is_first=number == 0):
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

    async def _one_round(self, asking: Asking, *, is_first: bool) -> bool:
        """One answer of the model with what follows from it; whether another is needed."""
        model = asking.model
        said = await self._prompt(model)
        request = await self._request(asking, said, is_first)
        citer = AttributingCiter if model.is_local else Citer
        links = Links(said.made.files, said.made.fresh)
        self._live.writing = Writing(citer=citer(said.passages, links), figures=said.made.figures)
        step = Round(self._database, self._live)
        found = await self._looked_up(asking, step) if is_first else None
        answer = found or await self._ask(model, step, request, said)
        self._count(answer)
        _check_it_is_whole(answer)
        if not answer.calls:
            await step.finish(answer.usage)
            return False
        await step.close_message(usage.nothing())
        await step.call_built_in(answer, self._tools, asking.setting_for)
        asking.has_searched = asking.has_searched or any(c.kind == "file_search" for c in answer.calls)
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

    async def _looked_up(self, asking: Asking, step: Round) -> Answer | None:
        """A search made before the model is asked, where a small one is spared the choice."""
        call = await asking.search_first()
        if call is None:
            return None
        await step.open_tools()
        return Answer([call], "tool_calls", usage.nothing())

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

    async def _request(self, asking: Asking, said: Prompt, is_first: bool) -> Shape:
        is_local = asking.model.is_local
        messages = await with_pictures(said.messages, self._blobs, self._eyes, is_local=is_local)
        is_bounded = self._live.run["max_completion_tokens"] is not None
        return await asking.request(
            messages,
            is_first=is_first,
            failures=said.made.failures,
            tokens_left=self._completion_tokens_left() if is_bounded else None,
        )

    def _completion_tokens_left(self) -> int:
        left = self._live.run["max_completion_tokens"] - self._completion_tokens
        if left <= 0:
            raise Interrupted(_incomplete("max_completion_tokens"))
        return int(left)

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
                place_id=live.run["thread_id"],
                memory=ThreadMemory(self._database, live.run["thread_id"]),
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


def _incomplete(reason: str, used: Shape | None = None) -> Ending:
    return Ending(RunStatus.INCOMPLETE, incomplete_reason=reason, usage=used)
