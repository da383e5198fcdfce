"""The built-in tool file_search: passages found for a question, under markers the model can cite."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, replace
from typing import Any

from services import tokens
from services.server.retrieval.search import Hit, Wanted, weights_of
from services.server.retrieval.service import Retrieval
from services.server.runs.builtin_tools import queries_of
from services.server.runs.citations import Passage
from services.server.runs.toolbox import BuiltInTool, Outcome, Setting, Tell, ToolCall
from services.server.store.database import ServerDatabase
from services.server.store.store_files import is_being_read

Shape = dict[str, Any]

DEFAULT_RESULTS = 20
READ_LIMIT_S, READ_POLL_S = 60.0, 0.1
MESSAGES_A_SEARCH = 4
"""The service counts four messages for a turn with a search; its first marker is 【4:0†…】, its second 【8:0†…】."""
FEWEST_TOKENS = 60
TELLING_SCORE = 0.25
"""Below it lie greetings and questions on other things; of 243 questions on the files at hand, hardly any. To search once
too often costs a second, to answer from memory costs the truth."""
FOUND = "Passages from the files, best first. After each statement that rests on one, repeat its marker exactly as it stands here."
FITTING_SCORE = 0.2
"""A small model takes for an answer whatever it is shown; what fits less is not shown to it."""
BRACKETS = str.maketrans("【】", "[]")
"""A name with a marker's own brackets in it could not be followed back."""
NOTHING = "No passage in the files fits. Say that the files do not answer this."


class FileSearch(BuiltInTool):
    """Searches the vector stores of a run's assistant and thread."""

    def __init__(self, database: ServerDatabase, retrieval: Retrieval) -> None:
        self._database, self._retrieval = database, retrieval

    def opening(self, call: ToolCall, options: Shape) -> tuple[Shape, ...]:
        """The options of the search, and no results yet."""
        return ({"ranking_options": _ranking(options), "results": []},)

    async def is_called_for(self, setting: Setting) -> bool:
        """Whether the files have something on what was asked, once those of the thread are read."""
        await self._until_read(setting)
        hits = await self._find(setting.questions, replace(setting, tool={"max_num_results": 1}))
        return bool(hits) and hits[0].score >= TELLING_SCORE

    async def run(self, call: ToolCall, setting: Setting, tell: Tell) -> Outcome:
        """Search, and put what was found into words for the model."""
        await self._until_read(setting)
        queries = queries_of(call.arguments) or setting.questions
        hits = await self._find(queries, setting)
        turn = MESSAGES_A_SEARCH * await setting.memory.next_search()
        shown = [hit for hit in hits if not setting.is_local or hit.score >= FITTING_SCORE]
        passages = _fitted(
            [_passage(hit, turn, i) for i, hit in enumerate(shown)], shown, setting.budget_tokens
        )
        details = {"ranking_options": _ranking(setting.tool), "results": [_result(hit) for hit in hits]}
        private = {"queries": queries, "passages": [asdict(passage) for passage in passages]}
        return Outcome(details, _told(passages), private)

    async def _until_read(self, setting: Setting) -> None:
        """Wait for the files attached in this thread, a minute at most: what was just attached is what is asked about."""
        store_ids = _store_ids(setting.resources[1:])
        if not store_ids:
            return
        deadline = time.monotonic() + READ_LIMIT_S
        while await self._database.read(is_being_read, setting.owner, store_ids):
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(READ_POLL_S)

    async def _find(self, queries: list[str], setting: Setting) -> list[Hit]:
        """Passages from every store that is there; one deleted or expired meanwhile has nothing to say."""
        wanted = setting.tool.get("max_num_results") or DEFAULT_RESULTS
        store_ids = _store_ids(setting.resources)
        if not store_ids:
            return []
        await self._retrieval.touch(setting.owner, store_ids)
        asked = Wanted(
            setting.owner,
            tuple(store_ids),
            most=wanted,
            threshold=_ranking(setting.tool)["score_threshold"],
            weights=weights_of((setting.tool.get("ranking_options") or {}).get("hybrid_search")),
            condition=setting.tool.get("filters"),
            skips_unusable=True,
        )
        return await self._retrieval.find(asked, queries)


def _store_ids(resources: list[Shape]) -> list[str]:
    ids = [i for r in resources for i in r.get("file_search", {}).get("vector_store_ids", ())]
    return list(dict.fromkeys(ids))


def _ranking(tool: Shape) -> Shape:
    options = tool.get("ranking_options") or {}
    return {
        "ranker": options.get("ranker") or "default_2024_08_21",
        "score_threshold": options.get("score_threshold") or 0.0,
    }


def _passage(hit: Hit, turn: int, position: int) -> Passage:
    place = hit.place
    return Passage(
        turn=turn,
        position=position,
        file_id=hit.file_id,
        filename=hit.filename.translate(BRACKETS),
        text=hit.text,
        page=place.get("page"),
        last_page=place.get("last_page"),
        first_row=place.get("first_row"),
        last_row=place.get("last_row"),
        page_starts=hit.page_starts,
    )


def _fitted(passages: list[Passage], hits: list[Hit], budget: int) -> list[Passage]:
    """As many passages as fit, the last of them cut to what is left, around the part that fits the question best."""
    fitted: list[Passage] = []
    # A small budget is shared: several passages with their best parts tell more than one in full.
    share = max(budget // 3, FEWEST_TOKENS)
    for passage, hit in zip(passages, hits, strict=True):
        size = tokens.count(passage.text)
        room = min(budget, share) if size > share and budget < size * len(passages) else budget
        if budget < FEWEST_TOKENS:
            break
        if size > room:
            passage = _cut(passage, hit, room)  # noqa: PLW2901
        budget -= min(size, room)
        fitted.append(passage)
    return fitted


def _cut(passage: Passage, hit: Hit, room: int) -> Passage:
    """The part of a passage around its best window, about `room` tokens long."""
    characters = max(1, len(passage.text) * room // max(1, tokens.count(passage.text)))
    focus = (hit.focus[0] + hit.focus[1]) // 2 - hit.start if hit.focus else characters // 2
    start = min(max(0, focus - characters // 2), max(0, len(passage.text) - characters))
    end = start + characters
    if start:
        start += passage.text[start:end].find(" ") + 1
    if end < len(passage.text):
        space = passage.text.rfind(" ", start, end)
        end = space if space >= 0 else end
    begins = tuple((max(0, place - start), page) for place, page in passage.page_starts if place < end)
    return replace(passage, text=passage.text[start:end], page_starts=begins)


def _result(hit: Hit) -> Shape:
    return {
        "file_id": hit.file_id,
        "file_name": hit.filename,
        "score": hit.score,
        "attributes": hit.attributes,
        "content": [{"type": "text", "text": hit.text}],
    }


def _told(passages: list[Passage]) -> str:
    if not passages:
        return NOTHING
    shown = [f"{passage.marker}\n{passage.text}" for passage in passages]
    return "\n\n".join([FOUND, *shown])
