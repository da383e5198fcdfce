"""A person talks: a message becomes a turn, its branch the history, and a model answers it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services import tokens
from services.clients import Connection
from services.errors import AppError, InvalidInput
from services.live import LiveTurn, LiveTurns
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.modes.chat_completions import ChatRequest, send
from services.naming import fallback_title, name_conversation
from services.storage.conversations import Conversations
from services.tools.base import Tool
from services.turns import Message, Turn, TurnStatus, Usage

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

MAX_MESSAGE_CHARS = 400_000
EXPECTED_REPLY_TOKENS = 300


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """How the next turn is to be sent."""

    model: str
    system_prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    response_format: Mapping[str, Any] | None = None
    approve_tools: bool = False
    context_tokens: int | None = None
    sees_images: bool = False


class Chat:
    """Begins turns in the Chat Completions mode."""

    def __init__(
        self, conversations: Conversations, live: LiveTurns, ledger: Ledger, budgets: Budgets
    ) -> None:
        self._conversations = conversations
        self._live = live
        self._ledger = ledger
        self._budgets = budgets

    def ask(
        self,
        conversation_id: str,
        user: Message,
        connection: Connection,
        options: ChatOptions,
        *,
        parent_id: str | None,
    ) -> LiveTurn | None:
        """Send `user` after the turn `parent_id`. None when it could not begin: the stored turn says why.

        The same parent again makes a branch: that is what edit and regenerate are.
        """
        if len(user.content) > MAX_MESSAGE_CHARS:
            raise InvalidInput(
                f"The message has {len(user.content):,} characters; {MAX_MESSAGE_CHARS:,} is the most. Attach it as a file, or send a part."
            )
        turn = Turn(
            conversation_id=conversation_id,
            user=user,
            model=options.model,
            connection=connection.name,
            parent_id=parent_id,
            settings=_turn_settings(options),
        )
        history = self.history(conversation_id, parent_id)
        return self._begin(turn, history, connection, options, {})

    def decide(
        self, turn: Turn, decisions: Mapping[str, bool], connection: Connection, options: ChatOptions
    ) -> LiveTurn | None:
        """Go on with a turn that waits for approval; `decisions` says for each call id whether it may run."""
        turn.status = TurnStatus.STREAMING
        return self._begin(
            turn, self.history(turn.conversation_id, turn.parent_id), connection, options, decisions
        )

    def history(self, conversation_id: str, parent_id: str | None) -> tuple[Message, ...]:
        """Every message up to and with the turn `parent_id`, as a request repeats them."""
        if parent_id is None:
            return ()
        branch = self._conversations.branch(conversation_id, leaf_id=parent_id)
        return tuple(message for turn in branch for message in turn.messages)

    def _begin(
        self,
        turn: Turn,
        history: tuple[Message, ...],
        connection: Connection,
        options: ChatOptions,
        decisions: Mapping[str, bool],
    ) -> LiveTurn | None:
        request = ChatRequest(
            model=options.model,
            messages=(*history, turn.user, *turn.replies),
            system_prompt=options.system_prompt,
            parameters=options.parameters,
            tools=options.tools,
            response_format=options.response_format,
            context_tokens=options.context_tokens,
            sees_images=options.sees_images,
            approve_tools=options.approve_tools,
            decisions=decisions,
        )
        try:
            self._check_budget(turn, request, connection)
        except AppError as error:
            self._live.fail(turn, error)
            return None

        async def after(finished: Turn) -> None:
            await self._name(finished, connection)

        return self._live.start(turn, connection, lambda client: send(client, connection, request), after)

    def _check_budget(self, turn: Turn, request: ChatRequest, connection: Connection) -> None:
        if connection.is_local:
            return
        prompt = tokens.count_messages(request.messages, request.model)
        estimate = price(request.model, Usage(prompt_tokens=prompt, completion_tokens=EXPECTED_REPLY_TOKENS))
        self._budgets.check(self._ledger, turn.conversation_id, estimate, datetime.now(UTC))

    async def _name(self, turn: Turn, connection: Connection) -> None:
        conversation = await asyncio.to_thread(self._conversations.get, turn.conversation_id)
        if conversation.title is not None:
            return
        named = turn.status is TurnStatus.COMPLETED and await self._live.side_call(
            turn, connection, lambda client: self._give_title(client, turn)
        )
        if not named:
            await asyncio.to_thread(
                self._conversations.rename, turn.conversation_id, fallback_title(turn.user.content)
            )

    async def _give_title(self, client: openai.AsyncOpenAI, turn: Turn) -> ChatCompletion:
        title, completion = await name_conversation(client, turn)
        await asyncio.to_thread(self._conversations.rename, turn.conversation_id, title)
        return completion


def _turn_settings(options: ChatOptions) -> dict[str, Any]:
    """What a turn remembers of how it was sent."""
    settings: dict[str, Any] = {
        "system_prompt": options.system_prompt,
        "parameters": dict(options.parameters),
    }
    if options.response_format:
        settings["response_format"] = dict(options.response_format)
    return settings
