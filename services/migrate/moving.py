"""A talk moved for good: a thread into a conversation of the server or of the chat page, and a conversation into a thread."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from services.as_code.programs import program
from services.as_code.records import NoProgram, Program, Recipe, Target
from services.assistants.api import AssistantsApi
from services.assistants.records import Assistant, Thread
from services.documents.attachments import read_attachment
from services.errors import AppError, InvalidInput
from services.migrate import exported
from services.migrate.talk import Said, as_items, as_messages, as_turns, of_thread, of_turns
from services.responses.api import ResponsesApi
from services.responses.records import Conversation
from services.storage.conversations import Conversations
from services.storage.records import Conversation as SavedConversation
from services.tools.base import Tool
from services.turns import Attachment, Mode

MOST_MESSAGES = 10_000
LONGEST_TITLE_CHARS = 120
NOTHING_SAID = "Nothing was said there yet, so there is nothing to move."


@dataclass(frozen=True, slots=True)
class Moves:
    """Moves copy: what is moved stays where it was. All of it raises AppError, and then nothing was made."""

    assistants: AssistantsApi
    responses: ResponsesApi
    conversations: Conversations

    def to_responses(self, thread: Thread) -> Conversation:
        """A conversation on the server with a thread's messages as its items."""
        talk = self._talk(thread)
        title = {"title": thread.name[:LONGEST_TITLE_CHARS]} if thread.name else {}
        return self.responses.create_conversation({**title, "moved_from": thread.id}, as_items(talk))

    def to_chat(
        self, thread: Thread, model: str, connection: str, instructions: str = ""
    ) -> SavedConversation:
        """A conversation of the chat page with a thread's messages as its history."""
        talk = [self._with_pictures(said) for said in self._talk(thread)]
        settings = {"system_prompt": instructions} if instructions else {}
        made = self.conversations.create(Mode.CHAT_COMPLETIONS, thread.name, settings)
        try:
            for turn in as_turns(talk, made.id, model, connection):
                self.conversations.save_turn(turn)
        except AppError:
            self.conversations.delete(made.id)
            raise
        return self.conversations.get(made.id)

    def to_thread(self, conversation_id: str, assistant_id: str | None = None) -> Thread:
        """A thread on the server with what was said in a conversation of the chat page."""
        saved = self.conversations.get(conversation_id)
        talk = of_turns(self.conversations.branch(conversation_id))
        return self._thread(talk, saved.title or "", assistant_id)

    def restore(self, thread: exported.Exported, assistant_id: str | None = None) -> Thread:
        """A thread on the server from one that was taken along from OpenAI."""
        return self._thread(thread.talk, thread.title, assistant_id)

    def _talk(self, thread: Thread) -> list[Said]:
        messages = self.assistants.messages(thread.id, MOST_MESSAGES)
        talk = of_thread(messages[::-1])
        if not talk:
            raise InvalidInput(NOTHING_SAID)
        return talk

    def _with_pictures(self, said: Said) -> Said:
        """The message with its pictures at hand; one that was deleted or cannot be read is left out."""
        pictures: list[Attachment] = []
        for file_id in said.picture_ids:
            with suppress(AppError):
                name = self.assistants.file(file_id).filename
                pictures.append(read_attachment(name, self.assistants.content(file_id)))
        return replace(said, pictures=tuple(pictures), picture_ids=())

    def _thread(self, talk: Sequence[Said], title: str, assistant_id: str | None) -> Thread:
        if not talk:
            raise InvalidInput(NOTHING_SAID)
        metadata = {"title": title[:LONGEST_TITLE_CHARS]} if title else {}
        metadata |= {"assistant_id": assistant_id} if assistant_id else {}
        uploaded: list[str] = []
        thread = self.assistants.create_thread(metadata)
        try:
            for said in talk:
                uploaded += (whole := self._uploaded(said)).picture_ids
                for message in as_messages([whole]):
                    self.assistants.add_message(thread.id, message)
        except AppError:
            self.assistants.delete_thread(thread.id)
            for file_id in uploaded:
                self.assistants.delete_file(file_id)
            raise
        return thread

    def _uploaded(self, said: Said) -> Said:
        ids = tuple(self.assistants.upload(p.filename, p.data, "vision") for p in said.pictures)
        return replace(said, picture_ids=tuple(file.id for file in ids), pictures=())


def as_program(
    assistant: Assistant, thread: Thread | None, base_url: str, conversation_id: str = ""
) -> Program:
    """An assistant as a Responses program that goes on with a conversation: its configuration is code from then on."""
    stores = [owner.store_id for owner in (thread, assistant) if owner is not None and owner.store_id]
    files = [*(thread.code_file_ids if thread else ()), *assistant.code_file_ids]
    sampling = {"temperature": assistant.temperature, "top_p": assistant.top_p}
    reasoning = {"reasoning": {"effort": assistant.reasoning_effort}} if assistant.reasoning_effort else {}
    recipe = Recipe(
        Mode.RESPONSES,
        base_url,
        assistant.model,
        ("Where were we?",) if conversation_id else (),
        instructions=assistant.instructions,
        parameters={n: v for n, v in sampling.items() if v not in (None, 1.0)}
        | reasoning
        | _format(assistant),
        tools=tuple(_function(tool) for tool in assistant.tools if tool["type"] == "function"),
        built_in=tuple(str(tool["type"]) for tool in assistant.tools if tool["type"] != "function"),
        store_ids=tuple(dict.fromkeys(stores)),
        file_ids=tuple(dict.fromkeys(files)),
        conversation_id=conversation_id,
    )
    made = program(recipe, Target.PYTHON)
    assert not isinstance(made, NoProgram)
    return made


def _format(assistant: Assistant) -> dict[str, object]:
    """The format of answers as Responses spells it: flat, below `text`."""
    given = assistant.response_format
    if not isinstance(given, dict) or given.get("type") in (None, "text"):
        return {}
    flat = {"type": given["type"], **(given.get("json_schema") or {})}
    return {"text": {"format": flat}}


def _function(tool: object) -> Tool:
    """A function of an assistant; what it does is not known here."""
    given = tool["function"]  # type: ignore[index]

    def run(_: dict[str, object]) -> str:
        raise InvalidInput(f"{given['name']} is only described here.")

    parameters = given.get("parameters") or {"type": "object", "properties": {}}
    return Tool(given["name"], given["name"], given.get("description") or "", parameters, "", run)
