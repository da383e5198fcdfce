"""A person asks about a collection by hand: what was asked and answered is kept as a conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from services import tokens
from services.clients import Connection
from services.errors import AppError, InvalidInput, NotFound
from services.files.collections import Collection, Collections
from services.files.manual import BUDGET_TOKENS, Question, ask
from services.files.prompting import Exchange
from services.live import LiveTurn, LiveTurns, Send, branch
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.storage.conversations import Conversations
from services.tables.answers import TableQuestion
from services.tables.asking import answer_in
from services.tables.asking import ask as ask_about_tables
from services.tables.shapes import Result, Source, Table
from services.tables.store import Tables
from services.turns import Message, Turn, TurnStatus, Usage

if TYPE_CHECKING:
    from services.assistants.records import Hit

MAX_QUESTION_CHARS = 4_000
EXPECTED_REPLY_TOKENS = 300
EARLIER_TURNS = 2
EARLIER_ANSWER_CHARS = 400
COLLECTION = "collection"
_MARKER = re.compile(r"【[^【】]*】")


class Asking:
    """Asks about collections by hand. Everything raises AppError, and then nothing was asked."""

    def __init__(
        self,
        collections: Collections,
        conversations: Conversations,
        live: LiveTurns,
        *,
        tables: Tables,
        ledger: Ledger,
        budgets: Budgets,
    ) -> None:
        self._collections, self._conversations, self._live = collections, conversations, live
        self._tables = tables
        self._ledger, self._budgets = ledger, budgets

    def history(self, collection: Collection, last: int | None = None) -> list[Turn]:
        """What was asked by hand, oldest first; one that is being answered comes last, as far as it is."""
        if collection.conversation_id is None:
            return []
        try:
            return branch(self._conversations, self._live, collection.conversation_id, last)
        except NotFound:
            return []

    def live(self, turns: Sequence[Turn]) -> LiveTurn | None:
        """The question that is being answered by hand."""
        return self._live.get(turns[-1].id) if turns else None

    def ask(
        self, collection: Collection, text: str, connection: Connection, question: Question
    ) -> LiveTurn | None:
        """Search, ask the chat model, check what it says. None when a budget forbids it: the stored turn says why."""
        check_question(text)
        turns = self.history(collection)
        whole = replace(question, text=text, earlier=_earlier(turns))

        def search(queries: Sequence[str], most: int) -> list[Hit]:
            return self._collections.search(collection.id, queries, most)

        turn = self._turn(collection, text, connection, question.model, turns)
        turn.settings["without"] = list(question.without)
        return self._begin(turn, connection, lambda client: ask(client, connection, whole, search))

    def ask_tables(
        self, collection: Collection, connection: Connection, question: TableQuestion
    ) -> LiveTurn | None:
        """A question to the tables of a collection becomes SQL, a result and a sentence; with SQL of its own, that runs."""
        check_question(question.question)
        turns = self.history(collection)
        answers = [(turn.user.content, answer_in(turn)) for turn in turns]
        earlier = tuple((asked, answer.sql) for asked, answer in answers if answer and answer.sql)
        whole = replace(question, tables=self.tables(collection), earlier=earlier[-EARLIER_TURNS:])

        def query(sql: str) -> Result:
            return self._tables.query(collection.id, sql)

        def sources(sql: str) -> tuple[Source, ...]:
            return self._tables.sources(collection.id, sql)

        turn = self._turn(collection, question.question, connection, question.model, turns)
        return self._begin(
            turn, connection, lambda client: ask_about_tables(client, connection, whole, query, sources)
        )

    def tables(self, collection: Collection) -> tuple[Table, ...]:
        """The tables of a collection that can be asked about."""
        return tuple(table for table in self._tables.list(collection.id) if table.state == "ready")

    def _turn(
        self, collection: Collection, text: str, connection: Connection, model: str, turns: Sequence[Turn]
    ) -> Turn:
        return Turn(
            conversation_id=self._conversation(collection),
            user=Message("user", text),
            model=model,
            connection=connection.name,
            parent_id=turns[-1].id if turns else None,
            settings={COLLECTION: collection.id},
        )

    def _begin(self, turn: Turn, connection: Connection, send: Send) -> LiveTurn | None:
        try:
            self._check_budget(turn, connection)
        except AppError as error:
            self._live.fail(turn, error)
            return None
        return self._live.start(turn, connection, send)

    def forget(self, collection: Collection) -> None:
        """Delete everything that was asked about a collection."""
        if collection.conversation_id:
            with suppress(NotFound):
                self._conversations.delete(collection.conversation_id)

    def _conversation(self, collection: Collection) -> str:
        if collection.conversation_id is not None:
            with suppress(NotFound):  # deleted in the library; a new one begins
                return self._conversations.get(collection.conversation_id).id
        made = self._conversations.create(
            title=f"Files: {collection.name}", settings={COLLECTION: collection.id}
        )
        self._collections.note(collection, conversation_id=made.id)
        return made.id

    def _check_budget(self, turn: Turn, connection: Connection) -> None:
        if connection.is_local:
            return
        prompt = BUDGET_TOKENS + tokens.count(turn.user.content)
        estimate = price(turn.model, Usage(prompt_tokens=prompt, completion_tokens=EXPECTED_REPLY_TOKENS))
        self._budgets.check(self._ledger, turn.conversation_id, estimate, datetime.now(UTC))


def check_question(text: str) -> None:
    """Raises InvalidInput for a question that is none, or too long."""
    if not text.strip():
        raise InvalidInput("Write a question first.")
    if len(text) > MAX_QUESTION_CHARS:
        raise InvalidInput(
            f"The question has {len(text):,} characters; {MAX_QUESTION_CHARS:,} is the most. Put long texts into a file."
        )


def _earlier(turns: Sequence[Turn]) -> tuple[Exchange, ...]:
    done = [turn for turn in turns if turn.status is TurnStatus.COMPLETED]
    return tuple(Exchange(turn.user.content, _answer(turn)) for turn in done[-EARLIER_TURNS:])


def _answer(turn: Turn) -> str:
    return " ".join(_MARKER.sub("", turn.text).split())[:EARLIER_ANSWER_CHARS]
