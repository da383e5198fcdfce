"""A person talks in a thread: files go up, the message is added, a run answers, and the thread gets its name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from services import tokens
from services.assistants.api import AssistantsApi
from services.assistants.calling import Functions
from services.assistants.records import Assistant, Thread
from services.clients import Connection
from services.documents.filenames import clean_filename
from services.documents.images import is_image
from services.errors import AppError, InvalidInput
from services.live import LiveTurn, LiveTurns
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.modes.assistants import RunRequest, send
from services.naming import fallback_title, name_conversation
from services.turns import Attachment, Message, Mode, Turn, TurnStatus, Usage

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

MAX_MESSAGE_CHARS = 256_000
MAX_FILES = 20
EXPECTED_REPLY_TOKENS = 300
TABLES = (".csv", ".tsv", ".xlsx", ".xls", ".json", ".jsonl", ".parquet", ".zip")

Destination = Literal["picture", "file_search", "code_interpreter"]


@dataclass(frozen=True, slots=True)
class Way:
    """How a turn travels: the connection to our server, whether the model is local, and what the person has decided.

    `upstream_key` was typed in the browser; it goes along with the run and is kept nowhere.
    """

    connection: Connection
    is_local: bool
    functions: Functions
    upstream_key: str = field(default="", repr=False)


class Talks:
    """Begins turns in threads, and joins those that others began."""

    def __init__(self, api: AssistantsApi, live: LiveTurns, ledger: Ledger, budgets: Budgets) -> None:
        self._api, self._live, self._ledger, self._budgets = api, live, ledger, budgets

    def say(
        self,
        thread: Thread | None,
        assistant: Assistant,
        text: str,
        files: Sequence[tuple[str, bytes]],
        way: Way,
    ) -> LiveTurn:
        """Send a message; None as the thread begins one. Raises AppError, and then nothing was said."""
        self._check(assistant, text, files, way)
        attached = tuple(Attachment(clean_filename(name), _media_type(data), data) for name, data in files)
        message = uploaded_message(self._api, assistant, text, files)
        if thread is None:
            thread = self._api.create_thread({"assistant_id": assistant.id, "begins": fallback_title(text)})
        elif thread.assistant_id != assistant.id:
            thread = self._api.describe_thread(thread, assistant_id=assistant.id)
        turn = _turn(thread, Message("user", text, attached), assistant.model, way)
        request = RunRequest(
            thread.id,
            assistant.id,
            assistant.model,
            way.is_local,
            message=message,
            upstream_key=way.upstream_key,
        )
        return self._start(turn, request, way, thread)

    def join(self, thread: Thread, turn: Turn, run: Mapping[str, Any], way: Way) -> LiveTurn:
        """Follow a run that is going on, or go on with one that waits for what the person has decided.

        `turn` is what it answers, as the thread's history has it.
        """
        followed = _turn(thread, turn.user, run["model"], way)
        followed.id, followed.created_at = turn.id, turn.created_at
        request = RunRequest(
            thread.id,
            run["assistant_id"],
            run["model"],
            way.is_local,
            run_id=run["id"],
            upstream_key=way.upstream_key,
        )
        return self._start(followed, request, way, thread)

    def _start(self, turn: Turn, request: RunRequest, way: Way, thread: Thread) -> LiveTurn:
        async def after(finished: Turn) -> None:
            await self._name(thread, finished, way.connection)

        return self._live.start(
            turn, way.connection, lambda client: send(client, way.connection, request, way.functions), after
        )

    def _check(self, assistant: Assistant, text: str, files: Sequence[tuple[str, bytes]], way: Way) -> None:
        if len(text) > MAX_MESSAGE_CHARS:
            raise InvalidInput(
                f"The message has {len(text):,} characters; {MAX_MESSAGE_CHARS:,} is the most. Attach it as a file, or send a part."
            )
        if len(files) > MAX_FILES:
            raise InvalidInput(f"{len(files)} files at once are too many; {MAX_FILES} is the most.")
        for name, data in files:
            if not data:
                raise InvalidInput(f"{clean_filename(name)} is empty. Attach a file with something in it.")
        if not way.is_local:
            prompt = tokens.count(assistant.instructions) + tokens.count(text)
            usage = Usage(prompt_tokens=prompt, completion_tokens=EXPECTED_REPLY_TOKENS)
            self._budgets.check(self._ledger, None, price(assistant.model, usage), datetime.now(UTC))

    async def _name(self, thread: Thread, turn: Turn, connection: Connection) -> None:
        if thread.title is not None or turn.status is not TurnStatus.COMPLETED:
            return
        named = await self._live.side_call(
            turn, connection, lambda client: self._give_title(client, thread, turn)
        )
        if not named:
            await self._describe(thread, fallback_title(turn.user.content))

    async def _give_title(self, client: openai.AsyncOpenAI, thread: Thread, turn: Turn) -> ChatCompletion:
        title, completion = await name_conversation(client, turn)
        await self._describe(thread, title)
        return completion

    async def _describe(self, thread: Thread, title: str) -> None:
        with suppress(AppError):  # it may have been deleted meanwhile
            now = await asyncio.to_thread(self._api.thread, thread.id)
            if now.title is None:
                await asyncio.to_thread(self._api.describe_thread, now, title=title)


def uploaded_message(
    api: AssistantsApi, assistant: Assistant, text: str, files: Sequence[tuple[str, bytes]]
) -> dict[str, Any]:
    """A message as the API takes it, its files put on the server. Raises AppError, before anything is put there for a
    file that no tool of the assistant reads."""
    uploads = [(name, data, destination(assistant, name, data)) for name, data in files]
    pictures, attachments = [], []
    for name, data, goes_to in uploads:
        purpose = "vision" if goes_to == "picture" else "assistants"
        file_id = api.upload(clean_filename(name), data, purpose).id
        if goes_to == "picture":
            pictures.append({"type": "image_file", "image_file": {"file_id": file_id}})
        else:
            attachments.append({"file_id": file_id, "tools": [{"type": goes_to}]})
    content: Any = text
    if pictures:
        content = [*([{"type": "text", "text": text}] if text else []), *pictures]
    message: dict[str, Any] = {"role": "user", "content": content or "Here is a file."}
    return message | ({"attachments": attachments} if attachments else {})


def destination(assistant: Assistant, name: str, data: bytes) -> Destination:
    """Where a file goes: tables and pictures to the code interpreter where there is one, anything else to file search.

    Raises InvalidInput when no tool of the assistant reads it.
    """
    searches, computes = assistant.has("file_search"), assistant.has("code_interpreter")
    is_picture = is_image(data)
    if computes and (is_picture or not searches or name.lower().endswith(TABLES)):
        return "code_interpreter"
    if is_picture:
        return "picture"
    if searches:
        return "file_search"
    raise InvalidInput(
        f"{assistant.name or 'This assistant'} has no tool that reads {clean_filename(name)}. "
        "Edit the assistant and switch on file search or the code interpreter."
    )


def _turn(thread: Thread, user: Message, model: str, way: Way) -> Turn:
    return Turn(thread.id, user, model=model, connection=way.connection.name, mode=Mode.ASSISTANTS)


def _media_type(data: bytes) -> str:
    return "image/png" if is_image(data) else "application/octet-stream"
