"""A talk without its mode: who said what, with pictures and citations. Each mode's shape is made from it, and read into it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from services.documents.attachments import as_content_parts
from services.turns import Attachment, Citation, Finished, Message, Mode, TextDelta, Turn

Wire = dict[str, Any]

MARKER = re.compile(r"【\d{1,6}:\d{1,6}†[^【】]{0,300}】")
LONGEST_MESSAGE_CHARS = 256_000
"""What a message of a thread may hold. Source: OpenAI's reference of POST /v1/threads/{thread_id}/messages."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A passage that an answer points to; `index` is the character of the text where it does."""

    file_id: str
    filename: str
    index: int


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `picture_ids` are files on the server it came from, `pictures` are at hand."""

    role: Literal["user", "assistant"]
    text: str
    picture_ids: tuple[str, ...] = ()
    pictures: tuple[Attachment, ...] = ()
    cited: tuple[Cited, ...] = ()


# --- read into a talk -----------------------------------------------------------------------


def of_thread(messages: Sequence[Mapping[str, Any]]) -> list[Said]:
    """The talk of a thread. `messages` are spelled as the API spells them, oldest first; tools' steps are no part of it."""
    talk = []
    for message in messages:
        said = _of_message(message)
        if said.text or said.picture_ids:
            talk.append(said)
    return talk


def _of_message(message: Mapping[str, Any]) -> Said:
    text, cited, pictures = "", list[Cited](), list[str]()
    for part in message.get("content") or ():
        if part["type"] == "image_file":
            pictures.append(part["image_file"]["file_id"])
            continue
        piece, points = _text(part)
        text += "\n\n" if text and piece else ""
        cited += [replace(point, index=point.index + len(text)) for point in points]
        text += piece
    role: Literal["user", "assistant"] = "assistant" if message["role"] == "assistant" else "user"
    return Said(role, text, tuple(pictures), cited=tuple(cited))


def _text(part: Mapping[str, Any]) -> tuple[str, list[Cited]]:
    """The words of a part without markers, and where in them these stood."""
    match part["type"]:
        case "text":
            given = part["text"]
            if isinstance(given, str):
                return given, []
            return _without_markers(given.get("value") or "", given.get("annotations") or ())
        case "refusal":
            return str(part.get("refusal") or ""), []
        case "image_url":
            url = str((part.get("image_url") or {}).get("url") or "")
            return ("[a picture]" if url.startswith("data:") else f"[picture: {url}]"), []
    return "", []


def _without_markers(text: str, annotations: Sequence[Mapping[str, Any]]) -> tuple[str, list[Cited]]:
    files = {
        a["text"]: a["file_citation"]["file_id"]
        for a in annotations
        if a.get("type") == "file_citation" and a.get("text") and a.get("file_citation")
    }
    kept, cited, position = "", list[Cited](), 0
    for match in MARKER.finditer(text):
        kept += text[position : match.start()]
        position = match.end()
        if match[0] in files:
            name = match[0].strip("【】").partition("†")[2]
            cited.append(Cited(files[match[0]], name, len(kept)))
    return kept + text[position:], cited


def of_turns(turns: Sequence[Turn]) -> list[Said]:
    """The talk of a saved conversation: text files stand in the text, pictures go along."""
    talk = []
    for turn in turns:
        pictures = tuple(a for a in turn.user.attachments if a.is_image)
        rest = tuple(a for a in turn.user.attachments if not a.is_image and a.data)
        text = as_content_parts(Message("user", turn.user.content, rest), sees_images=False)
        assert isinstance(text, str)
        if text or pictures:
            talk.append(Said("user", text, pictures=pictures))
        if turn.text:
            talk.append(Said("assistant", MARKER.sub("", turn.text)))
    return talk


# --- made from a talk -----------------------------------------------------------------------


def as_items(talk: Sequence[Said]) -> list[Wire]:
    """The talk as items of a conversation; pictures are named by their file."""
    return [_item(said) for said in talk]


def _item(said: Said) -> Wire:
    if said.role == "assistant":
        marks = [
            {"type": "file_citation", "file_id": c.file_id, "filename": c.filename, "index": c.index}
            for c in said.cited
        ]
        content: list[Wire] = [{"type": "output_text", "text": said.text, "annotations": marks}]
        return {"type": "message", "role": "assistant", "content": content}
    words = [{"type": "input_text", "text": said.text}] if said.text else []
    pictures = [{"type": "input_image", "file_id": i, "detail": "auto"} for i in said.picture_ids]
    return {"type": "message", "role": "user", "content": [*words, *pictures]}


def as_history(talk: Sequence[Said], instructions: str = "") -> list[Wire]:
    """The talk as the messages of a Chat Completions request; a picture that is not at hand is named."""
    system = [{"role": "system", "content": instructions}] if instructions else []
    return [*system, *({"role": said.role, "content": _as_chat(said)} for said in talk)]


def _as_chat(said: Said) -> str | list[Wire]:
    gone = [f"[picture: {file_id}]" for file_id in said.picture_ids if not said.pictures]
    text = "\n\n".join(filter(None, (said.text, *gone)))
    return as_content_parts(Message("user", text, said.pictures), sees_images=True)


def as_turns(talk: Sequence[Said], conversation_id: str, model: str, connection: str) -> list[Turn]:
    """The talk as turns of the chat page, each after the one before. Nothing of them was counted."""
    turns: list[Turn] = []
    for said in talk:
        if said.role == "user" or not turns:
            parent = turns[-1].id if turns else None
            user = Message("user", said.text, said.pictures) if said.role == "user" else Message("user")
            turns.append(
                Turn(conversation_id, user, model, connection, Mode.CHAT_COMPLETIONS, parent_id=parent)
            )
        if said.role == "assistant":
            turns[-1].apply(TextDelta(f"\n\n{said.text}" if turns[-1].replies else said.text))
            for cited in said.cited if len(turns[-1].replies[-1].content) == len(said.text) else ():
                turns[-1].apply(Citation("", cited.index, cited.index, cited.file_id, cited.filename))
    for turn in turns:
        turn.apply(Finished("stop"))
    return turns


def as_messages(talk: Sequence[Said]) -> Iterator[Wire]:
    """The talk as messages to add to a thread; a long one becomes several. Pictures must be files by now."""
    for said in talk:
        pictures = [
            {"type": "image_file", "image_file": {"file_id": file_id}} for file_id in said.picture_ids
        ]
        pieces = [
            said.text[start : start + LONGEST_MESSAGE_CHARS]
            for start in range(0, len(said.text), LONGEST_MESSAGE_CHARS)
        ]
        for piece in pieces[:-1]:
            yield {"role": said.role, "content": piece}
        last = [{"type": "text", "text": pieces[-1]}] if pieces and pieces[-1].strip() else []
        if last or pictures:
            yield {"role": said.role, "content": [*last, *pictures]}
